"""Ollama's own client. Argument: the base URL."""

import sys

import ollama
from shared import WEATHER, attempt, case, run

MODEL = "qwen3:8b"
TOOLS = [
    {"type": "function", "function": {"name": "weather", "description": "Weather of a city.", "parameters": WEATHER}},
    {"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}},
]
NAMES = ["text", "calls", "think"]
client = ollama.Client(host=sys.argv[1], timeout=30)


def said(text):
    return [{"role": "user", "content": text}]


def ask(text, **more):
    return client.chat(model=MODEL, messages=said(text), tools=TOOLS, **more)


def told(replies):
    """What all pieces of a reply say together."""
    messages = [reply.message for reply in replies]
    last = replies[-1]
    return {
        "text": "".join(message.content or "" for message in messages),
        "thought": "".join(message.thinking or "" for message in messages),
        "calls": [
            [call.function.name, dict(call.function.arguments)]
            for message in messages
            for call in message.tool_calls or []
        ],
        "finish": last.done_reason,
        "usage": [last.prompt_eval_count, last.eval_count],
        "timed": last.total_duration > last.eval_duration > 0,
    }


@case
def whole():
    return {name: told([ask(f"[[{name}]]")]) for name in NAMES}


@case
def streamed():
    return {name: told(list(ask(f"[[{name}]]", stream=True))) for name in NAMES}


@case
def pieces():
    return [piece.message.content for piece in ask("[[text]]", stream=True) if piece.message.content]


@case
def own_turn_with_tools():
    question = said("What is the weather in Paris?")
    first = client.chat(model=MODEL, messages=question, tools=TOOLS).message
    call = first.tool_calls[0].function
    result = {"role": "tool", "tool_name": call.name, "content": "clear sky"}
    second = client.chat(model=MODEL, messages=[*question, first, result], tools=TOOLS)
    return [call.name, dict(call.arguments), second.done_reason, second.message.content]


@case
def own_settings():
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    options = ollama.Options(temperature=0.5, top_p=0.9, top_k=20, num_predict=200, seed=7, stop=["END"], num_ctx=4096)
    reply = client.chat(
        model=MODEL,
        messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Which?", "images": [b"png"]}],
        format=schema,
        options=options,
        think=True,
        keep_alive="5m",
    )
    return [reply.message.content, bool(reply.message.thinking)]


@case
def completed():
    reply = client.generate(model=MODEL, prompt="[[text]]", suffix="!", system="Be brief.", raw=True)
    streamed = list(client.generate(model=MODEL, prompt="[[text]]", stream=True))
    return [reply.response, reply.done_reason, "".join(part.response for part in streamed), streamed[-1].eval_count]


@case
def vectors():
    reply = client.embed(model="nomic-embed-text", input=["a", "b"], dimensions=256)
    legacy = client.embeddings(model="nomic-embed-text", prompt="a")
    return [[len(vector) for vector in reply.embeddings], len(legacy.embedding)]


@case
def models():
    listed = [model.model for model in client.list().models]
    shown = client.show(listed[0])
    return [len(listed) > 1, shown.details.family, shown.capabilities, bool(shown.modelinfo), client.ps().models]


@case
def errors():
    kinds = ["rate", "server", "overloaded", "denied", "missing"]
    seen = {kind: attempt(lambda kind=kind: ask(f"[[{kind}]]")) for kind in kinds}
    return seen | {
        "unknown": attempt(lambda: client.show("of-my-own")),
        "streamed": attempt(lambda: list(ask("[[rate]]", stream=True))),
        "middle": attempt(lambda: list(ask("[[middle]]", stream=True))),
        "cut": attempt(lambda: list(ask("[[cut]]", stream=True))),
    }


run()
