"""Anthropic's client on message batches, in the generation that is installed. Argument: the base URL."""

import sys

import anthropic
from shared import attempt, case, run

client = anthropic.Anthropic(base_url=sys.argv[1], api_key="sk-ant-touchstone", max_retries=0, timeout=30)
batches = client.messages.batches


def asked(*texts):
    def params(text):
        return {"model": "claude-haiku-4-5", "max_tokens": 64, "messages": [{"role": "user", "content": text}]}

    return [{"custom_id": f"id-{n}", "params": params(text)} for n, text in enumerate(texts)]


def told(batch):
    return [batch.processing_status, batch.request_counts.model_dump(), batch.results_url is not None]


def outcomes(batch):
    def outcome(result):
        if result.type == "succeeded":
            return [result.type, result.message.content[0].text]
        return [result.type, result.error.error.message if result.type == "errored" else None]

    return {entry.custom_id: outcome(entry.result) for entry in batches.results(batch.id)}


@case
def runs():
    batch = batches.create(requests=asked("[[text]]", "[[rate]]", "[[text]]"))
    seen = [told(batch)] + [told(batches.retrieve(batch.id)) for _ in range(2)]
    return {"seen": seen, "outcomes": outcomes(batch), "deleted": batches.delete(batch.id).type}


@case
def too_early():
    return attempt(lambda: outcomes(batches.create(requests=asked("[[text]]"))))


@case
def canceled():
    batch = batches.create(requests=asked("[[text]]", "[[text]]"))
    stopped = batches.cancel(batch.id)
    return [stopped.processing_status, stopped.cancel_initiated_at is not None, told(batches.retrieve(batch.id)), outcomes(batch)]


@case
def expired():
    batch = batches.create(requests=asked("[[late]]", "[[text]]"))
    batches.retrieve(batch.id)
    return outcomes(batch)


@case
def pages():
    made = [batches.create(requests=asked(f"{n}")).id for n in range(5)]
    every = [batch.id for batch in batches.list(limit=2)]
    before = [batch.id for batch in batches.list(limit=2, before_id=made[0]).data]
    return [every[:5] == made[::-1], len(every) == len(set(every)), before == [made[2], made[1]]]


@case
def beta():
    batch = client.beta.messages.batches.create(requests=asked("[[text]]"))
    return client.beta.messages.batches.retrieve(batch.id).processing_status


@case
def errors():
    stranger = anthropic.Anthropic(base_url=sys.argv[1], api_key="sk-ant-unknown", max_retries=0)
    return {
        "missing": attempt(lambda: batches.retrieve("msgbatch_none")),
        "empty": attempt(lambda: batches.create(requests=[])),
        "twice": attempt(lambda: batches.create(requests=asked("x") + asked("y"))),
        "early": attempt(lambda: batches.delete(batches.create(requests=asked("x")).id)),
        "key": attempt(lambda: stranger.messages.batches.list()),
    }


run()
