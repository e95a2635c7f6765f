"""AWS's Python clients of S3, and of Bedrock's jobs. Arguments: where the mocks are, without a path; the file of whom to trust."""

import io
import json
import os
import sys

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from shared import attempt, case, run

base, ca = sys.argv[1:3]
KEYS = {
    "region_name": "us-east-1",
    "aws_access_key_id": "AKIATOUCHSTONE000001",
    "aws_secret_access_key": "touchstone-secret-access-key",
}
ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=30)
s3 = boto3.client("s3", endpoint_url=f"{base}/s3", config=ONCE, **KEYS)
bedrock = boto3.client("bedrock", endpoint_url=f"{base}/bedrock", config=ONCE, **KEYS)
ROLE = "arn:aws:iam::123456789012:role/batch"
NOVA = "amazon.nova-lite-v1:0"


@case
def objects():
    s3.create_bucket(Bucket="my-bucket")
    stored = s3.put_object(Bucket="my-bucket", Key="a/b c+ü.txt", Body=b"hello", ContentType="text/plain", Metadata={"who": "me"})
    got = s3.get_object(Bucket="my-bucket", Key="a/b c+ü.txt")
    head = s3.head_object(Bucket="my-bucket", Key="a/b c+ü.txt")
    part = s3.get_object(Bucket="my-bucket", Key="a/b c+ü.txt", Range="bytes=1-3")
    for key in ["a/1", "a/2", "b/1", "c"]:
        s3.put_object(Bucket="my-bucket", Key=key, Body=key.encode())
    pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket="my-bucket", PaginationConfig={"PageSize": 2}))
    folders = s3.list_objects_v2(Bucket="my-bucket", Delimiter="/")
    below = s3.list_objects_v2(Bucket="my-bucket", Prefix="a/", StartAfter="a/1")
    s3.delete_object(Bucket="my-bucket", Key="c")
    return {
        "etag": [stored["ETag"], got["ETag"] == stored["ETag"]],
        "got": [got["Body"].read().decode(), got["ContentType"], got["Metadata"], part["Body"].read().decode()],
        "head": [head["ContentLength"], head["ContentType"]],
        "pages": [[entry["Key"] for entry in page["Contents"]] for page in pages],
        "folders": [[one["Prefix"] for one in folders["CommonPrefixes"]], [entry["Key"] for entry in folders["Contents"]]],
        "below": [entry["Key"] for entry in below["Contents"]],
        "buckets": [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]],
        "gone": attempt(lambda: s3.get_object(Bucket="my-bucket", Key="c"))["text"],
    }


@case
def parts():
    large = bytes(range(256)) * (11 << 12)
    config = TransferConfig(multipart_threshold=6 << 20, multipart_chunksize=6 << 20)
    s3.upload_fileobj(io.BytesIO(large), "touchstone", "large", Config=config)
    into = io.BytesIO()
    s3.download_fileobj("touchstone", "large", into, Config=config)
    return [into.getvalue() == large, s3.head_object(Bucket="touchstone", Key="large")["ETag"][-3:]]


@case
def by_host():
    """The bucket in the host's name, by TLS, through the proxy: bytes come in chunks with a sum behind them."""
    own = Config(proxies={"https": base}, s3={"addressing_style": "virtual"}, retries={"total_max_attempts": 1})
    client = boto3.client("s3", config=own, verify=ca, **KEYS)
    client.put_object(Bucket="touchstone", Key="by-host.txt", Body=b"hello")
    there = client.get_object(Bucket="touchstone", Key="by-host.txt")["Body"].read().decode()
    return [there, s3.get_object(Bucket="touchstone", Key="by-host.txt")["Body"].read().decode()]


@case
def refused():
    wrong = boto3.client("s3", endpoint_url=f"{base}/s3", config=ONCE, **{**KEYS, "aws_secret_access_key": "wrong"})
    return {
        "bucket": attempt(lambda: s3.list_objects_v2(Bucket="nobodys")),
        "key": attempt(lambda: s3.get_object(Bucket="touchstone", Key="nothing")),
        "head": attempt(lambda: s3.head_object(Bucket="touchstone", Key="nothing")),
        "secret": attempt(lambda: wrong.list_objects_v2(Bucket="touchstone")),
        "name": attempt(lambda: s3.create_bucket(Bucket="My_Bucket")),
        "sum": attempt(lambda: s3.put_object(Bucket="touchstone", Key="x", Body=b"x", ChecksumCRC32="AAAAAA==")),
    }


