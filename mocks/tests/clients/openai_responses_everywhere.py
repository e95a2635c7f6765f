"""OpenAI's client on responses, through a gateway, to one provider after the other. Arguments: the gateway's URL, and the providers
as JSON: a list of `{"id", "chat"}`, the second being the model's name. Markers of scripts stand in what the user says."""

import json
import sys
import time

from openai import OpenAI
from pydantic import BaseModel
from shared import WEATHER, attempt

GATEWAY = sys.argv[1]
TOOLS = [
    {"type": "function", "name": "weather", "parameters": WEATHER, "strict": False},
    {"type": "function", "name": "now", "parameters": {"type": "object", "properties": {}}, "strict": False},
]
QUESTION = "What is the weather in Paris?"


class City(BaseModel):
    name: str
    people: int


def connect(provider, key="sk-of-the-client"):
    # The gateway has the keys; what clients send as theirs must not reach a provider.
    return OpenAI(base_url=f"{GATEWAY}/{provider}/v1", api_key=key, max_retries=0, timeout=30)


def told(response):
    usage = response.usage
    calls = [item for item in response.output if item.type == "function_call"]
    return {
        "text": response.output_text,
        "status": response.status,
        "calls": [[item.name, json.loads(item.arguments)] for item in calls],
        "ids": len({item.call_id for item in calls if item.call_id}),
        "usage": usage and [usage.input_tokens, usage.output_tokens, usage.total_tokens],
    }


def responses(provider, model):
    client = connect(provider)

    def ask(text, **more):
        return client.responses.create(model=model, input=text, **more)

    def streamed(name):
        with client.responses.stream(model=model, input=f"[[{name}]]", tools=TOOLS) as stream:
            return told(stream.get_final_response())

    def pieces():
        events = list(ask("[[text]]", stream=True))
        numbers = [event.sequence_number for event in events]
        deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
        return [deltas, numbers == list(range(len(events))), events[0].type, events[-1].type]

    def structured():
        whole = client.responses.parse(model=model, input="Tell me of Paris in JSON.", text_format=City)
        with client.responses.stream(model=model, input="Tell me of Paris in JSON.", text_format=City) as stream:
            final = stream.get_final_response()
        return [isinstance(whole.output_parsed, City), isinstance(final.output_parsed, City)]

    def loop():
        """The results of calls go back by the id of the response that made them, and with all items."""
        first = ask(QUESTION, tools=TOOLS)
        calls = [item for item in first.output if item.type == "function_call"]
        results = [{"type": "function_call_output", "call_id": item.call_id, "output": "clear sky"} for item in calls]
        by_id = ask(results, tools=TOOLS, previous_response_id=first.id)
        items = [item.model_dump(exclude_none=True) for item in first.output]
        by_items = ask([{"role": "user", "content": QUESTION}, *items, *results], tools=TOOLS, store=False)
        third = ask("[[text]]", previous_response_id=by_id.id)
        return [calls[0].name, "clear sky" in by_id.output_text, "clear sky" in by_items.output_text, third.output_text]

    def kept():
        response = ask("[[text]]", metadata={"a": "b"}, instructions="Be brief.")
        found = client.responses.retrieve(response.id)
        items = client.responses.input_items.list(response.id, order="asc")
        other = connect(provider, "sk-of-another")
        hidden = attempt(lambda: other.responses.retrieve(response.id))
        cancelled = attempt(lambda: client.responses.cancel(response.id))
        deleted = client.responses.delete(response.id)
        return {
            "same": found == response,
            "items": [item.content[0].text for item in items],
            "hidden": hidden,
            "cancelled": cancelled,
            "deleted": deleted is None,
            "gone": attempt(lambda: client.responses.retrieve(response.id)),
            "unknown": attempt(lambda: ask("so?", previous_response_id=response.id)),
        }

    def pages():
        turns = [{"role": "user", "content": f"number {number}"} for number in range(5)]
        response = ask(turns)
        pages = client.responses.input_items.list(response.id, limit=2, order="asc")
        return [item.content[0].text for item in pages]

    def background():
        left = ask("[[text]]", background=True)
        seen = [left.status]
        while left.status in ("queued", "in_progress"):
            time.sleep(0.02)
            left = client.responses.retrieve(left.id)
            seen.append(left.status)
        events = list(ask("[[text]]", background=True, stream=True))
        again = list(client.responses.retrieve(events[0].response.id, stream=True, starting_after=2))
        cancelled = client.responses.cancel(ask("[[slow]]", background=True).id)
        failed = ask("[[rate]]", background=True)
        while failed.status in ("queued", "in_progress"):
            time.sleep(0.02)
            failed = client.responses.retrieve(failed.id)
        return {
            "first": seen[0],
            "last": seen[-1],
            "between": set(seen[1:-1]) <= {"in_progress"},
            "text": left.output_text,
            "events": [event.type for event in events[:3]] + [events[-1].type],
            "resumed": [event.model_dump() for event in again] == [event.model_dump() for event in events[3:]],
            "cancelled": [cancelled.status, client.responses.retrieve(cancelled.id).status],
            "failed": [failed.status, failed.error.code, failed.error.message],
            "unkept": attempt(lambda: ask("hi", background=True, store=False)),
        }

    return {
        "background": attempt(background),
        "whole": {name: attempt(lambda name=name: told(ask(f"[[{name}]]", tools=TOOLS))) for name in ["text", "calls"]},
        "streamed": {name: attempt(lambda name=name: streamed(name)) for name in ["text", "calls"]},
        "pieces": attempt(pieces),
        "structured": attempt(structured),
        "loop": attempt(loop),
        "kept": attempt(kept),
        "pages": attempt(pages),
        "errors": {
            "rate": attempt(lambda: ask("[[rate]]")),
            "streamed": attempt(lambda: list(ask("[[rate]]", stream=True))),
            "server": attempt(lambda: ask("[[server]]")),
            "middle": attempt(lambda: [event.type for event in ask("[[middle]]", stream=True)]),
            "cut": attempt(lambda: [event.type for event in ask("[[cut]]", stream=True)]),
            "model": attempt(lambda: client.responses.create(model="of-my-own", input="hi")),
            "hosted": attempt(lambda: ask("hi", tools=[{"type": "web_search"}])),
        },
    }


seen = {provider["id"]: responses(provider["id"], provider["chat"]) for provider in json.loads(sys.argv[2])}
json.dump(seen, sys.stdout)
