"""OpenAI's client on the videos of one provider, through a gateway.

Arguments: the base URL, a model that makes videos, how long and how large those are that are asked for."""

import struct
import sys
import zlib

from openai import OpenAI
from shared import attempt, case, run
from watching import watched

BASE, MODEL, SECONDS, SIZE = sys.argv[1:5]
client = OpenAI(base_url=BASE + "/v1", api_key="none", max_retries=0, timeout=30)


def begin(prompt="a hat", **more):
    return client.videos.create(prompt=prompt, model=MODEL, seconds=SECONDS, size=SIZE, **more)


def watch(video):
    """All statuses, and the video at its end."""
    states = [video.status]
    while video.status in ("queued", "in_progress") and len(states) < 20:
        video = client.videos.retrieve(video.id)
        states.append(video.status)
    return states, video


def png(width, height):
    """A picture of one colour."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = (b"\0" + b"\x80\x40\x20" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@case
def made():
    video = begin()
    states, done = watch(video)
    content = client.videos.download_content(video.id)
    seen = watched(content.read())
    return {
        "begun": [video.object, video.model, video.prompt, video.seconds, video.size],
        "states": states,
        "done": [done.id == video.id, done.seconds == video.seconds, done.size == video.size, done.progress],
        "type": content.response.headers["content-type"],
        "seen": seen,
    }


@case
def polled():
    return client.videos.create_and_poll(prompt="a hat", model=MODEL, seconds=SECONDS, size=SIZE, poll_interval_ms=1).status


@case
def from_a_picture():
    width, height = (int(edge) for edge in SIZE.split("x"))
    return watch(begin(input_reference=("a.png", png(width, height), "image/png")))[0][-1]


@case
def lost():
    """What has no place is named."""
    reply = client.videos.with_raw_response.create(prompt="a hat", model=MODEL, seconds=SECONDS, size=SIZE, extra_body={"weather": "rain"})
    return reply.headers.get("x-touchstone-dropped")


@case
def deleted():
    video = watch(begin())[1]
    early = attempt(lambda: client.videos.delete(begin().id).deleted)
    gone = attempt(lambda: client.videos.delete(video.id).deleted)
    return [early, gone, attempt(lambda: len(client.videos.download_content(video.id).read()))]


@case
def listed():
    ids = [begin(prompt=f"page {at}").id for at in range(3)]
    page = attempt(lambda: [video.id for video in client.videos.list(limit=2).data])
    return page if isinstance(page, dict) else [page == ids[:0:-1], client.videos.list(limit=2).has_more]


@case
def failed():
    def end(prompt):
        states, video = watch(begin(prompt))
        return [states[-1], video.error.code, attempt(lambda: client.videos.download_content(video.id).read())]

    return {"blocked": end("[[blocked]]"), "broken": end("[[broken]]")}


@case
def errors():
    early, done = begin(), watch(begin())[1]
    return {
        "early": attempt(lambda: client.videos.download_content(early.id).read()),
        "absent": attempt(lambda: client.videos.retrieve("video_0")),
        "variant": attempt(lambda: client.videos.download_content(done.id, variant="sound").read()),
        "spritesheet": attempt(lambda: len(client.videos.download_content(done.id, variant="spritesheet").read())),
        "seconds": attempt(lambda: client.videos.create(prompt="a hat", model=MODEL, seconds="none")),
        "prompt": attempt(lambda: client.videos.create(prompt="", model=MODEL)),
        "remix": attempt(lambda: client.videos.remix(done.id, prompt="a red hat").status),
        "rate": attempt(lambda: begin("[[rate]]")),
        "server": attempt(lambda: begin("[[server]]")),
    }


run()
