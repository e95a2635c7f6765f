"""OpenAI's client, in its newest generation, on audio. Argument: the base URL."""

import io
import sys
import wave

from openai import OpenAI
from shared import attempt, case, run

BASE = sys.argv[1] + "/v1"
client = OpenAI(base_url=BASE, api_key="sk-touchstone", max_retries=0, timeout=30)
WORDS = "One two three four. Five six seven eight!"


def speech(text=WORDS, model="gpt-4o-mini-tts", **more):
    return client.audio.speech.create(model=model, voice="coral", input=text, response_format="wav", **more).content


def hear(**more):
    return client.audio.transcriptions.create(
        model=more.pop("model", "whisper-1"), file=("speech.wav", speech(), "audio/wav"), **more
    )


@case
def spoken():
    with wave.open(io.BytesIO(speech())) as sound:
        return [sound.getnframes() / sound.getframerate(), sound.getnchannels()]


@case
def streamed_speech():
    made = client.audio.speech.with_streaming_response.create(
        model="gpt-4o-mini-tts", voice="coral", input=WORDS, response_format="pcm"
    )
    with made as reply:
        return [reply.headers["content-type"], sum(len(piece) for piece in reply.iter_bytes())]


@case
def heard():
    verbose = hear(response_format="verbose_json", timestamp_granularities=["word", "segment"])
    return {
        "json": hear().text,
        "text": hear(response_format="text"),
        "srt": hear(response_format="srt"),
        "verbose": [verbose.duration, len(verbose.words), [segment.text for segment in verbose.segments]],
        "tokens": hear(model="gpt-4o-transcribe").usage.type,
        "translated": client.audio.translations.create(
            model="whisper-1", file=("speech.wav", speech(), "audio/wav")
        ).text,
    }


@case
def heard_as_a_stream():
    events = list(hear(model="gpt-4o-transcribe", stream=True))
    return [
        "".join(event.delta for event in events if event.type == "transcript.text.delta"),
        events[-1].type,
        events[-1].usage.total_tokens > 0,
    ]


@case
def errors():
    return {
        "rate": attempt(lambda: speech("[[rate]]")),
        "invalid": attempt(lambda: hear(model="gpt-4o-transcribe", response_format="srt")),
        "middle": attempt(lambda: list(hear(model="gpt-4o-transcribe", stream=True, prompt="[[middle]]"))),
        "format": attempt(lambda: client.audio.transcriptions.create(model="whisper-1", file=("a.txt", b"none"))),
    }


run()
