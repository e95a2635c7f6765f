"""OpenAI's client on files, uploads and batches. Arguments: the base URL, and which client: openai, azure, azure-v1."""

import hashlib
import json
import sys

from openai import AzureOpenAI, OpenAI
from shared import attempt, case, run

BASE, KIND = sys.argv[1], sys.argv[2]
MORE = {"max_retries": 0, "timeout": 30}
CLIENTS = {
    "openai": lambda key="sk-touchstone": OpenAI(base_url=BASE + "/v1", api_key=key, **MORE),
    "azure": lambda key="azure-touchstone": AzureOpenAI(
        azure_endpoint=BASE, api_version="2025-04-01-preview", api_key=key, **MORE
    ),
    "azure-v1": lambda key="azure-touchstone": OpenAI(base_url=BASE + "/openai/v1", api_key=key, **MORE),
}
client = CLIENTS[KIND]()
# Bytes that are no text, and that hold what ends a part of a form.
BYTES = bytes(range(256)) * 40 + b"\r\n--boundary\r\n\r\n"


def line(at, text, model="gpt-4o-mini", url="/v1/chat/completions", **more):
    body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
    return {"custom_id": f"line-{at}", "method": "POST", "url": url, "body": body}


def upload(lines):
    content = "".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in lines)
    return client.files.create(file=("lines.jsonl", content.encode()), purpose="batch")


def begin(lines, endpoint="/v1/chat/completions", **more):
    return client.batches.create(
        input_file_id=upload(lines).id, endpoint=endpoint, completion_window="24h", **more
    )


def watch(batch):
    """All statuses, and the batch at its end."""
    states = [batch.status]
    while batch.status not in ("completed", "failed", "expired", "cancelled") and len(states) < 20:
        batch = client.batches.retrieve(batch.id)
        states.append(batch.status)
    return states, batch


def read(file_id):
    return [json.loads(line) for line in client.files.content(file_id).text.splitlines()] if file_id else []


@case
def files():
    kept = client.files.create(file=("north.jsonl", b'{"a":1}\n'), purpose="fine-tune")
    looked = client.files.retrieve(kept.id)
    content = client.files.with_raw_response.content(kept.id)
    gone = client.files.delete(kept.id)
    return {
        "file": [kept.object, kept.bytes, kept.filename, kept.purpose, kept.status, kept.id.startswith("file-")],
        "looked": [looked.id == kept.id, looked.status],
        "content": [content.text, content.headers.get("content-disposition"), content.headers["content-type"]],
        "gone": [gone.deleted, gone.id == kept.id],
        "absent": attempt(lambda: client.files.retrieve(kept.id).id),
    }


@case
def bytes_are_the_same():
    kept = client.files.create(file=("weights.bin", BYTES), purpose="evals")
    return [kept.bytes == len(BYTES), client.files.content(kept.id).read() == BYTES]


@case
def expiry():
    kept = client.files.create(
        file=("a.jsonl", b"{}\n"), purpose="batch", expires_after={"anchor": "created_at", "seconds": 3600}
    )
    usual = client.files.create(file=("a.jsonl", b"{}\n{}\n"), purpose="batch")
    return [kept.expires_at - kept.created_at, usual.expires_at - usual.created_at if usual.expires_at else None]


@case
def pages():
    for at in range(5):
        client.files.create(file=(f"page-{at}.txt", f"{at}".encode()), purpose="assistants")
    newest = [file.filename for file in client.files.list(purpose="assistants", limit=2)]
    first = client.files.list(purpose="assistants", limit=2, order="asc")
    return [newest, [file.filename for file in first.data], first.has_more]


@case
def uploads():
    begun = client.uploads.create(filename="parts.jsonl", purpose="batch", bytes=12, mime_type="text/jsonl")
    parts = [client.uploads.parts.create(begun.id, data=data).id for data in [b"rld!\n", b"hello w"[:7]]]
    digest = hashlib.md5(b"hello wrld!\n").hexdigest()
    done = client.uploads.complete(begun.id, part_ids=parts[::-1], md5=digest)
    whole = client.files.content(done.file.id).read()
    dropped = client.uploads.cancel(
        client.uploads.create(filename="b.jsonl", purpose="batch", bytes=1, mime_type="text/jsonl").id
    )
    chunked = client.uploads.upload_file_chunked(
        file=b"x" * 2500, filename="c.jsonl", bytes=2500, purpose="batch", mime_type="text/jsonl", part_size=1000
    )
    return [begun.status, done.status, whole.decode(), dropped.status, chunked.file.bytes]


