"""Clients whose hosts are left as they are, through a proxy. Arguments: the proxy's URL, the file of whom to trust."""

import os
import sys

PROXY, CA = sys.argv[1:3]
os.environ |= {"HTTPS_PROXY": PROXY, "SSL_CERT_FILE": CA, "AWS_CA_BUNDLE": CA, "REQUESTS_CA_BUNDLE": CA}
# The place of the processes that the tests start by other addresses.
os.environ.pop("NO_PROXY", None)
os.environ.pop("no_proxy", None)

import anthropic  # noqa: E402
import boto3  # noqa: E402
import httpx  # noqa: E402
import openai  # noqa: E402
from botocore.config import Config  # noqa: E402
from shared import attempt, case, run  # noqa: E402

MESSAGES = [{"role": "user", "content": "[[text]]"}]
SONNET = "anthropic.claude-sonnet-4-5-20250929-v1:0"


@case
def openai_text():
    client = openai.OpenAI(api_key="sk-touchstone", max_retries=0, timeout=30)
    chunks = client.chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=True)
    text = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    return [str(client.base_url), "".join(text)]


@case
def anthropic_text():
    client = anthropic.Anthropic(api_key="sk-ant-touchstone", max_retries=0, timeout=30)
    with client.messages.stream(model="claude-sonnet-4-5", max_tokens=99, messages=MESSAGES) as stream:
        return [str(client.base_url), stream.get_final_text()]


@case
def bedrock_text():
    client = boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        aws_access_key_id="AKIATOUCHSTONE000001",
        aws_secret_access_key="touchstone-secret-access-key",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=30),
    )
    messages = [{"role": "user", "content": [{"text": "[[text]]"}]}]
    events = client.converse_stream(modelId=SONNET, messages=messages)["stream"]
    text = [event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event]
    return [client.meta.endpoint_url, "".join(text)]


@case
def elsewhere():
    return attempt(lambda: httpx.get("https://telemetry.example.com/"))


run()
