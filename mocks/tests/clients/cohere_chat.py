"""Cohere's client in both versions. Argument: the base URL."""

import sys

import cohere
from shared import WEATHER, attempt, case, run

BASE = sys.argv[1]
MODEL = "command-a-03-2025"
KEY = "cohere-touchstone"
client = cohere.ClientV2(api_key=KEY, base_url=BASE, timeout=30)
older = cohere.Client(api_key=KEY, base_url=BASE, timeout=30)
ONCE = {"max_retries": 0}
TOOLS = [
    {"type": "function", "function": {"name": "weather", "description": "Weather of a city.", "parameters": WEATHER}},
    {"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}},
]
OLDER_TOOLS = [
    {
        "name": "weather",
        "description": "Weather of a city.",
        "parameter_definitions": {"city": {"type": "str", "required": True}},
    }
]
NAMES = ["text", "calls", "think"]


def request(text, **more):
    return {"model": MODEL, "messages": [{"role": "user", "content": text}], "request_options": ONCE} | more


def plain(value):
    return value.model_dump(exclude_none=True)


@case
def version():
    return cohere.__version__


@case
def whole():
    seen = {}
    for name in NAMES:
        reply = client.chat(**request(f"[[{name}]]", tools=TOOLS))
        seen[name] = {"message": plain(reply.message), "finish": reply.finish_reason, "usage": plain(reply.usage)}
    return seen


@case
def streamed():
    seen = {}
    for name in NAMES:
        events = list(client.chat_stream(**request(f"[[{name}]]", tools=TOOLS)))
        classes = sorted({type(event).__name__ for event in events})
        seen[name] = {"events": [plain(event) for event in events], "classes": classes}
    return seen


@case
def cited():
    documents = [{"id": "d1", "data": {"text": "Paris is warm."}}]
    asked = request("Is it warm in Paris?", documents=documents)
    whole = client.chat(**asked).message.citations[0]
    events = list(client.chat_stream(**asked))
    streamed = [event.delta.message.citations for event in events if event.type == "citation-start"]
    return [plain(whole), plain(streamed[0])]


@case
def own_turn_with_tools():
    first = client.chat(**request("What is the weather in Paris?", tools=TOOLS, tool_choice="REQUIRED"))
    call = first.message.tool_calls[0]
    messages = [
        {"role": "user", "content": "What is the weather in Paris?"},
        first.message,
        {"role": "tool", "tool_call_id": call.id, "content": [{"type": "document", "document": {"data": {"sky": "clear"}}}]},
    ]
    second = client.chat(model=MODEL, messages=messages, tools=TOOLS, request_options=ONCE)
    return [first.finish_reason, call.function.name, second.finish_reason, second.message.content[0].text]


@case
def own_thought():
    reply = client.chat(**request("Why?", thinking={"type": "enabled", "token_budget": 1024}))
    return [block.type for block in reply.message.content]


@case
def structured():
    reply = client.chat(**request("Paris", response_format={"type": "json_object", "json_schema": WEATHER}))
    return reply.message.content[0].text


@case
def older_whole():
    reply = older.chat(message="[[calls]]", model=MODEL, tools=OLDER_TOOLS, request_options=ONCE)
    text = older.chat(message="[[text]]", model=MODEL, request_options=ONCE)
    calls = [[call.name, call.parameters] for call in reply.tool_calls]
    return {"calls": calls, "text": text.text, "finish": text.finish_reason, "tokens": plain(text.meta.tokens)}


@case
def older_streamed():
    seen = {}
    for name in ["text", "calls"]:
        events = list(older.chat_stream(message=f"[[{name}]]", model=MODEL, tools=OLDER_TOOLS, request_options=ONCE))
        kinds = [event.event_type for event in events]
        text = "".join(event.text for event in events if event.event_type == "text-generation")
        seen[name] = {"kinds": kinds, "text": text, "end": events[-1].response.text, "finish": events[-1].finish_reason}
    return seen


@case
def older_turn_with_tools():
    first = older.chat(message="What is the weather in Paris?", model=MODEL, tools=OLDER_TOOLS, request_options=ONCE)
    call = first.tool_calls[0]
    second = older.chat(
        message="",
        model=MODEL,
        tools=OLDER_TOOLS,
        chat_history=first.chat_history,
        tool_results=[{"call": call, "outputs": [{"sky": "clear"}]}],
        request_options=ONCE,
    )
    return [call.name, list(call.parameters), second.text, second.citations[0].document_ids]


@case
def generated():
    whole = older.generate(prompt="[[text]]", num_generations=2, request_options=ONCE)
    events = list(older.generate_stream(prompt="[[text]]", request_options=ONCE))
    pieces = [event.text for event in events if event.event_type == "text-generation"]
    return [[generation.text for generation in whole.generations], pieces, events[-1].finish_reason]


@case
def vectors():
    asked = {"model": "embed-v4.0", "texts": ["a", "b"], "input_type": "search_query"}
    reply = client.embed(**asked, embedding_types=["float", "int8", "ubinary", "base64"], output_dimension=256)
    kinds = reply.embeddings
    floats = older.embed(texts=["a"], model="embed-english-v3.0", input_type="classification")
    lengths = [len(kinds.float_[1]), len(kinds.int8[1]), len(kinds.ubinary[1]), len(kinds.base64[1])]
    return [lengths, reply.meta.billed_units.input_tokens, len(floats.embeddings[0]), floats.response_type]


@case
def models():
    listed = client.models.list(endpoint="chat").models
    return [len(listed) > 2, client.models.get(listed[0].name).name == listed[0].name]


def ask(text, **more):
    return client.chat(**request(text, **more))


@case
def errors():
    stranger = cohere.ClientV2(api_key="unknown", base_url=BASE)
    return {
        "rate": attempt(lambda: ask("[[rate]]")),
        "server": attempt(lambda: ask("[[server]]")),
        "overloaded": attempt(lambda: ask("[[overloaded]]")),
        "denied": attempt(lambda: ask("[[denied]]")),
        "unknown": attempt(lambda: ask("x", request_options=ONCE | {"additional_body_parameters": {"top_p": 0.5}})),
        "invalid": attempt(lambda: ask("x", temperature=2)),
        "missing": attempt(lambda: ask("[[missing]]")),
        "key": attempt(lambda: stranger.chat(**request("x"))),
        "middle": attempt(lambda: [plain(event) for event in client.chat_stream(**request("[[middle]]"))][-1]),
        "cut": attempt(lambda: [event.type for event in client.chat_stream(**request("[[cut]]"))]),
        "older": attempt(lambda: older.chat(message="[[rate]]", request_options=ONCE)),
    }


run()
