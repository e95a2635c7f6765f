"""Hugging Face's client on an inference server's own API. Argument: the base URL."""

import sys

from huggingface_hub import InferenceClient
from shared import attempt, case, run

BASE = sys.argv[1]
whole = InferenceClient(base_url=f"{BASE}/generate", api_key="tgi-touchstone", timeout=30)
streamed = InferenceClient(base_url=f"{BASE}/generate_stream", api_key="tgi-touchstone", timeout=30)


@case
def generated():
    reply = whole.text_generation("[[text]]", details=True, max_new_tokens=20)
    return [reply.generated_text, reply.details.finish_reason, reply.details.generated_tokens]


@case
def pieces():
    tokens = list(streamed.text_generation("[[text]]", details=True, stream=True, max_new_tokens=20))
    return [[token.token.text for token in tokens], tokens[-1].generated_text]


@case
def errors():
    return {"rate": attempt(lambda: whole.text_generation("[[rate]]"))}


run()
