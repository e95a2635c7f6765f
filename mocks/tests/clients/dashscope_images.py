"""Alibaba's own client on pictures. Argument: the base URL."""

import base64
import sys
import urllib.request

import dashscope
from dashscope import ImageSynthesis, MultiModalConversation
from shared import case, run

dashscope.base_http_api_url = sys.argv[1] + "/api/v1"
dashscope.api_key = "dashscope-touchstone"


def shown(url):
    with urllib.request.urlopen(url) as reply:
        return reply.read()


def size(url):
    """Width and height of the PNG at an address."""
    picture = shown(url)
    assert picture[:8] == b"\x89PNG\r\n\x1a\n", picture[:16]
    return [int.from_bytes(picture[at : at + 4], "big") for at in (16, 20)]


def told(reply):
    return [reply.status_code, reply.code or "", reply.message, bool(reply.request_id)]


def draw(prompt="a hat", model="qwen-image-2.0", **more):
    messages = [{"role": "user", "content": [{"text": prompt}]}]
    return MultiModalConversation.call(model=model, messages=messages, **more)


def url(reply):
    return reply.output.choices[0].message.content[0]["image"]


@case
def drawn():
    reply = draw(size="1024*1536", n=2, negative_prompt="rain", prompt_extend=False, watermark=False, seed=7)
    content = reply.output.choices[0].message.content
    return [[size(part["image"]) for part in content], reply.usage["image_count"], told(reply)]


@case
def edited():
    picture = "data:image/png;base64," + base64.b64encode(shown(url(draw(size="800*1200")))).decode()
    messages = [{"role": "user", "content": [{"image": picture}, {"text": "a hat, in red"}]}]
    by_message = MultiModalConversation.call(model="qwen-image-edit", messages=messages)
    # The client waits for the task by itself.
    task = ImageSynthesis.call(model="wan2.5-i2i-preview", prompt="a hat, in red", images=[picture], n=2)
    by_function = ImageSynthesis.call(
        model="wanx2.1-imageedit", prompt="a hat", function="description_edit", base_image_url=picture, n=1
    )
    return {
        "by_message": size(url(by_message)),
        "by_task": [task.output.task_status, [size(result.url) for result in task.output.results], task.usage.image_count],
        "by_function": [size(result.url) for result in by_function.output.results],
    }


@case
def tasks():
    first = ImageSynthesis.async_call(model="wan2.2-t2i-flash", prompt="a hat", n=1, size="512*512")
    second = ImageSynthesis.async_call(model="wan2.5-t2i-preview", prompt="a hat")
    seen = [first.output.task_status] + [ImageSynthesis.fetch(first).output.task_status for _ in range(2)]
    cancelled = [told(ImageSynthesis.cancel(second)), told(ImageSynthesis.cancel(second))]
    listed = ImageSynthesis.list(model_name="wan2.5-t2i-preview")
    return {
        "seen": seen,
        "cancelled": cancelled,
        "listed": [listed.output["total"], listed.output["data"][0]["status"]],
        "unknown": ImageSynthesis.fetch("nobody").output.task_status,
        "waited": ImageSynthesis.wait(second).output.task_status,
    }


@case
def errors():
    key = dashscope.api_key
    try:
        dashscope.api_key = "nobody"
        denied = told(draw())
    finally:
        dashscope.api_key = key
    return {
        "denied": denied,
        "rate": told(draw("[[rate]]")),
        "server": told(draw("[[server]]")),
        "size": told(draw(model="qwen-image", size="1*1")),
        "blocked": told(draw("[[blocked]]")),
        "task": ImageSynthesis.call(model="wan2.2-t2i-flash", prompt="[[blocked]]", n=1).output,
    }


run()
