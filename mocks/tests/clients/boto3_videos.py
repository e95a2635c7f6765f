"""AWS's Python clients on videos of Nova Reel, which lie in a bucket. Argument: where the mocks are, without a path."""

import json
import sys

import boto3
from botocore.config import Config
from shared import attempt, case, run
from watching import watched

base = sys.argv[1]
KEYS = {
    "region_name": "us-east-1",
    "aws_access_key_id": "AKIATOUCHSTONE000001",
    "aws_secret_access_key": "touchstone-secret-access-key",
}
ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=30)
s3 = boto3.client("s3", endpoint_url=f"{base}/s3", config=ONCE, **KEYS)
bedrock = boto3.client("bedrock-runtime", endpoint_url=f"{base}/bedrock", config=ONCE, **KEYS)
s3.create_bucket(Bucket="films")


def begin(text="a hat", task="TEXT_VIDEO", **config):
    params = {"TEXT_VIDEO": "textToVideoParams", "MULTI_SHOT_AUTOMATED": "multiShotAutomatedParams"}[task]
    return bedrock.start_async_invoke(
        modelId="amazon.nova-reel-v1:1",
        modelInput={"taskType": task, params: {"text": text}, "videoGenerationConfig": config},
        outputDataConfig={"s3OutputDataConfig": {"s3Uri": "s3://films/out/"}},
    )["invocationArn"]


def ended(arn):
    states = []
    while not states or states[-1] == "InProgress" and len(states) < 20:
        found = bedrock.get_async_invoke(invocationArn=arn)
        states.append(found["status"])
    return states, found


def read(arn, name):
    return s3.get_object(Bucket="films", Key=f"out/{arn.rsplit('/', 1)[1]}/{name}")["Body"].read()


@case
def made():
    arn = begin(durationSeconds=6, fps=24, dimension="1280x720", seed=1)
    states, found = ended(arn)
    status = json.loads(read(arn, "video-generation-status.json"))
    return [states, found["endTime"] > found["submitTime"], status["videoStatus"], watched(read(arn, "output.mp4"))]


@case
def long():
    arn = begin(task="MULTI_SHOT_AUTOMATED", durationSeconds=12, fps=24, dimension="1280x720")
    ended(arn)
    return watched(read(arn, "output.mp4"))["seconds"]


@case
def failed():
    seen = {}
    for marker in ("blocked", "broken"):
        states, found = ended(begin(f"[[{marker}]]"))
        seen[marker] = [states[-1], found["failureMessage"]]
    return seen


@case
def errors():
    return {
        "length": attempt(lambda: begin(durationSeconds=12)),
        "size": attempt(lambda: begin(dimension="1x1")),
        "text": attempt(lambda: begin("x" * 513)),
        "rate": attempt(lambda: begin("[[rate]]")),
    }


run()
