"""Google's client in live sessions, which it opens over TLS only. Arguments: the base URL, a file of certificates, a key."""

import asyncio
import os
import sys

from google import genai
from google.genai import types
from shared import case, run

BASE, TRUST, KEY = sys.argv[1:]
os.environ["SSL_CERT_FILE"] = TRUST
client = genai.Client(api_key=KEY, http_options=types.HttpOptions(base_url=BASE))
MODEL = "gemini-live"
SCHEMA = {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}}
WEATHER = {"name": "weather", "description": "The weather.", "parameters": SCHEMA}


async def turn(session, text):
    await session.send_client_content(turns={"role": "user", "parts": [{"text": text}]}, turn_complete=True)


async def text_session():
    config = {"response_modalities": ["TEXT"], "tools": [{"function_declarations": [WEATHER]}]}
    async with client.aio.live.connect(model=MODEL, config=config) as session:
        await turn(session, "What is the weather in Paris?")
        said, called, usage = [], None, None
        async for message in session.receive():
            if message.tool_call:
                call = message.tool_call.function_calls[0]
                called = call.name
                response = types.FunctionResponse(id=call.id, name=call.name, response={"output": "a clear sky"})
                await session.send_tool_response(function_responses=[response])
            if message.text:
                said.append(message.text)
            if message.usage_metadata:
                usage = message.usage_metadata
        return {
            "called": called,
            "said": "".join(said),
            "counts": usage.total_token_count == usage.prompt_token_count + usage.response_token_count,
        }


async def voice_session():
    config = {"response_modalities": ["AUDIO"], "output_audio_transcription": {}}
    async with client.aio.live.connect(model=MODEL, config=config) as session:
        sound = (9000).to_bytes(2, "little", signed=True) * 16 * 400 + b"\0\0" * 16 * 400
        await session.send_realtime_input(audio=types.Blob(data=sound, mime_type="audio/pcm;rate=16000"))
        heard, words, done = b"", [], False
        async for message in session.receive():
            heard += message.data or b""
            content = message.server_content
            if content and content.output_transcription:
                words.append(content.output_transcription.text)
            done = bool(content and content.turn_complete)
        return {"milliseconds": len(heard) // 48, "words": "".join(words), "done": done}


async def token_session():
    newest = types.HttpOptions(base_url=BASE, api_version="v1alpha")
    constraints = types.LiveConnectConstraints(
        model=MODEL, config=types.LiveConnectConfig(response_modalities=["TEXT"])
    )
    owner = genai.Client(api_key=KEY, http_options=newest)
    token = owner.auth_tokens.create(config=types.CreateAuthTokenConfig(uses=1, live_connect_constraints=constraints))
    browser = genai.Client(api_key=token.name, http_options=newest)
    said = []
    # The token holds the session to writing.
    async with browser.aio.live.connect(model=MODEL, config={"response_modalities": ["AUDIO"]}) as session:
        await turn(session, "Hello")
        async for message in session.receive():
            if message.text:
                said.append(message.text)
    try:
        async with browser.aio.live.connect(model=MODEL, config={}):
            again = None
    except Exception as error:
        again = type(error).__name__
    return [token.name.startswith("auth_tokens/"), "".join(said) != "", again]


@case
def text():
    return asyncio.run(text_session())


@case
def voice():
    return asyncio.run(voice_session())


@case
def token():
    return asyncio.run(token_session())


run()
