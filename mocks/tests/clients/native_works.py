"""Google's, Amazon's and Hugging Face's clients on pictures and sound. Arguments: the base URLs of their mocks."""

import base64
import json
import sys

import boto3
from botocore.config import Config
from google import genai
from google.genai import types
from google.oauth2.credentials import Credentials
from huggingface_hub import InferenceClient
from shared import attempt, case, run

GEMINI, VERTEX, BEDROCK, HUGGINGFACE, SOUND = sys.argv[1:6]
google = genai.Client(api_key="gemini-touchstone", http_options=types.HttpOptions(base_url=GEMINI))
cloud = genai.Client(
    vertexai=True,
    project="touchstone",
    location="us-central1",
    credentials=Credentials(token="vertex-touchstone"),
    http_options=types.HttpOptions(base_url=VERTEX),
)
amazon = boto3.client(
    "bedrock-runtime",
    endpoint_url=BEDROCK,
    region_name="us-east-1",
    aws_access_key_id="AKIATOUCHSTONE000001",
    aws_secret_access_key="touchstone-secret-access-key",
    config=Config(retries={"total_max_attempts": 1}),
)


def size(picture):
    """Width and height of a PNG, or what else it is."""
    if picture[:8] != b"\x89PNG\r\n\x1a\n":
        return "jpeg" if picture[:3] == b"\xff\xd8\xff" else "?"
    return [int.from_bytes(picture[at : at + 4], "big") for at in (16, 20)]


def hugging(model):
    return InferenceClient(model=f"{HUGGINGFACE}/hf-inference/models/{model}", token="hf_touchstone")


def invoke(model, body):
    reply = amazon.invoke_model(modelId=model, body=json.dumps(body))
    return json.loads(reply["body"].read())


@case
def gemini():
    config = types.GenerateContentConfig(
        response_modalities=["TEXT", "IMAGE"], image_config=types.ImageConfig(aspect_ratio="16:9")
    )
    reply = google.models.generate_content(model="gemini-2.5-flash-image", contents="a hat", config=config)
    parts = reply.candidates[0].content.parts
    return [parts[0].text != "", size(parts[1].inline_data.data), reply.usage_metadata.candidates_token_count]


@case
def imagen():
    config = types.GenerateImagesConfig(number_of_images=2, aspect_ratio="4:3")
    reply = cloud.models.generate_images(model="imagen-4.0-generate-001", prompt="a hat", config=config)
    return [size(made.image.image_bytes) for made in reply.generated_images]


@case
def bedrock():
    config = {"numberOfImages": 2, "width": 512, "height": 768}
    titan = {"taskType": "TEXT_IMAGE", "textToImageParams": {"text": "a hat"}, "imageGenerationConfig": config}
    made = invoke("amazon.titan-image-generator-v2:0", titan)["images"]
    varied = {"taskType": "IMAGE_VARIATION", "imageVariationParams": {"text": "a hat", "images": made[:1]}}
    stable = invoke("stability.stable-image-core-v1:1", {"prompt": "a hat", "aspect_ratio": "16:9"})
    return {
        "titan": [size(base64.b64decode(picture)) for picture in made],
        "nova": size(base64.b64decode(invoke("amazon.nova-canvas-v1:0", varied)["images"][0])),
        "stability": [size(base64.b64decode(stable["images"][0])), stable["finish_reasons"]],
    }


@case
def huggingface():
    # Pictures need another library to be shown; they are asked for without the client elsewhere.
    heard = hugging("openai/whisper-large-v3").automatic_speech_recognition(base64.b64decode(SOUND))
    return heard.text


@case
def errors():
    bad = {"taskType": "TEXT_IMAGE", "textToImageParams": {}}
    config = types.GenerateImagesConfig(aspect_ratio="7:7")
    return {
        "bedrock": attempt(lambda: invoke("amazon.nova-canvas-v1:0", bad)),
        "imagen": attempt(
            lambda: cloud.models.generate_images(model="imagen-4.0-generate-001", prompt="a hat", config=config)
        ),
        "rate": attempt(lambda: invoke("stability.sd3-5-large-v1:0", {"prompt": "[[rate]]"})),
        "sound": attempt(lambda: hugging("openai/whisper-large-v3").automatic_speech_recognition(b"no sound")),
    }


run()
