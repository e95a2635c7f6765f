"""Google's client on files and batches. Argument: the base URL."""

import io
import json
import sys

from google import genai
from google.genai import types
from shared import attempt, case, run

MODEL = "gemini-2.5-flash"


def made(key):
    return genai.Client(api_key=key, http_options=types.HttpOptions(base_url=sys.argv[1], timeout=30_000))


client = made("gemini-touchstone")


def tried(function):
    seen = attempt(function)
    return seen | {"status": None} if not isinstance(seen, dict) or "raised" not in seen else seen


def upload(content, mime_type, **more):
    config = types.UploadFileConfig(mime_type=mime_type, **more)
    return client.files.upload(file=io.BytesIO(content), config=config)


def turn(text):
    return {"contents": [{"role": "user", "parts": [{"text": text}]}]}


def ended(batch):
    seen = [batch.state.name]
    for _ in range(10):
        batch = client.batches.get(name=batch.name)
        seen.append(batch.state.name)
        if seen[-1] not in ("JOB_STATE_PENDING", "JOB_STATE_RUNNING"):
            break
    return batch, seen


def told(response):
    if response.error is not None:
        return [response.error.code, response.error.message]
    return response.response.text


@case
def files():
    text = upload(b"Hello", "text/plain", display_name="greeting", name="my-file")
    film = upload(b"\x00" * 100, "video/mp4")
    large = upload(b"x" * (9 << 20), "application/octet-stream")
    states = [film.state.name] + [client.files.get(name=film.name).state.name for _ in range(2)]
    listed = [file.name for file in client.files.list(config={"page_size": 2})]
    client.files.delete(name=large.name)
    return {
        "text": [text.name, text.display_name, text.mime_type, text.size_bytes, text.state.name, text.source.name],
        "kept": text.expiration_time > text.create_time,
        "hash": text.sha256_hash,
        "large": large.size_bytes,
        "states": states,
        "listed": listed == [large.name, film.name, text.name],
        "gone": attempt(lambda: client.files.get(name=large.name)),
        "download": attempt(lambda: client.files.download(file="files/my-file")),
        "twice": attempt(lambda: upload(b"", "text/plain", name="my-file")),
    }


@case
def inline():
    batch = client.batches.create(
        model=MODEL,
        src=[turn("[[text]]") | {"metadata": {"key": "1"}}, turn("[[rate]]"), turn("[[text]]")],
        config={"display_name": "inline"},
    )
    done, seen = ended(batch)
    return {
        "seen": seen,
        "name": [batch.display_name, done.model],
        "responses": [told(response) for response in done.dest.inlined_responses],
        "metadata": done.dest.inlined_responses[0].metadata,
        "times": done.end_time >= done.create_time,
    }


@case
def by_file():
    rows = [{"key": "a", "request": turn("[[text]]")}, {"key": "b", "request": turn("[[server]]")}, {"key": "c"}]
    file = upload("\n".join(map(json.dumps, rows)).encode(), "application/jsonl")
    done, seen = ended(client.batches.create(model=MODEL, src=file.name))
    found = [json.loads(row) for row in client.files.download(file=done.dest.file_name).splitlines()]
    said = found[0]["response"]["candidates"][0]["content"]["parts"][0]["text"]
    return {"seen": seen, "keys": [row["key"] for row in found], "said": said, "codes": [row["error"]["code"] for row in found[1:]]}


@case
def embeddings():
    batch = client.batches.create_embeddings(
        model="gemini-embedding-001",
        src={"inlined_requests": {"contents": [{"parts": [{"text": "one"}]}, {"parts": [{"text": "two"}]}]}},
    )
    done, seen = ended(batch)
    responses = done.dest.inlined_embed_content_responses
    return [seen[-1], [len(response.response.embedding.values) for response in responses]]


@case
def cancelled():
    batch = client.batches.create(model=MODEL, src=[turn("x")])
    client.batches.cancel(name=batch.name)
    done, seen = ended(batch)
    client.batches.delete(name=batch.name)
    return [seen, done.dest is None, attempt(lambda: client.batches.get(name=batch.name))]


@case
def expired():
    return ended(client.batches.create(model=MODEL, src=[turn("[[late]]")]))[1]


@case
def pages():
    made = [client.batches.create(model=MODEL, src=[turn(str(n))]).name for n in range(3)]
    listed = [batch.name for batch in client.batches.list(config={"page_size": 2})]
    return [listed[:3] == made[::-1], len(listed) == len(set(listed))]


@case
def errors():
    stranger = made("AIza-unknown")
    return {
        "empty": attempt(lambda: client.batches.create(model=MODEL, src=[])),
        "file": attempt(lambda: client.batches.create(model=MODEL, src="files/none")),
        "processing": attempt(lambda: client.batches.create(model=MODEL, src=upload(b"x", "video/mp4").name)),
        "key": attempt(lambda: stranger.files.list(config={"page_size": 2})),
        "upload": attempt(lambda: stranger.files.upload(file=io.BytesIO(b"x"), config={"mime_type": "text/plain"})),
    }


run()
