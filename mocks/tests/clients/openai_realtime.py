"""OpenAI's client on realtime sessions. Argument: the base URL."""

import asyncio
import base64
import sys

from openai import AsyncOpenAI
from shared import WEATHER, case, run

BASE = sys.argv[1] + "/v1"
KEY = sys.argv[2] if len(sys.argv) > 2 else "sk-touchstone"
MODEL = sys.argv[3] if len(sys.argv) > 3 else "gpt-realtime"
client = AsyncOpenAI(base_url=BASE, api_key=KEY, max_retries=0, timeout=30)
LOUD = (9000).to_bytes(2, "little", signed=True)


async def until(connection, kind, seen=None):
    async for event in connection:
        if seen is not None:
            seen.append(event)
        if event.type == kind:
            return event
        if event.type == "error":
            raise AssertionError(event)


async def ask(connection, text, **response):
    content = [{"type": "input_text", "text": text}]
    await connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
    await connection.response.create(response=response)
    seen = []
    done = await until(connection, "response.done", seen)
    strange = [event.type for event in seen if type(event).__name__ == "BaseModel"]
    return done.response, seen, strange


async def text_session():
    async with client.realtime.connect(model=MODEL) as connection:
        await connection.session.update(session={"type": "realtime", "output_modalities": ["text"], "tools": [
            {"type": "function", "name": "weather", "description": "The weather.", "parameters": WEATHER}]})
        told = (await until(connection, "session.updated")).session
        response, seen, strange = await ask(connection, "Hello", tool_choice="none")
        said = "".join(event.delta for event in seen if event.type == "response.output_text.delta")
        called, _, _ = await ask(connection, "What is the weather in Paris?")
        call = called.output[0]
        output = {"type": "function_call_output", "call_id": call.call_id, "output": "a clear sky"}
        await connection.conversation.item.create(item=output)
        await connection.response.create()
        seen = []
        await until(connection, "response.done", seen)
        answer = "".join(event.delta for event in seen if event.type == "response.output_text.delta")
        return {
            "modalities": told.output_modalities,
            "said": said,
            "status": response.status,
            "counts": response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens,
            "call": [call.type, call.name],
            "answer": answer,
            "strange": strange,
        }


async def transcription_session():
    async with client.realtime.connect(extra_query={"intent": "transcription"}) as connection:
        created = (await until(connection, "session.created")).session
        turns = {"type": "server_vad", "silence_duration_ms": 200}
        audio = {"input": {"transcription": {"model": "gpt-4o-transcribe"}, "turn_detection": turns}}
        await connection.session.update(session={"type": "transcription", "audio": audio})
        told = (await until(connection, "session.updated")).session
        sound = LOUD * 24 * 400 + b"\0\0" * 24 * 400
        await connection.input_audio_buffer.append(audio=base64.b64encode(sound).decode())
        seen = []
        done = await until(connection, "conversation.item.input_audio_transcription.completed", seen)
        strange = [event.type for event in seen if type(event).__name__ == "BaseModel"]
        answers = [event.type for event in seen if event.type.startswith("response.")]
        return [created.type, told.audio.input.transcription.model, done.transcript, done.usage.type, strange, answers]


async def voice_session():
    async with client.realtime.connect(model=MODEL) as connection:
        await until(connection, "session.created")
        sound = LOUD * 24 * 400 + b"\0\0" * 24 * 400
        await connection.input_audio_buffer.append(audio=base64.b64encode(sound).decode())
        seen = []
        done = await until(connection, "response.done", seen)
        pieces = [base64.b64decode(event.delta) for event in seen if event.type == "response.output_audio.delta"]
        return {
            "kinds": [event.type for event in seen][:3],
            "milliseconds": sum(map(len, pieces)) // 48,
            "tokens": done.response.usage.output_token_details.audio_tokens,
        }


async def refused_session():
    try:
        async with AsyncOpenAI(base_url=BASE, api_key="sk-wrong", max_retries=0).realtime.connect(model=MODEL):
            return None
    except Exception as error:
        return [type(error).__name__, getattr(getattr(error, "response", None), "status_code", None)]


@case
def text():
    return asyncio.run(text_session())


@case
def voice():
    return asyncio.run(voice_session())


@case
def transcription():
    return asyncio.run(transcription_session())


@case
def refused():
    return asyncio.run(refused_session())


run()
