"""OpenAI's client, in its newest generation, on responses. Argument: the base URL."""

import sys

from openai import OpenAI
from pydantic import BaseModel
from shared import WEATHER, attempt, case, run

BASE = sys.argv[1] + "/v1"
client = OpenAI(base_url=BASE, api_key="sk-touchstone", max_retries=0, timeout=30)
TOOLS = [
    {"type": "function", "name": "weather", "parameters": WEATHER, "strict": False},
    {"type": "function", "name": "now", "parameters": {"type": "object", "properties": {}}, "strict": False},
]


def ask(text, **more):
    return client.responses.create(model=more.pop("model", "gpt-5"), input=text, **more)


def told(response):
    usage = response.usage
    return {
        "text": response.output_text,
        "status": response.status,
        "refusals": [
            part.refusal
            for item in response.output
            if item.type == "message"
            for part in item.content
            if part.type == "refusal"
        ],
        "calls": [[item.call_id, item.name, item.arguments] for item in response.output if item.type == "function_call"],
        "thoughts": [
            [[part.text for part in item.summary], item.encrypted_content]
            for item in response.output
            if item.type == "reasoning"
        ],
        "usage": [
            usage.input_tokens,
            usage.output_tokens,
            usage.total_tokens,
            usage.input_tokens_details.cached_tokens,
            usage.output_tokens_details.reasoning_tokens,
        ],
    }


MARKERS = ["text", "calls", "refusal", "think"]
MORE = {"tools": TOOLS, "reasoning": {"summary": "auto"}, "include": ["reasoning.encrypted_content"]}


@case
def whole():
    return {name: told(ask(f"[[{name}]]", **MORE)) for name in MARKERS}


@case
def streamed():
    seen = {}
    for name in MARKERS:
        with client.responses.stream(model="gpt-5", input=f"[[{name}]]", **MORE) as stream:
            kinds = [event.type for event in stream]
            seen[name] = told(stream.get_final_response()) | {"events": kinds}
    return seen


@case
def typed_events():
    events = list(ask("[[text]]", stream=True))
    return {
        "classes": [type(event).__name__ for event in events],
        "numbers": [event.sequence_number for event in events],
        "deltas": [event.delta for event in events if event.type == "response.output_text.delta"],
    }


class City(BaseModel):
    name: str
    people: int


@case
def structured():
    response = client.responses.parse(model="gpt-4o", input="Tell me of Paris.", text_format=City)
    with client.responses.stream(model="gpt-4o", input="Tell me of Paris.", text_format=City) as stream:
        stream.until_done()
        final = stream.get_final_response()
    return [isinstance(response.output_parsed, City), isinstance(final.output_parsed, City)]


@case
def tool_loop():
    first = ask("What is the weather in Paris?", model="gpt-4o", tools=TOOLS)
    results = [
        {"type": "function_call_output", "call_id": item.call_id, "output": "clear sky"}
        for item in first.output
        if item.type == "function_call"
    ]
    by_id = ask(results, model="gpt-4o", tools=TOOLS, previous_response_id=first.id)
    question = {"role": "user", "content": "What is the weather in Paris?"}
    items = [item.model_dump(exclude_none=True) for item in first.output]
    by_items = ask([question, *items, *results], model="gpt-4o", tools=TOOLS, store=False)
    return [first.output[0].type, by_id.output_text, by_items.output_text == by_id.output_text]


@case
def search():
    response = ask("Is Rome old?", model="gpt-4o", tools=[{"type": "web_search"}], include=["web_search_call.action.sources"])
    search, message = response.output
    return [search.type, search.action.type, message.content[0].annotations[0].type]


@case
def counted():
    asked = {"model": "gpt-4o", "input": "What is up?"}
    count = client.responses.input_tokens.count(**asked)
    return count.input_tokens == client.responses.create(**asked).usage.input_tokens


@case
def kept():
    response = ask("[[text]]")
    found = client.responses.retrieve(response.id)
    items = client.responses.input_items.list(response.id, order="asc")
    deleted = client.responses.delete(response.id)
    return {
        "same": found == response,
        "items": [item.content[0].text for item in items],
        "deleted": deleted is None,
        "gone": attempt(lambda: client.responses.retrieve(response.id)),
        "unknown": attempt(lambda: ask("so?", previous_response_id=response.id)),
    }


@case
def pages():
    items = [{"role": "user", "content": f"number {number}"} for number in range(5)]
    response = ask(items, model="gpt-4o")
    return [item.content[0].text for item in client.responses.input_items.list(response.id, limit=2, order="asc")]


@case
def background():
    response = ask("hi", background=True)
    states = [response.status] + [client.responses.retrieve(response.id).status for _ in range(2)]
    cancelled = client.responses.cancel(ask("ho", background=True).id).status
    events = list(ask("hi", background=True, stream=True))
    again = list(client.responses.retrieve(events[0].response.id, stream=True, starting_after=2))
    return {
        "states": states,
        "cancelled": cancelled,
        "queued": events[1].type,
        "resumed": [event.sequence_number for event in again] == list(range(3, len(events))),
        "synchronous": attempt(lambda: client.responses.cancel(ask("[[text]]").id)),
    }


@case
def errors():
    return {
        "rate": attempt(lambda: ask("[[rate]]")),
        "server": attempt(lambda: ask("[[server]]")),
        "invalid": attempt(lambda: ask("x", model="gpt-4o", temperature=9)),
        "unanswered": attempt(
            lambda: ask([{"type": "function_call", "call_id": "call_1", "name": "now", "arguments": "{}"}])
        ),
        "middle": attempt(lambda: [event.type for event in ask("[[middle]]", stream=True)]),
        "cut": attempt(lambda: [event.type for event in ask("[[cut]]", stream=True)]),
    }


run()
