"""Mistral's client on Mistral's API. Argument: the base URL."""

import json
import sys

from mistralai.client import Mistral
from mistralai.client import models as m
from shared import WEATHER, attempt, case, run

BASE = sys.argv[1]
MODEL = "mistral-small-latest"
TOOLS = [
    {"type": "function", "function": {"name": "weather", "description": "Weather of a city.", "parameters": WEATHER}},
    {"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}},
]
NAMES = ["text", "calls", "think"]


def connect(key):
    return Mistral(api_key=key, server_url=BASE, timeout_ms=30_000)


client = connect("mistral-touchstone")


def user(text):
    return [{"role": "user", "content": text}]


def ask(text, by=client, **more):
    return by.chat.complete(model=MODEL, messages=user(text), tools=TOOLS, **more)


def events_of(text, **more):
    with client.chat.stream(model=MODEL, messages=user(text), tools=TOOLS, **more) as events:
        return [event.data for event in events]


def told(replies):
    """What a whole reply, or all chunks of a stream, say together."""
    seen = {"text": "", "thought": "", "calls": [], "signed": []}
    for reply in replies:
        choice = reply.choices[0]
        said = choice.message if hasattr(choice, "message") else choice.delta
        chunks = said.content or []
        if isinstance(chunks, str):
            seen["text"] += chunks
            chunks = []
        for chunk in chunks:
            if chunk.type == "thinking":
                seen["thought"] += "".join(inner.text for inner in chunk.thinking)
                seen["signed"] += [chunk.signature] if chunk.signature else []
            else:
                seen["text"] += chunk.text
        for call in said.tool_calls or []:
            seen["calls"].append([call.id, call.function.name, json.loads(call.function.arguments)])
    last = replies[-1]
    usage = last.usage
    return seen | {
        "finish": last.choices[0].finish_reason,
        "usage": [usage.prompt_tokens, usage.completion_tokens, usage.total_tokens],
        "cached": usage.num_cached_tokens if hasattr(usage, "num_cached_tokens") else None,
        "model": last.model,
    }


@case
def version():
    from importlib.metadata import version

    return version("mistralai")


@case
def whole():
    return {name: told([ask(f"[[{name}]]")]) for name in NAMES}


@case
def streamed():
    return {name: told(events_of(f"[[{name}]]")) for name in NAMES}


@case
def pieces():
    return [event.choices[0].delta.content for event in events_of("[[text]]")]


@case
def own_turn_with_tools():
    question = user("What is the weather in Paris?")
    first = client.chat.complete(model=MODEL, messages=question, tools=TOOLS, tool_choice="any", parallel_tool_calls=False)
    call = first.choices[0].message.tool_calls[0]
    result = {"role": "tool", "name": call.function.name, "tool_call_id": call.id, "content": "clear sky"}
    second = client.chat.complete(model=MODEL, messages=[*question, first.choices[0].message, result], tools=TOOLS)
    choice = second.choices[0]
    return [len(call.id), call.function.name, json.loads(call.function.arguments), choice.finish_reason, choice.message.content]


@case
def own_settings():
    reply = client.chat.complete(
        model=MODEL,
        messages=[
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Which city?"},
                    {"type": "image_url", "image_url": "data:image/png;base64,cG5n"},
                    {"type": "document_url", "document_url": "https://example.com/a.pdf", "document_name": "a"},
                ],
            },
            {"role": "assistant", "content": "{", "prefix": True},
        ],
        temperature=0.5,
        top_p=0.9,
        max_tokens=200,
        stop=["END"],
        random_seed=7,
        n=2,
        presence_penalty=0.1,
        frequency_penalty=0.1,
        safe_prompt=True,
        prediction={"type": "content", "content": "{"},
        metadata={"who": "me"},
        response_format={"type": "json_schema", "json_schema": {"name": "city", "schema": WEATHER, "strict": True}},
    )
    return [len(reply.choices), sorted(json.loads(reply.choices[1].message.content))]


@case
def thinks():
    reply = client.chat.complete(model="magistral-medium-latest", messages=user("Which way is north?"), prompt_mode="reasoning")
    return [chunk.type for chunk in reply.choices[0].message.content]


@case
def middle_of_code():
    settings = {"model": "codestral-latest", "prompt": "def f(", "suffix": "return x", "max_tokens": 8}
    whole = client.fim.complete(**settings)
    with client.fim.stream(**settings) as events:
        text = "".join(event.data.choices[0].delta.content for event in events)
    return [whole.choices[0].message.content == text, whole.choices[0].finish_reason]


@case
def vectors():
    floats = client.embeddings.create(model="mistral-embed", inputs=["a", "b"])
    bytes_ = client.embeddings.create(model="codestral-embed", inputs="a", output_dimension=16, output_dtype="int8")
    numbers = bytes_.data[0].embedding
    return [[len(one.embedding) for one in floats.data], len(numbers), all(number == int(number) for number in numbers)]


@case
def models():
    listed = client.models.list().data
    one = client.models.retrieve(model_id=listed[0].id)
    return [type(one).__name__, one.id == listed[0].id, one.capabilities.completion_chat]


@case
def errors():
    kinds = ["rate", "server", "overloaded", "denied", "missing"]
    seen = {kind: attempt(lambda kind=kind: ask(f"[[{kind}]]")) for kind in kinds}
    stranger = connect("unknown")
    return seen | {
        "invalid": attempt(lambda: ask("x", temperature=2)),
        "order": attempt(lambda: client.chat.complete(model=MODEL, messages=[*user("x"), {"role": "tool", "content": "y", "tool_call_id": "D681PevKs"}])),
        "key": attempt(lambda: ask("x", by=stranger)),
        "streamed": attempt(lambda: events_of("[[rate]]")),
        "middle": attempt(lambda: events_of("[[middle]]")),
        "cut": attempt(lambda: events_of("[[cut]]")),
    }


run()
