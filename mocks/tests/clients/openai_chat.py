"""OpenAI's client, in its newest generation, on chat completions. Argument: the base URL."""

import sys

from openai import OpenAI
from pydantic import BaseModel
from shared import WEATHER, attempt, case, run

BASE = sys.argv[1] + "/v1"
client = OpenAI(base_url=BASE, api_key="sk-touchstone", max_retries=0, timeout=30)
TOOLS = [
    {"type": "function", "function": {"name": "weather", "parameters": WEATHER}},
    {"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}},
]


def ask(text, **more):
    messages = [{"role": "user", "content": text}]
    return client.chat.completions.create(model=more.pop("model", "gpt-4o"), messages=messages, **more)


def told(completion):
    choice = completion.choices[0]
    return {
        "text": choice.message.content,
        "refusal": choice.message.refusal,
        "finish": choice.finish_reason,
        "calls": [[call.id, call.function.name, call.function.arguments] for call in choice.message.tool_calls or []],
        "usage": usage(completion.usage),
    }


def usage(counts):
    cached = counts.prompt_tokens_details.cached_tokens
    reasoning = counts.completion_tokens_details.reasoning_tokens
    return [counts.prompt_tokens, counts.completion_tokens, counts.total_tokens, cached, reasoning]


@case
def whole():
    return {name: told(ask(f"[[{name}]]", tools=TOOLS)) for name in ["text", "calls", "refusal"]}


@case
def streamed():
    seen = {}
    for name in ["text", "calls", "refusal"]:
        messages = [{"role": "user", "content": f"[[{name}]]"}]
        options = {"include_usage": True}
        with client.chat.completions.stream(
            model="gpt-4o", messages=messages, tools=TOOLS, stream_options=options
        ) as stream:
            kinds = [event.type for event in stream]
            seen[name] = told(stream.get_final_completion()) | {"events": sorted(set(kinds))}
    return seen


@case
def pieces():
    chunks = list(ask("[[text]]", stream=True))
    return [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]


@case
def own_turn_with_tools():
    first = ask("What is the weather in Paris?", tools=TOOLS).choices[0]
    call = first.message.tool_calls[0]
    messages = [
        {"role": "user", "content": "What is the weather in Paris?"},
        first.message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": "clear sky"},
    ]
    second = client.chat.completions.create(model="gpt-4o", messages=messages, tools=TOOLS).choices[0]
    return [first.finish_reason, call.function.name, second.finish_reason, second.message.content]


@case
def own_structured_answer():
    class City(BaseModel):
        name: str
        people: int

    messages = [{"role": "user", "content": "Tell me of Paris."}]
    reply = client.chat.completions.parse(model="gpt-4o", messages=messages, response_format=City)
    return isinstance(reply.choices[0].message.parsed, City)


@case
def models():
    listed = [model.id for model in client.models.list()]
    return bool(listed) and client.models.retrieve(listed[0]).id == listed[0]


@case
def errors():
    stranger = OpenAI(base_url=BASE, api_key="sk-unknown", max_retries=0)
    return {
        "rate": attempt(lambda: ask("[[rate]]")),
        "server": attempt(lambda: ask("[[server]]")),
        "invalid": attempt(lambda: ask("x", temperature=9)),
        "missing": attempt(lambda: ask("[[missing]]")),
        "key": attempt(stranger.models.list),
        "middle": attempt(lambda: [chunk.id for chunk in ask("[[middle]]", stream=True)]),
        "cut": attempt(lambda: [chunk.id for chunk in ask("[[cut]]", stream=True)]),
    }


run()
