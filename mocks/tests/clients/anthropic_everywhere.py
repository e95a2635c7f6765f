"""Anthropic's client through a gateway, to one provider after the other. Arguments: the gateway's URL, and the providers as JSON:
a list of `{"id", "chat"}`, the second being the model's name. Markers of scripts stand in what the user says."""

import json
import sys

import anthropic
from shared import WEATHER, attempt

GATEWAY = sys.argv[1]
TOOLS = [
    {"name": "weather", "description": "Weather of a city.", "input_schema": WEATHER},
    {"name": "now", "input_schema": {"type": "object", "properties": {}}},
]


def connect(provider):
    # The gateway has the keys; what clients send as theirs must not reach a provider.
    return anthropic.Anthropic(
        base_url=f"{GATEWAY}/{provider}", api_key="sk-of-the-client", max_retries=0, timeout=30
    )


def told(message):
    calls = [block for block in message.content if block.type == "tool_use"]
    usage = message.usage
    cached = [usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0]
    return {
        "text": "".join(block.text for block in message.content if block.type == "text"),
        "finish": message.stop_reason,
        "calls": [[call.name, call.input] for call in calls],
        "ids": len({call.id for call in calls if call.id}),
        "usage": [usage.input_tokens + sum(cached), usage.output_tokens],
    }


def in_order(events):
    """The kinds of the events; a block that begins before the one ahead of it is over would be told twice."""
    kinds, open_block = [], None
    for event in events:
        kinds.append(event.type)
        if event.type == "content_block_start":
            kinds += ["overlap"] if open_block is not None else []
            open_block = event.index
        if event.type == "content_block_stop":
            kinds += ["overlap"] if open_block != event.index else []
            open_block = None
    return kinds


def messages(client, model):
    def ask(text, **more):
        turns = [{"role": "user", "content": text}]
        return client.messages.create(model=model, max_tokens=2000, messages=turns, **more)

    def streamed(name):
        turns = [{"role": "user", "content": f"[[{name}]]"}]
        with client.messages.stream(model=model, max_tokens=2000, messages=turns, tools=TOOLS) as stream:
            return told(stream.get_final_message())

    def pieces():
        with client.messages.stream(
            model=model, max_tokens=2000, messages=[{"role": "user", "content": "[[text]]"}]
        ) as stream:
            return list(stream.text_stream)

    def turn():
        question = {"role": "user", "content": "What is the weather in Paris?"}
        first = ask(question["content"], tools=TOOLS)
        call = next(block for block in first.content if block.type == "tool_use")
        result = {"type": "tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": "clear sky"}]}
        turns = [question, {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
        second = client.messages.create(model=model, max_tokens=2000, messages=turns, tools=TOOLS)
        return [first.stop_reason, call.name, second.stop_reason, "clear sky" in told(second)["text"]]

    def agent():
        """As a coding agent asks: instructions and a question in blocks, with marks of the cache."""
        mark = {"cache_control": {"type": "ephemeral"}}
        system = [{"type": "text", "text": "Be brief."}, {"type": "text", "text": "Be kind.", **mark}]
        turns = [{"role": "user", "content": [{"type": "text", "text": "Now:"}, {"type": "text", "text": "[[text]]", **mark}]}]
        message = client.messages.create(
            model=model,
            max_tokens=2000,
            system=system,
            messages=turns,
            tools=TOOLS,
            tool_choice={"type": "auto"},
            metadata={"user_id": "user_1"},
        )
        return [message.type, message.role, message.id.startswith("msg_"), told(message)["text"]]

    def events(name):
        return in_order(ask(f"[[{name}]]", stream=True, tools=TOOLS))

    def count():
        return client.messages.count_tokens(model=model, messages=[{"role": "user", "content": "Hi"}]).input_tokens

    return {
        "whole": {name: attempt(lambda name=name: told(ask(f"[[{name}]]", tools=TOOLS))) for name in ["text", "calls"]},
        "streamed": {name: attempt(lambda name=name: streamed(name)) for name in ["text", "calls"]},
        "events": attempt(lambda: events("calls")),
        "pieces": attempt(pieces),
        "turn": attempt(turn),
        "agent": attempt(agent),
        "count": attempt(count),
        "errors": {
            "rate": attempt(lambda: ask("[[rate]]")),
            "server": attempt(lambda: ask("[[server]]")),
            "streamed": attempt(lambda: events("rate")),
            "middle": attempt(lambda: events("middle")),
            "cut": attempt(lambda: events("cut")),
            "model": attempt(lambda: client.messages.create(model="of-my-own", max_tokens=1, messages=[])),
        },
    }


seen = {provider["id"]: messages(connect(provider["id"]), provider["chat"]) for provider in json.loads(sys.argv[2])}
json.dump(seen, sys.stdout)
