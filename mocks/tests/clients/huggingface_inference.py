"""Hugging Face's client on the router, on HF Inference and on an inference server. Arguments: the base URLs of both mocks."""

import sys

import huggingface_hub
from huggingface_hub import InferenceClient
from shared import WEATHER, case, run

HF, TGI = sys.argv[1:3]
MODEL = "meta-llama/Llama-3.3-70B-Instruct:groq"
POET = f"{HF}/hf-inference/models/org/poet"
VECTORS = f"{HF}/hf-inference/models/sentence/MiniLM/pipeline/feature-extraction"
TOOLS = [{"type": "function", "function": {"name": "weather", "description": "Of a city.", "parameters": WEATHER}}]

router = InferenceClient(base_url=f"{HF}/v1", api_key="hf_touchstone", timeout=30)
hf = InferenceClient(api_key="hf_touchstone", timeout=30)
server = InferenceClient(base_url=TGI, api_key="tgi-touchstone", timeout=30)
CLIENTS = {"router": (router, MODEL), "server": (server, None)}


def attempt(function):
    """The function's result, or what it raised, with the status of the reply."""
    try:
        return function()
    except Exception as problem:
        cause = problem if hasattr(problem, "response") else problem.__cause__
        response = getattr(cause, "response", None)
        return {
            "raised": [kind.__name__ for kind in type(problem).__mro__],
            "status": getattr(response, "status_code", None),
            "text": str(problem),
        }


def chat(where, text, **more):
    client, model = CLIENTS[where]
    return client.chat_completion([{"role": "user", "content": text}], model=model, max_tokens=200, **more)


def called(calls):
    return [[call.id, call.function.name, call.function.arguments] for call in calls or []]


def counted(usage):
    return [usage.prompt_tokens, usage.completion_tokens, usage.total_tokens]


def whole_chat(where, text, **more):
    reply = chat(where, text, **more)
    choice = reply.choices[0]
    message = choice.message
    return {
        "text": message.content,
        "calls": called(message.tool_calls),
        "finish": choice.finish_reason,
        "usage": counted(reply.usage),
    }


def streamed_chat(where, text, **more):
    seen = {"pieces": [], "names": [], "arguments": "", "finish": None, "usage": None}
    for chunk in chat(where, text, stream=True, stream_options={"include_usage": True}, **more):
        for choice in chunk.choices:
            if choice.delta.content:
                seen["pieces"].append(choice.delta.content)
            for call in choice.delta.tool_calls or []:
                if call.function.name:
                    seen["names"].append(call.function.name)
                seen["arguments"] += call.function.arguments or ""
            seen["finish"] = choice.finish_reason or seen["finish"]
        if chunk.usage:
            seen["usage"] = counted(chunk.usage)
    return seen


@case
def version():
    return huggingface_hub.__version__


@case
def chats():
    names = {"text": "[[text]]", "call": "[[one]]"}
    return {
        where: {
            "whole": {name: whole_chat(where, text, tools=TOOLS) for name, text in names.items()},
            "streamed": {name: streamed_chat(where, text, tools=TOOLS) for name, text in names.items()},
        }
        for where in CLIENTS
    }


@case
def own_turn_with_tools():
    first = chat("router", "What is the weather in Paris?", tools=TOOLS).choices[0]
    call = first.message.tool_calls[0]
    messages = [
        {"role": "user", "content": "What is the weather in Paris?"},
        first.message,
        {"role": "tool", "tool_call_id": call.id, "content": "clear sky"},
    ]
    second = router.chat_completion(messages, model=MODEL, tools=TOOLS).choices[0]
    return [first.finish_reason, call.function.name, second.finish_reason, second.message.content]


@case
def own_structured_answer():
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    form = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
    by_router = chat("router", "Count.", response_format=form).choices[0].message.content
    by_server = server.text_generation("Count.", grammar={"type": "json", "value": schema}, return_full_text=False)
    return [by_router, by_server]


def generated(client, model=None):
    prompt = dict(model=model, max_new_tokens=20, return_full_text=False)
    details = client.text_generation("[[text]]", details=True, **prompt)
    events = list(client.text_generation("[[text]]", details=True, stream=True, **prompt))
    return {
        "text": client.text_generation("[[text]]", **prompt),
        "details": [details.generated_text, details.details.finish_reason, details.details.generated_tokens],
        "pieces": list(client.text_generation("[[text]]", stream=True, **prompt)),
        "events": [[event.token.text, event.token.special, event.generated_text] for event in events],
        "last": [events[-1].details.finish_reason, events[-1].details.input_length],
    }


@case
def prompts():
    return {"server": generated(server), "model": generated(hf, POET)}


@case
def vectors():
    one = hf.feature_extraction("A cat sat.", model=VECTORS)
    many = hf.feature_extraction(["A cat sat.", "A dog ran."], model=VECTORS, normalize=True)
    matrix = hf.feature_extraction("A cat sat.", model=f"{HF}/pipeline/feature-extraction/google-bert/bert-base-uncased")
    return [list(one.shape), list(many.shape), list(matrix.shape), str(one.dtype)]


@case
def errors():
    def streamed(text):
        return list(server.text_generation(text, stream=True))

    return {
        "rate": attempt(lambda: server.text_generation("[[rate]]")),
        "model": attempt(lambda: server.text_generation("[[model]]")),
        "server": attempt(lambda: server.text_generation("[[server]]")),
        "invalid": attempt(lambda: server.text_generation("a", temperature=0.0)),
        "late": attempt(lambda: list(server.text_generation("a", best_of=2, stream=True))),
        "middle": attempt(lambda: streamed("[[middle]]")),
        "chat middle": attempt(lambda: streamed_chat("router", "[[middle]]")),
        "loading": attempt(lambda: hf.text_generation("[[loading]]", model=POET)),
        "loading vectors": attempt(lambda: hf.feature_extraction("[[loading]]", model=VECTORS)),
        "missing": attempt(lambda: chat("router", "[[missing]]")),
        "key": attempt(lambda: InferenceClient(base_url=f"{HF}/v1", api_key="hf_wrong").chat_completion([{"role": "user", "content": "hi"}])),
        "server key": attempt(lambda: InferenceClient(base_url=TGI, api_key="wrong").text_generation("hi")),
    }


@case
def waited():
    patient = InferenceClient(api_key="hf_touchstone", headers={"x-wait-for-model": "true"})
    return patient.text_generation("[[loading]]", model=POET, return_full_text=False)


run()