@case
def batch():
    begun = begin([line(1, "[[text]]"), line(2, "[[rate]]"), line(3, "hi", temperature=9)], metadata={"of": "us"})
    states, done = watch(begun)
    answers, failures = read(done.output_file_id), read(done.error_file_id)
    counts = done.request_counts
    usage = done.usage
    return {
        "states": states,
        "counts": [counts.total, counts.completed, counts.failed],
        "metadata": done.metadata,
        "answers": [[each["custom_id"], each["response"]["body"]["choices"][0]["message"]["content"]] for each in answers],
        "failures": [[each["custom_id"], each["response"]["status_code"]] for each in failures],
        "usage": [usage.input_tokens, usage.output_tokens] if usage else None,
        "times": [done.in_progress_at > done.created_at, done.completed_at > done.finalizing_at],
        "named": client.files.retrieve(done.output_file_id).purpose,
    }


@case
def other_apis():
    seen = []
    for endpoint, body in [
        ("/v1/embeddings", {"model": "text-embedding-3-small", "input": "hi"}),
        ("/v1/completions", {"model": "gpt-3.5-turbo-instruct", "prompt": "hi"}),
        ("/v1/responses", {"model": "gpt-4o", "input": "hi"}),
    ]:
        states, done = watch(begin([{"custom_id": "a", "method": "POST", "url": endpoint, "body": body}], endpoint))
        seen.append([states[-1], [each["response"]["body"]["object"] for each in read(done.output_file_id)]])
    return seen


@case
def cancelled():
    lines = [line(at, "hi") for at in range(4)]
    begun = client.batches.retrieve(begin(lines).id)
    stopped = client.batches.cancel(begun.id)
    states, done = watch(stopped)
    codes = [each["error"]["code"] for each in read(done.error_file_id)]
    again = attempt(lambda: client.batches.cancel(begun.id).status)
    return [begun.status, states, len(read(done.output_file_id)), codes, again]


@case
def expired():
    states, done = watch(begin([line(at, f"[[late]] {at}") for at in range(4)]))
    lines = read(done.error_file_id)
    return [states, len(read(done.output_file_id)), [each["error"]["code"] for each in lines], lines[0]["response"]]


@case
def refused_lines():
    lines = [
        line(1, "hi"),
        "no json",
        line(1, "hi"),
        line(2, "hi", model="gpt-4o"),
        line(3, "hi", url="/v1/embeddings"),
        {**line(4, "hi"), "method": "GET"},
        {"custom_id": "line-5", "method": "POST", "url": "/v1/chat/completions"},
    ]
    states, done = watch(begin(lines))
    empty, nothing = watch(begin([]))
    return {
        "states": states,
        "errors": [[each.line, each.code, each.param] for each in done.errors.data],
        "files": [done.output_file_id, done.error_file_id],
        "empty": [empty[-1], nothing.errors.data[0].code],
    }


@case
def batch_pages():
    for at in range(3):
        begin([line(at, "hi")], metadata={"page": str(at)})
    listed = [batch.metadata["page"] for batch in client.batches.list(limit=2) if "page" in (batch.metadata or {})]
    return listed


@case
def errors():
    lines = client.files.create(file=("a.txt", b"x"), purpose="assistants").id
    batch = {"endpoint": "/v1/chat/completions", "completion_window": "24h"}
    pending = client.uploads.create(filename="a.jsonl", purpose="batch", bytes=2, mime_type="text/jsonl").id
    part = client.uploads.parts.create(pending, data=b"x").id
    return {
        "ending": attempt(lambda: client.files.create(file=("a.txt", b"x"), purpose="batch")),
        "encoding": attempt(lambda: client.files.create(file=("a.jsonl", b"\xff"), purpose="batch")),
        "purpose": attempt(lambda: client.files.create(file=("a.jsonl", b"x"), purpose="answers")),
        "seconds": attempt(
            lambda: client.files.create(
                file=("a.jsonl", b"x"), purpose="batch", expires_after={"anchor": "created_at", "seconds": 1}
            )
        ),
        "download": attempt(lambda: client.files.content(lines)),
        "limit": attempt(lambda: client.files.list(limit=0).data),
        "cursor": attempt(lambda: client.files.list(after="file-0").data),
        "absent": attempt(lambda: client.batches.retrieve("batch_0")),
        "input": attempt(lambda: client.batches.create(input_file_id="file-0", **batch)),
        "wrong_file": attempt(lambda: client.batches.create(input_file_id=lines, **batch)),
        "window": attempt(
            lambda: client.batches.create(input_file_id=lines, **{**batch, "completion_window": "1h"})
        ),
        "size": attempt(lambda: client.uploads.complete(pending, part_ids=[part])),
        "parts": attempt(lambda: client.uploads.complete(pending, part_ids=["part_0"])),
        "key": attempt(lambda: CLIENTS[KIND]("wrong").files.list(limit=1).object),
    }


run()
