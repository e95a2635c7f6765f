"""OpenAI's client on files and batches. Arguments: the base URL, the model, and how many lines a batch has at least."""

import json
import sys

import openai
from shared import attempt, case, run

MODEL, LEAST = sys.argv[2], int(sys.argv[3])
client = openai.OpenAI(base_url=sys.argv[1], api_key="sk-of-the-client", max_retries=0, timeout=30)
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WINDOW = {"endpoint": "/v1/chat/completions", "completion_window": "24h"}


def line(custom_id, text, **more):
    body = {"model": MODEL, "max_tokens": 64, "messages": [{"role": "user", "content": text}]} | more
    return {"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions", "body": body}


def upload(*lines):
    content = "\n".join(entry if isinstance(entry, str) else json.dumps(entry) for entry in lines)
    return client.files.create(file=("calls.jsonl", content.encode()), purpose="batch")


def create(*lines, **more):
    return client.batches.create(input_file_id=upload(*lines).id, **WINDOW, **more)


def full(*lines, **more):
    """As many lines as the provider wants of a batch."""
    return create(*lines, *(line(f"more{number}", "[[text]]") for number in range(LEAST - len(lines))), **more)


def ended(batch):
    """Looks until it is over: the mocks need a few looks, and no time."""
    seen = [batch.status]
    for _ in range(10):
        batch = client.batches.retrieve(batch.id)
        seen.append(batch.status)
        if batch.status in ("completed", "failed", "expired", "cancelled"):
            break
    return batch, seen


def rows(file_id):
    if file_id is None:
        return {}
    found = [json.loads(row) for row in client.files.content(file_id).text.splitlines()]
    return {row["custom_id"]: row for row in found}


def told(row):
    if row["error"] is not None:
        return row["error"]["code"]
    body = row["response"]["body"]
    if row["response"]["status_code"] != 200:
        return [row["response"]["status_code"], body["error"]["message"]]
    choice = openai.types.chat.ChatCompletion.model_validate(body).choices[0]
    calls = [json.loads(call.function.arguments) for call in choice.message.tool_calls or []]
    return [choice.message.content, choice.finish_reason, calls, body["usage"]["total_tokens"]]


def outcomes(batch):
    files = [rows(file).items() for file in (batch.output_file_id, batch.error_file_id)]
    return [{name: told(row) for name, row in file if not name.startswith("more")} for file in files]


@case
def files():
    made = upload(line("a", "[[text]]"))
    kept = client.files.retrieve(made.id)
    listed = [file.id for file in client.files.list(purpose="batch")]
    content = client.files.content(made.id).read()
    gone = client.files.delete(made.id).deleted
    return {
        "same": kept == made,
        "object": [made.purpose, made.filename, made.bytes == len(content)],
        "content": json.loads(content)["custom_id"],
        "listed": made.id in listed,
        "gone": gone,
        "missing": attempt(lambda: client.files.retrieve(made.id)),
    }


@case
def runs():
    tool = {"type": "function", "function": {"name": "weather", "parameters": WEATHER}}
    now = {"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}}
    metadata = {"of": "a test"}
    batch = full(
        line("first", "[[text]]"),
        line("a name, with ünusual letters", "[[text]]"),
        line("tools", "[[calls]]", tools=[tool, now]),
        line("limited", "[[busy]]"),
        metadata=metadata,
    )
    done, seen = ended(batch)
    output = client.files.retrieve(done.output_file_id)
    return {
        "seen": seen,
        "counts": done.request_counts.model_dump(),
        "kept": [done.input_file_id == batch.input_file_id, done.metadata == metadata, done.endpoint],
        "times": done.created_at <= done.completed_at <= done.expires_at,
        "outcomes": outcomes(done),
        "output": [output.purpose, output.bytes == len(client.files.content(output.id).read())],
    }


@case
def cancelled():
    batch = full(line("a", "[[text]]"), line("b", "[[text]]"))
    stopped = client.batches.cancel(batch.id)
    done, seen = ended(stopped)
    return {"seen": seen, "files": outcomes(done), "counts": done.request_counts.model_dump()}


@case
def expired():
    done, _ = ended(full(line("a", "[[late]]"), line("b", "[[text]]")))
    return {"status": done.status, "files": outcomes(done), "counts": done.request_counts.model_dump()}


@case
def pages():
    made = [create(line("a", f"{n}")).id for n in range(5)]
    listed = [batch.id for batch in client.batches.list(limit=2)]
    return [listed[:5] == made[::-1], len(listed) == len(set(listed))]


@case
def errors():
    good = line("a", "x")
    return {
        "purpose": attempt(lambda: client.files.create(file=b"x", purpose="nothing")),
        "file": attempt(lambda: client.batches.create(input_file_id="file-none", **WINDOW)),
        "batch": attempt(lambda: client.batches.retrieve("batch_none")),
        "endpoint": attempt(lambda: client.batches.create(input_file_id="f", **(WINDOW | {"endpoint": "/v1/responses"}))),
        "twice": attempt(lambda: create(good, good)),
        "no_json": attempt(lambda: create(good, "{")),
        "empty": attempt(lambda: create("")),
        "streamed": attempt(lambda: create(line("a", "x", stream=True))),
        "model": attempt(lambda: create(line("a", "x", model="another"))),
        "body": attempt(lambda: create(good, line("b", "x", messages="none"))),
        "early": attempt(lambda: client.files.content(f"file-{create(good).id.removeprefix('batch_')}-output")),
    }


@case
def elsewhere():
    """The place of the lines, where the provider has them in one, is not there."""
    other = openai.OpenAI(base_url=sys.argv[1] + "/elsewhere", api_key="sk-of-the-client", max_retries=0, timeout=30)
    file = other.files.create(file=("calls.jsonl", json.dumps(line("a", "x")).encode()), purpose="batch")
    return attempt(lambda: other.batches.create(input_file_id=file.id, **WINDOW))


run()
