"""AWS's Python client on InvokeModel and its stream, in each maker's words. Argument: the base URL."""

import json
import sys

import boto3
from botocore.config import Config
from shared import attempt, case, run

client = boto3.client(
    "bedrock-runtime",
    endpoint_url=sys.argv[1],
    region_name="us-east-1",
    aws_access_key_id="AKIATOUCHSTONE000001",
    aws_secret_access_key="touchstone-secret-access-key",
    config=Config(retries={"total_max_attempts": 1}, read_timeout=30),
)
CLAUDE = "anthropic.claude-sonnet-4-5-20250929-v1:0"
# Each maker's words: a model, a request around a text, and where a whole answer and a piece have theirs.
MAKERS = {
    "claude": (
        CLAUDE,
        lambda text: {
            "anthropic_version": "bedrock-2023-05-31",
            "max_tokens": 64,
            "messages": [{"role": "user", "content": text}],
        },
        lambda reply: reply["content"][0]["text"],
        lambda piece: piece.get("delta", {}).get("text", ""),
    ),
    "claude-text": (
        "anthropic.claude-v2:1",
        lambda text: {"prompt": f"\n\nHuman: {text}\n\nAssistant:", "max_tokens_to_sample": 64},
        lambda reply: reply["completion"],
        lambda piece: piece["completion"],
    ),
    "titan": (
        "amazon.titan-text-express-v1",
        lambda text: {"inputText": text, "textGenerationConfig": {"maxTokenCount": 64}},
        lambda reply: reply["results"][0]["outputText"],
        lambda piece: piece["outputText"],
    ),
    "nova": (
        "us.amazon.nova-lite-v1:0",
        lambda text: {
            "schemaVersion": "messages-v1",
            "messages": [{"role": "user", "content": [{"text": text}]}],
            "inferenceConfig": {"maxTokens": 64, "topK": 20},
        },
        lambda reply: reply["output"]["message"]["content"][0]["text"],
        lambda piece: piece.get("contentBlockDelta", {}).get("delta", {}).get("text", ""),
    ),
    "llama": (
        "us.meta.llama3-3-70b-instruct-v1:0",
        lambda text: {"prompt": text, "max_gen_len": 64},
        lambda reply: reply["generation"],
        lambda piece: piece["generation"],
    ),
    "mistral": (
        "mistral.mixtral-8x7b-instruct-v0:1",
        lambda text: {"prompt": f"<s>[INST] {text} [/INST]", "max_tokens": 64},
        lambda reply: reply["outputs"][0]["text"],
        lambda piece: piece["outputs"][0]["text"],
    ),
    "mistral-chat": (
        "mistral.mistral-large-2407-v1:0",
        lambda text: {"messages": [{"role": "user", "content": text}], "max_tokens": 64},
        lambda reply: reply["choices"][0]["message"]["content"],
        lambda piece: piece["choices"][0]["message"]["content"],
    ),
    "command": (
        "cohere.command-text-v14",
        lambda text: {"prompt": text, "max_tokens": 64, "stream": True},
        lambda reply: reply["generations"][0]["text"],
        lambda piece: piece.get("text", ""),
    ),
    "command-r": (
        "cohere.command-r-plus-v1:0",
        lambda text: {"message": text, "max_tokens": 64},
        lambda reply: reply["text"],
        lambda piece: piece.get("text", ""),
    ),
    "jamba": (
        "ai21.jamba-1-5-large-v1:0",
        lambda text: {"messages": [{"role": "user", "content": text}], "max_tokens": 64},
        lambda reply: reply["choices"][0]["message"]["content"],
        lambda piece: piece["choices"][0]["delta"].get("content", ""),
    ),
}
METRICS = "amazon-bedrock-invocationMetrics"


def invoked(name, text):
    model, body, _, _ = MAKERS[name]
    return client.invoke_model(modelId=model, body=json.dumps(body(text)), contentType="application/json")


def streamed(name, text):
    model, body, _, _ = MAKERS[name]
    reply = client.invoke_model_with_response_stream(modelId=model, body=json.dumps(body(text)))
    return [json.loads(event["chunk"]["bytes"]) for event in reply["body"]]


@case
def whole():
    seen = {}
    for name, (_, _, said, _) in MAKERS.items():
        reply = invoked(name, "[[text]]")
        headers = reply["ResponseMetadata"]["HTTPHeaders"]
        counts = [headers[f"x-amzn-bedrock-{which}-token-count"] for which in ("input", "output")]
        seen[name] = [said(json.loads(reply["body"].read())), reply["contentType"], counts]
    return seen


@case
def pieces():
    seen = {}
    for name, (_, _, _, said) in MAKERS.items():
        found = streamed(name, "[[text]]")
        metrics = found[-1][METRICS]
        texts = [said(piece) for piece in found if said(piece)]
        seen[name] = [texts, metrics["inputTokenCount"], metrics["outputTokenCount"]]
    return seen


@case
def guarded():
    model, body, _, _ = MAKERS["claude"]
    reply = client.invoke_model(
        modelId=model,
        body=json.dumps(body("hi")),
        guardrailIdentifier="g1",
        guardrailVersion="DRAFT",
        trace="ENABLED",
        performanceConfigLatency="optimized",
    )
    action = json.loads(reply["body"].read())["amazon-bedrock-guardrailAction"]
    return [action, reply["performanceConfigLatency"]]


@case
def errors():
    wrong = lambda: client.invoke_model(modelId=CLAUDE, body=json.dumps({"max_tokens": 1}))
    return {
        "rate": attempt(lambda: invoked("titan", "[[rate]]")),
        "model": attempt(lambda: invoked("llama", "[[model]]")),
        "wrong": attempt(wrong),
        "middle": attempt(lambda: streamed("nova", "[[middle]]")),
        "checksum": attempt(lambda: streamed("mistral", "[[checksum]]")),
        "vectors": attempt(
            lambda: client.invoke_model_with_response_stream(
                modelId="amazon.titan-embed-text-v1", body=json.dumps({"inputText": "a"})
            )
        ),
    }


run()
