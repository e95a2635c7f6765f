"""OpenAI's client through a gateway, to one provider after the other. Arguments: the gateway's URL, and the providers as JSON:
a list of `{"id", "chat", "completions", "embeddings", "inputs", "text_only"}`, in which an API that is asked for has its
model's name.
Markers of scripts stand in what the user says."""

import json
import sys

from openai import OpenAI
from shared import WEATHER, attempt

GATEWAY = sys.argv[1]
TOOLS = [
    {"type": "function", "function": {"name": "weather", "parameters": WEATHER}},
    {"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}},
]


def connect(provider):
    # The gateway has the keys; what clients send as theirs must not reach a provider.
    return OpenAI(base_url=f"{GATEWAY}/{provider}/v1", api_key="sk-of-the-client", max_retries=0, timeout=30)


def told(completion):
    choice = completion.choices[0]
    calls = choice.message.tool_calls or []
    return {
        "text": choice.message.content,
        "finish": choice.finish_reason,
        "calls": [[call.function.name, json.loads(call.function.arguments)] for call in calls],
        "ids": len({call.id for call in calls if call.id}),
        "usage": usage(completion.usage),
    }


def usage(counts):
    return counts and [counts.prompt_tokens, counts.completion_tokens, counts.total_tokens]


def text_only(client, model):
    """Whole texts and nothing else: what cannot be had is refused."""

    def ask(text, **more):
        messages = [{"role": "user", "content": text}]
        return client.chat.completions.create(model=model, messages=messages, **more)

    def streamed(name):
        messages = [{"role": "user", "content": f"[[{name}]]"}]
        options = {"include_usage": True}
        with client.chat.completions.stream(model=model, messages=messages, stream_options=options) as stream:
            return told(stream.get_final_completion())

    return {
        "text": attempt(lambda: told(ask("[[text]]"))),
        "streamed": attempt(lambda: streamed("text")),
        "errors": {
            "rate": attempt(lambda: ask("[[rate]]")),
            "streamed": attempt(lambda: streamed("rate")),
            "server": attempt(lambda: ask("[[server]]")),
            "tools": attempt(lambda: ask("[[text]]", tools=TOOLS)),
            "model": attempt(lambda: client.chat.completions.create(model="of-my-own", messages=[])),
        },
    }


def chat(client, model):
    def ask(text, **more):
        messages = [{"role": "user", "content": text}]
        return client.chat.completions.create(model=model, messages=messages, **more)

    def whole(name):
        return told(ask(f"[[{name}]]", tools=TOOLS))

    def streamed(name):
        messages = [{"role": "user", "content": f"[[{name}]]"}]
        options = {"include_usage": True}
        with client.chat.completions.stream(
            model=model, messages=messages, tools=TOOLS, stream_options=options
        ) as stream:
            return told(stream.get_final_completion())

    def turn():
        first = ask("What is the weather in Paris?", tools=TOOLS).choices[0]
        call = first.message.tool_calls[0]
        messages = [
            {"role": "user", "content": "What is the weather in Paris?"},
            first.message.model_dump(exclude_none=True),
            {"role": "tool", "tool_call_id": call.id, "content": "clear sky"},
        ]
        second = client.chat.completions.create(model=model, messages=messages, tools=TOOLS).choices[0]
        return [first.finish_reason, call.function.name, second.finish_reason, "clear sky" in second.message.content]

    def stream(name):
        return [chunk.choices[0].finish_reason for chunk in ask(f"[[{name}]]", stream=True) if chunk.choices]

    return {
        "whole": {name: attempt(lambda name=name: whole(name)) for name in ["text", "calls"]},
        "streamed": {name: attempt(lambda name=name: streamed(name)) for name in ["text", "calls"]},
        "pieces": attempt(
            lambda: [
                chunk.choices[0].delta.content
                for chunk in ask("[[text]]", stream=True)
                if chunk.choices and chunk.choices[0].delta.content
            ]
        ),
        "turn": attempt(turn),
        "errors": {
            "rate": attempt(lambda: ask("[[rate]]")),
            "server": attempt(lambda: ask("[[server]]")),
            "streamed": attempt(lambda: stream("rate")),
            "middle": attempt(lambda: stream("middle")),
            "cut": attempt(lambda: stream("cut")),
            "model": attempt(lambda: client.chat.completions.create(model="of-my-own", messages=[])),
        },
    }


def completions(client, model):
    def ask(text, **more):
        return client.completions.create(model=model, prompt=text, **more)

    def whole():
        completion = ask("[[text]]")
        choice = completion.choices[0]
        return [completion.object, choice.text, choice.finish_reason, usage(completion.usage)]

    def streamed():
        chunks = list(ask("[[text]]", stream=True))
        choices = [chunk.choices[0] for chunk in chunks if chunk.choices]
        finish = [choice.finish_reason for choice in choices if choice.finish_reason]
        return ["".join(choice.text for choice in choices), finish]

    return {"whole": attempt(whole), "streamed": attempt(streamed), "rate": attempt(lambda: ask("[[rate]]"))}


def embeddings(client, model, inputs):
    texts = [f"text {number}" for number in range(inputs)]

    def ask(text, **more):
        return client.embeddings.create(model=model, input=text, **more)

    def both():
        # Without a format the client asks for base64 and reads that itself.
        packed, plain = ask(texts), ask(texts, encoding_format="float")
        pairs = [(one.embedding, other.embedding) for one, other in zip(packed.data, plain.data, strict=True)]
        far = max(abs(a - b) for one, other in pairs for a, b in zip(one, other, strict=True))
        return {
            "vectors": len(pairs),
            "places": [vector.index for vector in plain.data],
            "length": len(pairs[0][0]),
            "near": far < 1e-6,
            "tokens": plain.usage.total_tokens,
        }

    return {"vectors": attempt(both), "rate": attempt(lambda: ask(["[[rate]]"]))}


def play(provider):
    client = connect(provider["id"])
    seen = {}
    if provider["chat"]:
        seen["chat"] = (text_only if provider["text_only"] else chat)(client, provider["chat"])
    if provider["completions"]:
        seen["completions"] = completions(client, provider["completions"])
    if provider["embeddings"]:
        seen["embeddings"] = embeddings(client, provider["embeddings"], provider["inputs"])
    return seen


json.dump({provider["id"]: play(provider) for provider in json.loads(sys.argv[2])}, sys.stdout)
