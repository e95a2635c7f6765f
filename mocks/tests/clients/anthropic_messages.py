"""Anthropic's client on Messages, in the generation that is installed. Argument: the base URL."""

import sys

import anthropic
from shared import WEATHER, attempt, case, run

BASE = sys.argv[1]
MODEL = "claude-sonnet-4-5"
client = anthropic.Anthropic(base_url=BASE, api_key="sk-ant-touchstone", max_retries=0, timeout=30)
TOOLS = [
    {"name": "weather", "description": "Weather of a city.", "input_schema": WEATHER},
    {"name": "now", "input_schema": {"type": "object", "properties": {}}},
]
NAMES = ["text", "calls", "think"]


def request(text, **more):
    messages = [{"role": "user", "content": text}]
    return {"model": MODEL, "max_tokens": 2000, "messages": messages, "tools": TOOLS} | more


def told(message):
    return {
        "blocks": [block.model_dump(exclude_none=True) for block in message.content],
        "finish": message.stop_reason,
        "usage": [
            message.usage.input_tokens,
            message.usage.output_tokens,
            message.usage.cache_read_input_tokens,
            message.usage.cache_creation_input_tokens,
        ],
    }


def ask(text, **more):
    return client.messages.create(**request(text, **more))


@case
def version():
    return anthropic.__version__


@case
def whole():
    return {name: told(ask(f"[[{name}]]")) for name in NAMES}


@case
def streamed():
    seen = {}
    for name in NAMES:
        with client.messages.stream(**request(f"[[{name}]]")) as stream:
            kinds = [event.type for event in stream]
            seen[name] = told(stream.get_final_message()) | {"events": sorted(set(kinds))}
    return seen


@case
def pieces():
    with client.messages.stream(**request("[[text]]")) as stream:
        return list(stream.text_stream)


@case
def own_turn_with_tools():
    first = ask("What is the weather in Paris?")
    call = first.content[0]
    messages = [
        {"role": "user", "content": "What is the weather in Paris?"},
        {"role": "assistant", "content": first.content},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "clear sky"}]},
    ]
    second = client.messages.create(model=MODEL, max_tokens=200, messages=messages, tools=TOOLS)
    return [first.stop_reason, call.name, call.input, second.stop_reason, second.content[0].text]


@case
def own_thought():
    message = ask("Why?", tools=[], thinking={"type": "enabled", "budget_tokens": 1024})
    return [block.type for block in message.content]


@case
def counted():
    return client.messages.count_tokens(model=MODEL, messages=[{"role": "user", "content": "one two three"}]).input_tokens


@case
def completed():
    """Text completions, which the newest generation has no more."""
    if not hasattr(client, "completions"):
        return None

    def complete(text, model="claude-2.1", **more):
        prompt = f"{anthropic.HUMAN_PROMPT} {text}{anthropic.AI_PROMPT}"
        return client.completions.create(model=model, prompt=prompt, max_tokens_to_sample=200, **more)

    whole = complete("[[text]]", stop_sequences=["END"], temperature=0.5, metadata={"user_id": "u-17"})
    pieces = list(complete("[[text]]", stream=True))
    return {
        "whole": [whole.completion, whole.stop_reason, whole.model],
        "streamed": ["".join(piece.completion for piece in pieces), [piece.stop_reason for piece in pieces]],
        "rate": attempt(lambda: complete("[[rate]]")),
        "middle": attempt(lambda: list(complete("[[middle]]", stream=True))),
        "newer": attempt(lambda: complete("x", model=MODEL)),
    }


@case
def models():
    listed = [model.id for model in client.models.list()]
    return bool(listed) and client.models.retrieve(listed[0]).id == listed[0]


@case
def errors():
    stranger = anthropic.Anthropic(base_url=BASE, api_key="sk-ant-unknown", max_retries=0)
    return {
        "rate": attempt(lambda: ask("[[rate]]")),
        "server": attempt(lambda: ask("[[server]]")),
        "overloaded": attempt(lambda: ask("[[overloaded]]")),
        "invalid": attempt(lambda: ask("x", max_tokens=-1)),
        "missing": attempt(lambda: ask("[[missing]]")),
        "key": attempt(lambda: stranger.messages.create(**request("x"))),
        "middle": attempt(lambda: [event.type for event in ask("[[middle]]", stream=True)]),
        "cut": attempt(lambda: [event.type for event in ask("[[cut]]", stream=True)]),
    }


run()
