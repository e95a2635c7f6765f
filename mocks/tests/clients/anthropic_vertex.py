"""Anthropic's client for Vertex AI. Argument: the base URL."""

import sys

import anthropic
from shared import WEATHER, attempt, case, run

MODEL = "claude-sonnet-4-5@20250929"
TOOLS = [{"name": "weather", "input_schema": WEATHER}, {"name": "now", "input_schema": {"type": "object"}}]
NAMES = ["text", "calls", "think"]


def connect(token):
    return anthropic.AnthropicVertex(
        base_url=f"{sys.argv[1]}/v1",
        region="us-east5",
        project_id="touchstone",
        access_token=token,
        max_retries=0,
        timeout=30,
    )


client = connect("vertex-touchstone")


def request(text, **more):
    messages = [{"role": "user", "content": text}]
    return {"model": MODEL, "max_tokens": 2000, "messages": messages, "tools": TOOLS} | more


def told(message):
    return [[block.model_dump(exclude_none=True) for block in message.content], message.stop_reason, message.model]


def ask(text, **more):
    return client.messages.create(**request(text, **more))


@case
def whole():
    return {name: told(ask(f"[[{name}]]")) for name in NAMES}


@case
def streamed():
    seen = {}
    for name in NAMES:
        with client.messages.stream(**request(f"[[{name}]]")) as stream:
            seen[name] = told(stream.get_final_message())
    return seen


@case
def counted():
    return client.messages.count_tokens(model=MODEL, messages=[{"role": "user", "content": "one two"}]).input_tokens


@case
def errors():
    return {
        "rate": attempt(lambda: ask("[[rate]]")),
        "overloaded": attempt(lambda: ask("[[overloaded]]")),
        "invalid": attempt(lambda: ask("x", max_tokens=-1)),
        "key": attempt(lambda: connect("unknown").messages.create(**request("x"))),
        "middle": attempt(lambda: [event.type for event in ask("[[middle]]", stream=True)]),
        "cut": attempt(lambda: [event.type for event in ask("[[cut]]", stream=True)]),
    }


run()
