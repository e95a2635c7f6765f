"""OpenAI's client on files of a provider that has them in a form of its own. Arguments: the base URL, the model."""

import sys

import httpx
import openai
from shared import attempt, case, run

URL, MODEL = sys.argv[1:3]
client = openai.OpenAI(base_url=URL, api_key="sk-of-the-client", max_retries=0, timeout=30)
# Bytes that are no text, and that hold what ends a part of a form.
BYTES = bytes(range(256)) * 40 + b"\r\n--boundary\r\n\r\n"


def upload(name, content, purpose="user_data", **more):
    return client.files.create(file=(name, content), purpose=purpose, **more)


@case
def files():
    made = upload("north.txt", BYTES)
    kept = client.files.retrieve(made.id)
    gone = client.files.delete(made.id)
    return {
        "same": kept == made,
        "object": [made.object, made.bytes == len(BYTES), made.filename, made.purpose, made.status, made.status_details],
        "expires": made.expires_at - made.created_at,
        "gone": [gone.id == made.id, gone.deleted, gone.object],
        "missing": attempt(lambda: client.files.retrieve(made.id)),
        "twice": attempt(lambda: client.files.delete(made.id)),
    }


@case
def purposes():
    made = [upload("a.jsonl", b"{}", purpose) for purpose in ("assistants", "vision", "user_data", "fine-tune", "evals")]
    return [[file.purpose, client.files.retrieve(file.id).purpose] for file in made]


@case
def large():
    """In pieces, of which the last one is short, and by a form that says its length nowhere."""
    content = BYTES * 900
    made = upload("large.bin", content)
    head = '--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nvision\r\n'
    head += '--x\r\nContent-Disposition: form-data; name="file"; filename="flow.bin"\r\n\r\n'

    def flow():
        yield head.encode()
        for at in range(0, len(content), 1 << 16):
            yield content[at : at + (1 << 16)]
        yield b"\r\n--x--\r\n"

    kind = {"content-type": "multipart/form-data; boundary=x"}
    flowed = httpx.post(f"{URL}/files", headers=kind, content=flow(), timeout=30).json()
    return [made.bytes == len(content), flowed["bytes"] == len(content), flowed["purpose"], flowed["filename"]]


@case
def states():
    film = upload("film.mp4", b"\x00" * 100, "vision")
    return [film.status] + [client.files.retrieve(film.id).status for _ in range(2)]


@case
def listed():
    made = [upload(f"{number}.txt", b"x", "assistants").id for number in range(4)]
    kept = client.files.create(file=("lines.jsonl", b"{}"), purpose="batch").id
    all_of_them = [file.id for file in client.files.list()]
    pages = [file.id for file in client.files.list(purpose="assistants", limit=3)]
    first = client.files.list(purpose="assistants", limit=3)
    oldest = [file.id for file in client.files.list(purpose="assistants", order="asc")]
    return {
        "there": all(id in all_of_them for id in [*made, kept]) and len(all_of_them) == len(set(all_of_them)),
        "pages": [pages[:4] == made[::-1], first.has_more, len(first.data)],
        "oldest": oldest == pages[::-1],
        "batch": [file.id for file in client.files.list(purpose="batch")] == [kept],
    }


@case
def asked():
    """A chat that names a file."""
    file = upload("a.pdf", b"%PDF", "user_data")
    part = {"type": "file", "file": {"file_id": file.id, "filename": "a.pdf"}}
    content = [part, {"type": "text", "text": "[[text]]"}]
    chat = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": content}])
    return [chat.choices[0].message.content, chat.choices[0].finish_reason]


@case
def told():
    """What nobody is told of a form."""
    more = {"expires_after": {"anchor": "created_at", "seconds": 3600}}
    return client.files.with_raw_response.create(file=("a.txt", b"x"), purpose="vision", **more).headers.get(
        "x-touchstone-dropped"
    )


@case
def errors():
    mine = upload("a.txt", b"x", "assistants").id
    return {
        "content": attempt(lambda: client.files.content(mine).text),
        "purpose": attempt(lambda: upload("a.txt", b"x", "anything")),
        "id": attempt(lambda: client.files.retrieve("file_1")),
        "after": attempt(lambda: client.files.list(after="file-none").data),
        "limit": attempt(lambda: client.files.list(limit=0).data),
        "form": attempt(lambda: client.files.with_raw_response.create(file=("a", b"x"), purpose="vision", extra_headers={"content-type": "text/plain"})),
        "huge": attempt(lambda: upload("a.txt", b"x" * (16 << 20))),
    }


run()
