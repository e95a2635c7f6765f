"""OpenAI's client on videos. Arguments: the base URL, and which client: openai, azure-v1, huggingface.

What is fetched is decoded by PyAV, which is FFmpeg."""

import base64
import io
import sys

import av
from openai import OpenAI
from openai.types import Video
from shared import attempt, case, run
from watching import watched

BASE, KIND = sys.argv[1], sys.argv[2]
CLIENTS = {
    "openai": lambda key="sk-touchstone": OpenAI(base_url=BASE + "/v1", api_key=key, max_retries=0, timeout=30),
    "azure-v1": lambda key="azure-touchstone": OpenAI(
        base_url=BASE + "/openai/v1", api_key=key, max_retries=0, timeout=30
    ),
}
CLIENTS["huggingface"] = lambda key="hf_touchstone": OpenAI(base_url=BASE + "/v1", api_key=key, max_retries=0, timeout=30)
client = CLIENTS[KIND]()


def watch(video):
    """All statuses with their progress, and the video at its end."""
    states = [[video.status, video.progress]]
    while video.status in ("queued", "in_progress") and len(states) < 20:
        video = client.videos.retrieve(video.id)
        states.append([video.status, video.progress])
    return states, video


def begin(prompt="a hat", **more):
    return client.videos.create(prompt=prompt, model="sora-2", **more)


def done(**more):
    return watch(begin(**more))[1]


def picture(data):
    """Width and height of a picture, and its first bytes."""
    frame = next(av.open(io.BytesIO(data)).decode(video=0))
    return [frame.width, frame.height]


def of(video, path, **body):
    """What is made of a video by its id: the client's own methods take nothing but files there, whatever their types say."""
    return client.post(f"/videos/{path}", cast_to=Video, body={"video": {"id": video.id}, **body})


@case
def made():
    video = begin(seconds="8", size="1280x720")
    states, video = watch(video)
    content = client.videos.download_content(video.id)
    return {
        "begun": [video.object, video.model, video.seconds, video.size, video.prompt, video.id.startswith("video_")],
        "states": states,
        "times": [video.completed_at > video.created_at, video.expires_at > video.completed_at],
        "type": content.response.headers["content-type"],
        "seen": watched(content.read()),
    }


@case
def variants():
    video = done(seconds="4", size="720x1280")
    told = {}
    for variant in ("video", "thumbnail", "spritesheet"):
        content = client.videos.download_content(video.id, variant=variant)
        told[variant] = [content.response.headers["content-type"], picture(content.read())]
    return told


@case
def polled():
    video = client.videos.create_and_poll(prompt="a hat", poll_interval_ms=1)
    return [video.status, video.model, video.seconds, video.size]


@case
def made_of_others():
    first = done(seconds="4", size="1280x720")
    remix = client.videos.remix(first.id, prompt="a red hat")
    edit = of(first, "edits", prompt="a red hat")
    longer = of(first, "extensions", prompt="it flies", seconds="8")
    upload = ("hat.mp4", client.videos.download_content(first.id).read(), "video/mp4")
    uploaded = client.videos.edit(video=upload, prompt="a red hat")
    return [
        [each.size, each.seconds, each.remixed_from_video_id == first.id] for each in (remix, edit, longer, uploaded)
    ] + [watched(client.videos.download_content(watch(longer)[1].id).read())["seconds"]]


@case
def from_a_picture():
    still = client.videos.download_content(done().id, variant="thumbnail").read()
    return begin(input_reference=("a.webp", still, "image/webp")).status


@case
def pages():
    for at in range(3):
        begin(prompt=f"page {at}")
    listed = [video.prompt for video in client.videos.list(limit=2)][:3]
    first = client.videos.list(limit=2, order="asc")
    return [listed, first.has_more, first.data[-1].id == first.last_id]


@case
def deleted():
    video = done()
    gone = client.videos.delete(video.id)
    return [gone.deleted, gone.object, gone.id == video.id, attempt(lambda: client.videos.retrieve(video.id).id)]


@case
def failed():
    def end(prompt):
        states, video = watch(begin(prompt))
        return [states[-1][0], video.error.code, attempt(lambda: client.videos.download_content(video.id).read())]

    return {"blocked": end("[[blocked]]"), "broken": end("[[broken]]")}


@case
def errors():
    ready, early = done(), begin()
    wrong = ("a.txt", b"none", "text/plain")
    small = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
    )
    return {
        "early": attempt(lambda: client.videos.download_content(early.id).read()),
        "early_remix": attempt(lambda: client.videos.remix(early.id, prompt="a red hat")),
        "early_delete": attempt(lambda: client.videos.delete(early.id)),
        "absent": attempt(lambda: client.videos.retrieve("video_0")),
        "variant": attempt(lambda: client.videos.download_content(ready.id, variant="sound").read()),
        "seconds": attempt(lambda: begin(seconds="5")),
        "size": attempt(lambda: begin(size="1792x1024")),
        "prompt": attempt(lambda: begin("")),
        "mimetype": attempt(lambda: begin(input_reference=wrong)),
        "edges": attempt(lambda: begin(input_reference=("a.png", small, "image/png"))),
        "cursor": attempt(lambda: client.videos.list(after="video_0").data),
        "rate": attempt(lambda: begin("[[rate]]")),
        "server": attempt(lambda: begin("[[server]]")),
        "key": attempt(lambda: CLIENTS[KIND]("wrong").videos.list().data),
    }


run()
