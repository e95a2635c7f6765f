"""Google's client on the Gemini API, or on Vertex AI. Arguments: the base URL, and `gemini` or `vertex`."""

import sys

from google import genai
from google.genai import types
from google.genai.errors import APIError
from google.oauth2.credentials import Credentials
from shared import WEATHER, attempt, case, run

BASE, SERVICE = sys.argv[1:]
# The client calls the status `code`.
APIError.status_code = property(lambda self: self.code)
MODEL = "gemini-2.5-flash"
TOOLS = [
    {
        "function_declarations": [
            {"name": "weather", "description": "Weather of a city.", "parameters_json_schema": WEATHER},
            {"name": "now", "parameters": {"type": "OBJECT", "properties": {}}},
        ]
    }
]
NAMES = ["text", "calls", "think"]


def connect(key, **more):
    options = types.HttpOptions(base_url=BASE, timeout=30_000, **more)
    if SERVICE == "gemini":
        return genai.Client(api_key=key, http_options=options)
    return genai.Client(
        vertexai=True,
        project="touchstone",
        location="us-central1",
        credentials=Credentials(token=key),
        http_options=options,
    )


client = connect(f"{SERVICE}-touchstone")
older = connect(f"{SERVICE}-touchstone", api_version="v1beta" if SERVICE == "gemini" else "v1")


def config(**more):
    return types.GenerateContentConfig(
        tools=TOOLS,
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        **more,
    )


def ask(text, by=client, model=MODEL, **more):
    return by.models.generate_content(model=model, contents=text, config=config(**more))


def pieces_of(text, by=client, **more):
    return list(by.models.generate_content_stream(model=MODEL, contents=text, config=config(**more)))


def told(replies):
    """What all pieces of a reply say together."""
    last = replies[-1]
    seen = {"text": "", "thought": "", "calls": [], "signed": []}
    for part in [part for reply in replies for part in reply.candidates[0].content.parts or []]:
        if part.thought_signature:
            seen["signed"].append(part.thought_signature.decode())
        if part.function_call:
            seen["calls"].append([part.function_call.name, part.function_call.args])
        elif part.text:
            seen["thought" if part.thought else "text"] += part.text
    usage = last.usage_metadata
    return seen | {
        "finish": last.candidates[0].finish_reason,
        "usage": [
            usage.prompt_token_count,
            usage.candidates_token_count,
            usage.thoughts_token_count,
            usage.cached_content_token_count,
            usage.total_token_count,
        ],
        "model": last.model_version,
    }


@case
def version():
    return genai.__version__


@case
def whole():
    return {name: told([ask(f"[[{name}]]")]) for name in NAMES}


@case
def streamed():
    return {name: told(pieces_of(f"[[{name}]]")) for name in NAMES}


@case
def pieces():
    return [piece.text for piece in pieces_of("[[text]]") if piece.text]


@case
def both_versions():
    return [told([ask("[[text]]", by=older)])["text"], told(pieces_of("[[text]]", by=older))["text"]]


@case
def own_turn_with_tools():
    question = types.Content(role="user", parts=[types.Part(text="What is the weather in Paris?")])
    first = ask([question])
    call = first.candidates[0].content.parts[0].function_call
    result = types.FunctionResponse(id=call.id, name=call.name, response={"output": "clear sky"})
    answer = types.Content(role="user", parts=[types.Part(function_response=result)])
    second = ask([question, first.candidates[0].content, answer])
    return [call.name, call.args, second.candidates[0].finish_reason, second.text]


@case
def own_settings():
    schema = {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]}
    settings = types.GenerateContentConfig(
        system_instruction="Be brief.",
        temperature=0.5,
        top_p=0.9,
        top_k=20,
        max_output_tokens=200,
        stop_sequences=["END"],
        seed=7,
        candidate_count=2,
        presence_penalty=0.1,
        frequency_penalty=0.1,
        response_mime_type="application/json",
        response_schema=schema,
        thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_budget=1024),
        safety_settings=[{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_ONLY_HIGH"}],
        tool_config={"function_calling_config": {"mode": "AUTO"}},
    )
    picture = types.Part.from_bytes(data=b"png", mime_type="image/png")
    reply = client.models.generate_content(model=MODEL, contents=[picture, "Which city?"], config=settings)
    return [len(reply.candidates), sorted(reply.parsed), any(part.thought for part in reply.candidates[0].content.parts)]


@case
def blocked():
    reply = ask("[[blocked]]")
    streamed = pieces_of("[[blocked]]")
    return [reply.candidates, reply.prompt_feedback.block_reason, len(streamed), streamed[0].prompt_feedback.block_reason]


@case
def vectors():
    settings = {"output_dimensionality": 256}
    reply = client.models.embed_content(model="gemini-embedding-001", contents=["a", "b"], config=settings)
    return [len(vector.values) for vector in reply.embeddings]


@case
def predicted():
    # Models that are asked in another way, on Vertex AI only.
    if SERVICE == "gemini":
        return None
    settings = {"output_dimensionality": 256, "task_type": "RETRIEVAL_QUERY", "auto_truncate": True}
    reply = client.models.embed_content(model="text-embedding-005", contents=["a", "b"], config=settings)
    return [len(vector.values) for vector in reply.embeddings]


@case
def counted():
    counted = client.models.count_tokens(model=MODEL, contents="Which way is north?").total_tokens
    return [counted, client.models.generate_content(model=MODEL, contents="Which way is north?").usage_metadata.prompt_token_count]


@case
def models():
    if SERVICE == "vertex":
        return client.models.get(model=MODEL).name
    listed = [model.name for model in client.models.list()]
    return client.models.get(model=listed[0]).name if len(listed) > 1 else None


@case
def errors():
    kinds = ["rate", "server", "overloaded", "denied", "missing"]
    seen = {kind: attempt(lambda kind=kind: ask(f"[[{kind}]]")) for kind in kinds}
    stranger = connect("unknown")
    return seen | {
        "invalid": attempt(lambda: client.models.generate_content(model=MODEL, contents=[{"role": "critic", "parts": [{"text": "x"}]}])),
        "key": attempt(lambda: ask("x", by=stranger)),
        "streamed": attempt(lambda: pieces_of("[[rate]]")),
        "middle": attempt(lambda: pieces_of("[[middle]]")),
        "cut": attempt(lambda: pieces_of("[[cut]]")),
    }


run()
