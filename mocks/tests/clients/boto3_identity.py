"""AWS's Python client with keys that hold for a time. Argument: where the mocks are, without a path."""

import os
import sys
import tempfile
import urllib.request

import boto3
from botocore.config import Config
from shared import attempt, case, run

base = sys.argv[1]
ROLE = "arn:aws:iam::123456789012:role/reader"
ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=30)
PUBLISHED = {
    "aws_access_key_id": "AKIATOUCHSTONE000001",
    "aws_secret_access_key": "touchstone-secret-access-key",
}
os.environ.update({"AWS_ENDPOINT_URL_STS": f"{base}/sts", "AWS_DEFAULT_REGION": "us-east-1"})
del os.environ["AWS_EC2_METADATA_DISABLED"]


def sts(**keys):
    return boto3.client("sts", config=ONCE, **keys)


def pair(credentials):
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }


def converse(session):
    client = session.client("bedrock-runtime", endpoint_url=f"{base}/bedrock", config=ONCE)
    reply = client.converse(
        modelId="amazon.nova-lite-v1:0", messages=[{"role": "user", "content": [{"text": "[[text]]"}]}]
    )
    return reply["output"]["message"]["content"][0]["text"]


def expire():
    urllib.request.urlopen(urllib.request.Request(f"{base}/__mock/tokens", method="DELETE"))


def with_environment(variables, wanted):
    """What `wanted` says of a fresh session that has only these variables."""
    os.environ.update(variables)
    try:
        return wanted(boto3.Session())
    finally:
        for name in variables:
            del os.environ[name]


def used_up(session):
    """The text, the same once the keys have expired, and once more when the client fetched new ones."""
    first = session.get_credentials()
    before = [first.method, converse(session)]
    expire()
    return before + [attempt(lambda: converse(session))["text"], first.access_key[:4]]


@case
def assumed():
    granted = sts(**PUBLISHED).assume_role(RoleArn=ROLE, RoleSessionName="me", DurationSeconds=900, SourceIdentity="you")
    keys = pair(granted["Credentials"])
    who = sts(**keys).get_caller_identity()
    session = boto3.Session(**keys)
    before = converse(session)
    expire()
    return {
        "user": granted["AssumedRoleUser"]["Arn"],
        "source": granted["SourceIdentity"],
        "who": [who["Arn"], who["Account"], who["UserId"] == granted["AssumedRoleUser"]["AssumedRoleId"]],
        "before": before,
        "after": attempt(lambda: converse(session)),
        "sts_after": attempt(sts(**keys).get_caller_identity),
    }


@case
def by_itself():
    who = sts(**PUBLISHED).get_caller_identity()
    granted = sts(**PUBLISHED).get_session_token(DurationSeconds=900)
    keys = pair(granted["Credentials"])
    return {
        "who": [who["Arn"], who["UserId"], who["Account"]],
        "same": sts(**keys).get_caller_identity()["Arn"] == who["Arn"],
        "text": converse(boto3.Session(**keys)),
        "again": attempt(lambda: sts(**keys).get_session_token()),
    }


@case
def refused():
    wrong = {**PUBLISHED, "aws_secret_access_key": "wrong"}
    unknown = {**PUBLISHED, "aws_access_key_id": "AKIAUNKNOWN000000001"}
    keys = pair(sts(**PUBLISHED).assume_role(RoleArn=ROLE, RoleSessionName="me")["Credentials"])
    swapped = {**keys, "aws_session_token": "another"}

    def chained():
        sts(**keys).assume_role(RoleArn=ROLE, RoleSessionName="more", DurationSeconds=7200)

    return {
        "secret": attempt(sts(**wrong).get_caller_identity),
        "key": attempt(sts(**unknown).get_caller_identity),
        "token": attempt(lambda: converse(boto3.Session(**swapped))),
        "chained": attempt(chained),
    }


@case
def profile():
    """A role that a profile names, taken on by the client itself, and again once its keys are over."""
    with tempfile.NamedTemporaryFile("w", suffix=".ini") as file:
        file.write(f"[profile reader]\nrole_arn = {ROLE}\nsource_profile = me\nregion = us-east-1\n[profile me]\n")
        file.write("".join(f"{name} = {value}\n" for name, value in PUBLISHED.items()))
        file.flush()
        variables = {"AWS_CONFIG_FILE": file.name, "AWS_PROFILE": "reader"}
        kept = os.environ.pop("AWS_CONFIG_FILE")
        try:
            return with_environment(variables, lambda session: [session.get_credentials().method, converse(session)])
        finally:
            os.environ["AWS_CONFIG_FILE"] = kept


@case
def web_identity():
    with tempfile.NamedTemporaryFile() as file:
        token = urllib.request.urlopen(f"{base}/__mock/identity?audience=sts.amazonaws.com").read()
        file.write(token)
        file.flush()
        variables = {"AWS_ROLE_ARN": ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": file.name}
        return with_environment(variables, used_up)


@case
def instance():
    return with_environment({"AWS_EC2_METADATA_SERVICE_ENDPOINT": f"{base}/imds"}, used_up)


@case
def container():
    return with_environment({"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{base}/ecs/v2/credentials/touchstone-task"}, used_up)


@case
def pod():
    token = urllib.request.urlopen(f"{base}/__mock/identity?audience=pods.eks.amazonaws.com").read().decode()
    variables = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{base}/ecs/v1/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": token,
    }
    return with_environment(variables, used_up)


@case
def renewed():
    """Keys that hold for a minute: the client, which wants ten, fetches new ones by itself before each call."""
    urllib.request.urlopen(urllib.request.Request(f"{base}/__mock/tokens?seconds=60", method="POST"))
    try:
        variables = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{base}/ecs/v2/credentials/touchstone-task"}

        def twice(session):
            credentials = session.get_credentials()
            keys = []
            for _ in range(2):
                expire()
                keys.append([credentials.get_frozen_credentials().access_key, converse(session)])
            return [keys[0][0] != keys[1][0], keys[0][1], keys[1][1]]

        return with_environment(variables, twice)
    finally:
        urllib.request.urlopen(urllib.request.Request(f"{base}/__mock/tokens", method="POST"))


run()
