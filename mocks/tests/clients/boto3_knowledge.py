"""AWS's Python client of the agents' runtime: bases of knowledge, and agents. Argument: the base URL."""

import sys

import boto3
from botocore.config import Config
from shared import attempt, case, run

KEYS = {
    "region_name": "us-east-1",
    "aws_access_key_id": "AKIATOUCHSTONE000001",
    "aws_secret_access_key": "touchstone-secret-access-key",
}
client = boto3.client(
    "bedrock-agent-runtime",
    endpoint_url=sys.argv[1],
    config=Config(retries={"total_max_attempts": 1}, read_timeout=30),
    **KEYS,
)
MODEL = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"


def asked(text, base="TOUCHSTONE", **more):
    knowledge = {"knowledgeBaseId": base, "modelArn": MODEL}
    configuration = {"type": "KNOWLEDGE_BASE", "knowledgeBaseConfiguration": knowledge}
    return {"input": {"text": text}, "retrieveAndGenerateConfiguration": configuration} | more


def cited(citation):
    part = citation["generatedResponsePart"]["textResponsePart"]
    uris = [one["location"]["s3Location"]["uri"].split("/")[-1] for one in citation["retrievedReferences"]]
    return [part["text"], part["span"], uris]


@case
def retrieve():
    search = {"vectorSearchConfiguration": {"numberOfResults": 2}}
    own = client.retrieve(
        knowledgeBaseId="TOUCHSTONE", retrievalQuery={"text": "a dark touchstone"}, retrievalConfiguration=search
    )["retrievalResults"]
    boto3.client("s3", endpoint_url=sys.argv[1].replace("/bedrock", "/s3"), **KEYS).put_object(
        Bucket="touchstone", Key="knowledge/LIBRARY001/ridge.txt", Body=b"The ridge glows at dawn."
    )
    given = client.retrieve(knowledgeBaseId="LIBRARY001", retrievalQuery={"text": "ridge"})["retrievalResults"]
    return {
        "own": [len(own), own[0]["content"]["text"].split(" ")[1], own[0]["score"] > own[1]["score"]],
        "given": [[one["content"]["text"], one["location"]["s3Location"]["uri"]] for one in given],
    }


@case
def generate():
    whole = client.retrieve_and_generate(**asked("[[text]] touchstone"))
    again = client.retrieve_and_generate(**asked("[[text]]", sessionId=whole["sessionId"]))
    stream = client.retrieve_and_generate_stream(**asked("[[text]] touchstone"))
    events = list(stream["stream"])
    return {
        "whole": [whole["output"]["text"], [cited(citation) for citation in whole["citations"]]],
        "session": again["sessionId"] == whole["sessionId"],
        "stream": [[event["output"]["text"] for event in events[:-1]], cited(events[-1]["citation"]["citation"])],
        "begun": len(stream["sessionId"]),
        "unknown": attempt(lambda: client.retrieve_and_generate(**asked("x", sessionId="nobodys"))),
        "rate": attempt(lambda: client.retrieve_and_generate(**asked("[[rate]]"))),
        "middle": attempt(lambda: list(client.retrieve_and_generate_stream(**asked("[[middle]]"))["stream"])),
    }


@case
def agent():
    def told(text, **more):
        reply = client.invoke_agent(agentId="AGENT00001", agentAliasId="ALIAS00001", sessionId="me-1", inputText=text, **more)
        return [reply["sessionId"], [event["chunk"]["bytes"].decode() for event in reply["completion"]]]

    return {
        "whole": told("[[text]]"),
        "pieces": told("[[text]]", streamingConfigurations={"streamFinalResponse": True}),
        "overloaded": attempt(lambda: told("[[overloaded]]")),
        "silent": attempt(lambda: told("")),
    }


run()
