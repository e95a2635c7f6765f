"""Google's client on videos. Arguments: the base URL, and whose: gemini, vertex.

The newest client begins videos at Vertex AI alone; at the Gemini API it looks at operations and fetches files. There, they are begun as its
documents show it."""

import json
import sys
import urllib.error
import urllib.request

from google import genai
from google.genai import types
from google.oauth2.credentials import Credentials
from shared import attempt, case, run
from watching import watched

BASE, KIND = sys.argv[1:3]
OPTIONS = types.HttpOptions(base_url=BASE, timeout=30_000)
MODEL = {"gemini": "veo-3.1-generate-preview", "vertex": "veo-3.1-generate-001"}[KIND]
client = (
    genai.Client(api_key="gemini-touchstone", http_options=OPTIONS)
    if KIND == "gemini"
    else genai.Client(
        vertexai=True,
        project="touchstone",
        location="us-central1",
        credentials=Credentials("vertex-touchstone"),
        http_options=OPTIONS,
    )
)


def post(path, body):
    headers = {"x-goog-api-key": "gemini-touchstone", "content-type": "application/json"}
    asked = urllib.request.Request(BASE + path, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(asked) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{error.code} {error.read().decode()}") from None


def begin(prompt="a hat", model=MODEL, **config):
    if KIND == "vertex":
        return client.models.generate_videos(
            model=model,
            source=types.GenerateVideosSource(prompt=prompt),
            config=types.GenerateVideosConfig(**config),
        )
    names = {"number_of_videos": "sampleCount", "duration_seconds": "durationSeconds", "aspect_ratio": "aspectRatio"}
    parameters = {names.get(name, name): value for name, value in config.items()}
    body = {"instances": [{"prompt": prompt}], "parameters": parameters}
    return types.GenerateVideosOperation(name=post(f"/v1beta/models/{model}:predictLongRunning", body)["name"])


def ended(operation):
    looks = 0
    while not operation.done and looks < 20:
        operation, looks = client.operations.get(operation), looks + 1
    return operation, looks


def fetched(video):
    # The client finds a file's name in an address by TLS alone, which is what the service gives.
    return video.video_bytes or client.files.download(file="files/" + video.uri.split("/files/")[1].split(":")[0])


@case
def made():
    operation, looks = ended(begin(duration_seconds=4, aspect_ratio="16:9"))
    videos = operation.response.generated_videos
    return [looks, len(videos), watched(fetched(videos[0].video))]


@case
def many():
    operation, _ = ended(begin(number_of_videos=2, aspect_ratio="9:16", resolution="1080p", duration_seconds=8))
    videos = [fetched(video.video) for video in operation.response.generated_videos]
    return [videos[0] != videos[1]] + [[watched(video)[name] for name in ("size", "seconds")] for video in videos]


@case
def blocked():
    operation, _ = ended(begin("[[blocked]]"))
    return [operation.response.rai_media_filtered_count, operation.response.generated_videos]


@case
def broken():
    operation, _ = ended(begin("[[broken]]"))
    return [operation.error["code"], operation.response]


@case
def elsewhere():
    if KIND == "gemini":
        return None
    operation, _ = ended(begin(output_gcs_uri="gs://films/out"))
    return operation.response.generated_videos[0].video.uri.startswith("gs://films/out/")


@case
def errors():
    absent = types.GenerateVideosOperation(name=begin().name[:-4] + "0000")
    return {
        "length": attempt(lambda: begin(duration_seconds=5)),
        "large": attempt(lambda: begin(duration_seconds=6, resolution="1080p").name),
        "ratio": attempt(lambda: begin(aspect_ratio="1:1")),
        "model": attempt(lambda: begin(model="gemini-2.5-flash")),
        "absent": attempt(lambda: client.operations.get(absent)),
        "rate": attempt(lambda: begin("[[rate]]")),
    }


run()
