"""OpenAI's client on pictures and transcripts of one provider, through a gateway.

Arguments: the base URL, a model that draws, one that edits, one that hears and a sound as base64, where there is such."""

import base64
import sys
import urllib.request

from openai import OpenAI
from shared import attempt, case, run

BASE, DRAWS, EDITS, HEARS, SOUND = sys.argv[1:6]
client = OpenAI(base_url=BASE + "/v1", api_key="none", max_retries=0, timeout=30)


def kind(data):
    """What a picture is, by its first bytes."""
    known = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"RIFF": "webp"}
    return next((name for start, name in known.items() if base64.b64decode(data).startswith(start)), "?")


def draw(prompt="a hat", **more):
    return client.images.generate(model=DRAWS, prompt=prompt, **{"response_format": "b64_json", **more})


@case
def drawn():
    reply = client.images.with_raw_response.generate(
        model=DRAWS, prompt="a hat", size="1024x1024", user="u", response_format="b64_json"
    )
    made = reply.parse()
    return [kind(made.data[0].b64_json), made.output_format, reply.headers["x-touchstone-dropped"]]


@case
def addressed():
    """The picture at an address, where there is one; else the picture."""
    made = draw(response_format="url").data[0]
    if made.url is None:
        return ["data", kind(made.b64_json)]
    with urllib.request.urlopen(made.url) as shown:
        return ["url", kind(base64.b64encode(shown.read()))]


@case
def streamed():
    return [[type(event).__name__, kind(event.b64_json)] for event in draw(stream=True)]


@case
def edited():
    picture = base64.b64decode(draw().data[0].b64_json)
    file = ("hat." + kind(base64.b64encode(picture)), picture, "image/" + kind(base64.b64encode(picture)))
    made = client.images.edit(model=EDITS, image=file, prompt="a hat", response_format="b64_json")
    return kind(made.data[0].b64_json)


@case
def heard():
    if not HEARS:
        return None
    sound = ("speech.wav", base64.b64decode(SOUND), "audio/wav")
    return [
        client.audio.transcriptions.create(model=HEARS, file=sound).text,
        client.audio.transcriptions.create(model=HEARS, file=sound, response_format="text"),
    ]


@case
def errors():
    return {
        "rate": attempt(lambda: draw("[[rate]]")),
        "blocked": attempt(lambda: draw("[[blocked]]")),
        "size": attempt(lambda: draw(size="large")),
        "mask": attempt(
            lambda: client.images.edit(
                model=EDITS, image=("a.png", b"\x89PNG", "image/png"), mask=("a.png", b"\x89PNG", "image/png"), prompt="a hat"
            )
        ),
    }


run()
