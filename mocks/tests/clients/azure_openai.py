"""OpenAI's client for Azure: by deployment, and its plain one under v1. Argument: the base URL."""

import sys

from openai import AzureOpenAI, OpenAI
from shared import WEATHER, attempt, case, run

BASE = sys.argv[1]
KEY = "azure-touchstone"
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}]
CLIENTS = {
    "classic": AzureOpenAI(azure_endpoint=BASE, api_version="2024-10-21", api_key=KEY, max_retries=0, timeout=30),
    "token": AzureOpenAI(
        azure_endpoint=BASE, api_version="2024-10-21", azure_ad_token=KEY, max_retries=0, timeout=30
    ),
    "v1": OpenAI(base_url=BASE + "/openai/v1", api_key=KEY, max_retries=0, timeout=30),
}


def ask(client, text, **more):
    return client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": text}], **more)


def told(completion):
    message = completion.choices[0].message
    return {
        "text": message.content,
        "calls": [[call.id, call.function.name, call.function.arguments] for call in message.tool_calls or []],
        "finish": completion.choices[0].finish_reason,
        "filter": completion.choices[0].model_extra["content_filter_results"].get("hate"),
        "prompt": completion.model_extra["prompt_filter_results"][0]["prompt_index"],
        "tokens": completion.usage.total_tokens,
    }


@case
def whole():
    return {name: [told(ask(client, f"[[{text}]]", tools=TOOLS)) for text in ["text", "calls"]] for name, client in CLIENTS.items()}


@case
def streamed():
    def read(client, text):
        chunks = list(ask(client, f"[[{text}]]", stream=True, tools=TOOLS))
        deltas = [choice.delta for chunk in chunks for choice in chunk.choices if choice.delta]
        arguments = [call.function.arguments for delta in deltas for call in delta.tool_calls or []]
        return ["".join(delta.content or "" for delta in deltas), "".join(arguments)]

    return {name: [read(client, text) for text in ["text", "late", "calls"]] for name, client in CLIENTS.items()}


@case
def others():
    return {
        name: [
            client.completions.create(model="gpt-35-turbo-instruct", prompt="[[text]]").choices[0].text,
            len(client.embeddings.create(model="text-embedding-3-small", input="hi", dimensions=8).data[0].embedding),
        ]
        for name, client in CLIENTS.items()
    }


@case
def models():
    return {name: [model.id for model in client.models.list()][0] for name, client in CLIENTS.items()}


@case
def errors():
    stranger = AzureOpenAI(azure_endpoint=BASE, api_version="2024-10-21", api_key="unknown", max_retries=0)
    client = CLIENTS["classic"]
    return {
        "filtered": attempt(lambda: ask(client, "[[filtered]]")),
        "rate": attempt(lambda: ask(client, "[[rate]]")),
        "invalid": attempt(lambda: ask(client, "x", temperature=9)),
        "key": attempt(lambda: ask(stranger, "x")),
        "middle": attempt(lambda: [chunk.id for chunk in ask(client, "[[middle]]", stream=True)]),
    }


run()
