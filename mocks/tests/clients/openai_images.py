"""OpenAI's client, in its newest generation, on images. Argument: the base URL."""

import base64
import sys
import urllib.request

from openai import OpenAI
from shared import attempt, case, run

BASE = sys.argv[1] + "/v1"
client = OpenAI(base_url=BASE, api_key="sk-touchstone", max_retries=0, timeout=30)


def size(png):
    """Width and height, from the header of a PNG."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n", png[:16]
    return [int.from_bytes(png[at : at + 4], "big") for at in (16, 20)]


def picture(**more):
    made = client.images.generate(model="gpt-image-1", prompt="a hat", quality="low", **more)
    return base64.b64decode(made.data[0].b64_json)


@case
def generated():
    made = client.images.generate(model="gpt-image-1", prompt="a hat", n=2, size="1536x1024", quality="low")
    usage = made.usage
    return {
        "sizes": [size(base64.b64decode(item.b64_json)) for item in made.data],
        "told": [made.size, made.quality, made.output_format, made.background],
        "usage": [usage.input_tokens, usage.output_tokens, usage.total_tokens],
    }


@case
def at_an_address():
    made = client.images.generate(model="dall-e-2", prompt="a hat", size="512x512")
    with urllib.request.urlopen(made.data[0].url) as shown:
        return size(shown.read())


@case
def streamed():
    seen = []
    for event in client.images.generate(
        model="gpt-image-1", prompt="a hat", stream=True, partial_images=2, quality="low"
    ):
        seen.append([type(event).__name__, size(base64.b64decode(event.b64_json))])
    return seen


@case
def edited():
    file = ("hat.png", picture(), "image/png")
    made = client.images.edit(model="gpt-image-1", image=[file, file], mask=file, prompt="a hat")
    streamed = client.images.edit(model="gpt-image-1", image=file, prompt="a hat", stream=True, partial_images=1)
    return [size(base64.b64decode(made.data[0].b64_json)), [type(event).__name__ for event in streamed]]


@case
def varied():
    made = client.images.create_variation(image=("hat.png", picture(), "image/png"), n=2, response_format="b64_json")
    return [size(base64.b64decode(item.b64_json)) for item in made.data]


@case
def errors():
    def ask(prompt, **more):
        return client.images.generate(model=more.pop("model", "gpt-image-1"), prompt=prompt, **more)

    return {
        "rate": attempt(lambda: ask("[[rate]]")),
        "server": attempt(lambda: ask("[[server]]")),
        "invalid": attempt(lambda: ask("a hat", size="7x7")),
        "middle": attempt(lambda: list(ask("[[middle]]", stream=True, partial_images=3))),
        "cut": attempt(lambda: list(ask("[[cut]]", stream=True, partial_images=3))),
        "mimetype": attempt(lambda: client.images.edit(image=("hat.txt", b"none", "text/plain"), prompt="a hat")),
    }


run()