def question(text):
    return {"messages": [{"role": "user", "content": [{"text": text}]}], "inferenceConfig": {"maxTokens": 64}}


def begin(name, lines, **more):
    s3.put_object(Bucket="touchstone", Key=f"in/{name}.jsonl", Body="\n".join(lines).encode())
    return bedrock.create_model_invocation_job(
        jobName=name,
        roleArn=ROLE,
        modelId=NOVA,
        inputDataConfig={"s3InputDataConfig": {"s3InputFormat": "JSONL", "s3Uri": f"s3://touchstone/in/{name}.jsonl"}},
        outputDataConfig={"s3OutputDataConfig": {"s3Uri": "s3://touchstone/out/"}},
        **more,
    )["jobArn"]


def lines(count, marker="[[text]]"):
    return [json.dumps({"recordId": f"REC{number:08}", "modelInput": question(marker)}) for number in range(count)]


def look(arn):
    job = bedrock.get_model_invocation_job(jobIdentifier=arn)
    counts = ["totalRecordCount", "processedRecordCount", "successRecordCount", "errorRecordCount"]
    return [job["status"], [job.get(count) for count in counts], job.get("message")]


def left(arn, name):
    folder = f"out/{arn.split('/')[-1]}"
    answers = s3.get_object(Bucket="touchstone", Key=f"{folder}/{name}.jsonl.out")["Body"].read().decode()
    manifest = s3.get_object(Bucket="touchstone", Key=f"{folder}/manifest.json.out")["Body"].read()
    return [json.loads(line) for line in answers.splitlines()], json.loads(manifest)


@case
def job():
    mixed = lines(100) + ["no json", json.dumps({"recordId": "BLANK000001", "modelInput": question(" ")})]
    arn = begin("mixed", mixed, clientRequestToken="once")
    again = begin("mixed", mixed, clientRequestToken="once")
    looks = [look(arn) for _ in range(3)]
    answers, manifest = left(arn, "mixed")
    text = answers[0]["modelOutput"]["output"]["message"]["content"][0]["text"]
    return {
        "again": again == arn,
        "looks": looks,
        "answers": [len(answers), answers[0]["recordId"], text, answers[-2].get("error"), answers[-1].get("error")],
        "manifest": manifest,
    }


@case
def conversation():
    arn = begin("conversation", lines(100), modelInvocationType="Converse")
    looks = [look(arn)[0] for _ in range(2)]
    answers, _ = left(arn, "conversation")
    return [looks, answers[0]["modelOutput"]["stopReason"], answers[0]["modelOutput"]["usage"]["outputTokens"]]


@case
def stopped():
    arn = begin("stopped", lines(100))
    bedrock.stop_model_invocation_job(jobIdentifier=arn)
    looks = [look(arn)[0] for _ in range(2)]
    return [looks, attempt(lambda: bedrock.stop_model_invocation_job(jobIdentifier=arn))["text"]]


@case
def otherwise():
    late = begin("late", lines(100, "[[late]]"), tags=[{"key": "end", "value": "late-job"}])
    few = begin("few", lines(3))
    return {
        "late": [look(late)[0] for _ in range(2)],
        "few": [look(few)[0], look(few)[2].replace(few, "ARN")],
        "absent": attempt(lambda: look("arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/nothing00000")),
        "name": attempt(lambda: begin("no_name", lines(1))),
    }


@case
def listed():
    pages = bedrock.get_paginator("list_model_invocation_jobs").paginate(PaginationConfig={"PageSize": 2})
    names = [[job["jobName"] for job in page["invocationJobSummaries"]] for page in pages]
    done = bedrock.list_model_invocation_jobs(statusEquals="Completed", sortOrder="Ascending")["invocationJobSummaries"]
    return [names, [job["jobName"] for job in done]]


os.environ.pop("NO_PROXY", None)
os.environ.pop("no_proxy", None)
run()
