"""AWS's Python client on Converse, ConverseStream, InvokeModel and CountTokens. Argument: the base URL. Bearer keys need https with it, so it signs."""

import json
import sys

import boto3
from botocore.config import Config
from shared import WEATHER, attempt, case, run

MODEL = "anthropic.claude-sonnet-4-5-20250929-v1:0"
ARN = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us." + MODEL
TOOLS = {
    "tools": [
        {"toolSpec": {"name": "weather", "inputSchema": {"json": WEATHER}}},
        {"toolSpec": {"name": "now", "inputSchema": {"json": {"type": "object"}}}},
    ]
}
NAMES = ["text", "calls", "think", "hidden"]


def connect(secret="touchstone-secret-access-key", region="us-east-1"):
    return boto3.client(
        "bedrock-runtime",
        endpoint_url=sys.argv[1],
        region_name=region,
        aws_access_key_id="AKIATOUCHSTONE000001",
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}, read_timeout=30),
    )


client = connect()


def request(text, **more):
    messages = [{"role": "user", "content": [{"text": text}]}]
    return {"modelId": MODEL, "messages": messages, "toolConfig": TOOLS} | more


def plain(value):
    """Bytes as text, for JSON."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def events(text, model=MODEL):
    return [plain(event) for event in client.converse_stream(**request(text, modelId=model))["stream"]]


@case
def whole():
    seen = {}
    for name in NAMES:
        reply = client.converse(**request(f"[[{name}]]"))
        message = reply["output"]["message"]
        seen[name] = {"blocks": plain(message["content"]), "finish": reply["stopReason"], "usage": reply["usage"]}
    return seen


@case
def streamed():
    return {name: events(f"[[{name}]]") for name in NAMES}


@case
def every_form_of_model():
    reply = client.converse(**request("x", modelId=ARN))
    return [reply["ResponseMetadata"]["HTTPStatusCode"], len(events("x", ARN)) > 0]


def invoke(model, **body):
    # No content type is sent unless one is given.
    return json.loads(client.invoke_model(modelId=model, body=json.dumps(body))["body"].read())


@case
def vectors():
    texts = invoke("cohere.embed-english-v3", texts=["a", "b"], input_type="search_query")
    return {
        "titan": len(invoke("amazon.titan-embed-text-v2:0", inputText="a", dimensions=256)["embedding"]),
        "cohere": [len(vector) for vector in texts["embeddings"]],
        "wrong": attempt(lambda: invoke("amazon.titan-embed-text-v2:0", texts=["a"], input_type="clustering")),
    }


@case
def counted():
    messages = [{"role": "user", "content": [{"text": "Which way is north?"}]}]
    body = {"messages": messages}
    return [
        client.count_tokens(modelId=MODEL, input={"converse": body})["inputTokens"],
        client.converse(modelId=MODEL, **body)["usage"]["inputTokens"],
    ]


@case
def own_turn_with_tools():
    first = client.converse(**request("What is the weather in Paris?"))
    message = first["output"]["message"]
    call = message["content"][0]["toolUse"]
    result = {"toolResult": {"toolUseId": call["toolUseId"], "content": [{"json": {"sky": "clear"}}]}}
    messages = [
        {"role": "user", "content": [{"text": "What is the weather in Paris?"}]},
        message,
        {"role": "user", "content": [result]},
    ]
    second = client.converse(modelId=MODEL, messages=messages, toolConfig=TOOLS)
    text = second["output"]["message"]["content"][0]["text"]
    return [first["stopReason"], call["name"], call["input"], second["stopReason"], text]


@case
def errors():
    kinds = ["rate", "server", "overloaded", "model", "denied"]
    seen = {kind: attempt(lambda kind=kind: client.converse(**request(f"[[{kind}]]"))) for kind in kinds}
    blank = [{"role": "user", "content": [{"text": " "}]}]
    return seen | {
        "invalid": attempt(lambda: client.converse(modelId=MODEL, messages=blank)),
        "secret": attempt(lambda: connect(secret="wrong").converse(**request("x"))),
        "region": attempt(lambda: connect(region="eu-west-1").converse(**request("x"))),
        "middle": attempt(lambda: events("[[middle]]")),
        "cut": attempt(lambda: events("[[cut]]")),
        "checksum": attempt(lambda: events("[[checksum]]")),
    }


run()
