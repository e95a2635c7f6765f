"""OpenAI's client on assistants, threads, runs and vector stores. Arguments: the base URL, and which client: openai, azure, azure-v1."""

import json
import sys

from openai import AssistantEventHandler, AzureOpenAI, OpenAI
from shared import WEATHER, attempt, case, run

BASE, KIND = sys.argv[1], sys.argv[2]
MORE = {"max_retries": 0, "timeout": 30}
if KIND == "openai":
    client = OpenAI(base_url=BASE + "/v1", api_key="sk-touchstone", **MORE)
elif KIND == "azure":
    client = AzureOpenAI(azure_endpoint=BASE, api_version="2025-03-01-preview", api_key="azure-touchstone", **MORE)
else:
    client = OpenAI(base_url=BASE + "/openai/v1", api_key="azure-touchstone", **MORE)
beta = client.beta
WEATHER_TOOL = {"type": "function", "function": {"name": "weather", "parameters": WEATHER}}
NOW_TOOL = {"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}}


def assistant(**more):
    return beta.assistants.create(model="gpt-4o", **more)


def ask(text, **more):
    return beta.threads.create(messages=[{"role": "user", "content": text}], **more)


def watch(thread, run):
    states = [run.status]
    while run.status in ("queued", "in_progress", "cancelling") and len(states) < 20:
        run = beta.threads.runs.retrieve(run.id, thread_id=thread.id)
        states.append(run.status)
    return states, run


def said(thread):
    return [
        [message.role, "".join(part.text.value for part in message.content if part.type == "text")]
        for message in beta.threads.messages.list(thread.id, order="asc")
    ]


def upload(name, text):
    return client.files.create(file=(name, text.encode()), purpose="assistants").id


@case
def assistants():
    made = assistant(name="North", instructions="Point.", tools=[WEATHER_TOOL], metadata={"of": "us"})
    changed = beta.assistants.update(made.id, name="South", metadata={})
    for at in range(3):
        assistant(name=f"page-{at}")
    listed = [each.name for each in beta.assistants.list(limit=2)]
    first = beta.assistants.list(limit=2, order="asc")
    before = [each.id for each in beta.assistants.list(before=first.data[1].id, order="asc").data]
    gone = beta.assistants.delete(made.id)
    return {
        "made": [made.object, made.name, made.tools[0].function.name, made.metadata, made.response_format],
        "changed": [changed.name, changed.instructions, changed.metadata],
        "listed": [listed[:3], len(listed) >= 4, before == [first.data[0].id]],
        "gone": [gone.deleted, gone.object],
        "absent": attempt(lambda: beta.assistants.retrieve(made.id)),
    }


@case
def threads():
    thread = ask("one", metadata={"a": "b"})
    second = beta.threads.messages.create(
        thread.id,
        role="user",
        content=[
            {"type": "text", "text": "two"},
            {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        ],
    )
    changed = beta.threads.messages.update(second.id, thread_id=thread.id, metadata={"c": "d"})
    same = beta.threads.messages.retrieve(second.id, thread_id=thread.id).content[1].type
    told = said(thread)
    # Azure's threads forget nothing.
    gone = KIND == "azure" or beta.threads.messages.delete(second.id, thread_id=thread.id).deleted
    left = said(thread)
    beta.threads.update(thread.id, metadata={"e": "f"})
    kept = beta.threads.retrieve(thread.id).metadata
    beta.threads.delete(thread.id)
    return [told, changed.metadata, same, gone, left, kept, attempt(lambda: beta.threads.retrieve(thread.id))]


@case
def runs():
    who, thread = assistant(instructions="Be brief."), ask("[[text]]")
    begun = beta.threads.runs.create(thread.id, assistant_id=who.id, additional_instructions="Please.")
    busy = attempt(lambda: beta.threads.messages.create(thread.id, role="user", content="more").id)
    twice = attempt(lambda: beta.threads.runs.create(thread.id, assistant_id=who.id).id)
    states, done = watch(thread, begun)
    steps = list(beta.threads.runs.steps.list(done.id, thread_id=thread.id))
    step = beta.threads.runs.steps.retrieve(steps[0].id, thread_id=thread.id, run_id=done.id)
    again = beta.threads.create_and_run_poll(assistant_id=who.id, thread={"messages": [{"role": "user", "content": "hi"}]}, poll_interval_ms=1)
    return {
        "states": states,
        "said": said(thread),
        "usage": [done.usage.prompt_tokens, done.usage.completion_tokens, done.usage.total_tokens],
        "instructions": done.instructions,
        "steps": [[each.type, each.status] for each in steps] + [step.step_details.type],
        "times": [done.started_at >= done.created_at, done.completed_at > done.started_at],
        "listed": [each.id == done.id for each in beta.threads.runs.list(thread.id)],
        "busy": busy,
        "twice": twice,
        "polled": again.status,
        "metadata": beta.threads.runs.update(done.id, thread_id=thread.id, metadata={"a": "b"}).metadata,
    }


@case
def tools():
    who, thread = assistant(tools=[WEATHER_TOOL, NOW_TOOL]), ask("[[calls]]")
    states, waiting = watch(thread, beta.threads.runs.create(thread.id, assistant_id=who.id))
    calls = waiting.required_action.submit_tool_outputs.tool_calls
    wrong = attempt(
        lambda: beta.threads.runs.submit_tool_outputs(
            waiting.id, thread_id=thread.id, tool_outputs=[{"tool_call_id": "call_0", "output": "x"}]
        ).id
    )
    outputs = [{"tool_call_id": call.id, "output": "clear sky"} for call in calls]
    more = beta.threads.runs.submit_tool_outputs(waiting.id, thread_id=thread.id, tool_outputs=outputs)
    last, done = watch(thread, more)
    steps = list(beta.threads.runs.steps.list(done.id, thread_id=thread.id, order="asc"))
    return {
        "states": states,
        "calls": [[call.id, call.function.name, call.function.arguments] for call in calls],
        "last": last,
        "outputs": [call.function.output for call in steps[0].step_details.tool_calls],
        "wrong": wrong,
    }


@case
def own_turn_with_tools():
    """No script: the mock calls the tool itself, and speaks of what it returned."""
    who, thread = assistant(tools=[WEATHER_TOOL]), ask("What is the weather in Paris?")
    waiting = beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=who.id, poll_interval_ms=1)
    call = waiting.required_action.submit_tool_outputs.tool_calls[0]
    done = beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=waiting.id,
        thread_id=thread.id,
        tool_outputs=[{"tool_call_id": call.id, "output": "clear sky"}],
        poll_interval_ms=1,
    )
    late = attempt(
        lambda: beta.threads.runs.submit_tool_outputs(
            waiting.id, thread_id=thread.id, tool_outputs=[{"tool_call_id": call.id, "output": "rain"}]
        ).id
    )
    return [waiting.status, list(json.loads(call.function.arguments)), done.status, said(thread)[-1][1], late]


@case
def endings():
    who, seen = assistant(), {}
    for marker in ["rate", "server", "late", "broken"]:
        thread = ask(f"[[{marker}]]")
        states, done = watch(thread, beta.threads.runs.create(thread.id, assistant_id=who.id))
        seen[marker] = [states[-1], done.last_error.code if done.last_error else None, said(thread)[1:]]
    thread = ask("Tell me a long story about the north of Norway and all of its lights." * 3)
    states, cut = watch(
        thread, beta.threads.runs.create(thread.id, assistant_id=who.id, max_completion_tokens=256)
    )
    seen["limit"] = states[-1]
    thread = ask("hi")
    begun = beta.threads.runs.create(thread.id, assistant_id=who.id)
    stopped = beta.threads.runs.cancel(begun.id, thread_id=thread.id)
    seen["cancelled"] = [stopped.status, watch(thread, stopped)[0][-1]]
    seen["again"] = attempt(lambda: beta.threads.runs.cancel(begun.id, thread_id=thread.id).status)
    thread = ask("[[cut]]")
    seen["cut"] = watch(thread, beta.threads.runs.create(thread.id, assistant_id=who.id))[0][-1]
    return seen


class Seen(AssistantEventHandler):
    def __init__(self):
        super().__init__()
        self.names, self.deltas, self.calls = [], [], []

    def on_event(self, event):
        self.names.append(event.event)

    def on_text_delta(self, delta, snapshot):
        self.deltas.append(delta.value)

    def on_tool_call_done(self, tool_call):
        self.calls.append(tool_call.function.arguments if tool_call.type == "function" else tool_call.type)


@case
def streamed():
    who, seen = assistant(tools=[WEATHER_TOOL, NOW_TOOL]), {}
    for marker in ["text", "calls", "middle", "late"]:
        thread, handler = ask(f"[[{marker}]]"), Seen()
        tools = [] if marker == "late" else who.tools
        with beta.threads.runs.stream(
            thread_id=thread.id, assistant_id=who.id, tools=tools, event_handler=handler
        ) as stream:
            stream.until_done()
        seen[marker] = {"names": handler.names, "deltas": handler.deltas}
        run = handler.current_run
        seen[marker]["status"] = run.status
        if run.status == "requires_action":
            calls = run.required_action.submit_tool_outputs.tool_calls
            outputs = [{"tool_call_id": call.id, "output": "clear sky"} for call in calls]
            more = Seen()
            with beta.threads.runs.submit_tool_outputs_stream(
                run_id=run.id, thread_id=thread.id, tool_outputs=outputs, event_handler=more
            ) as stream:
                stream.until_done()
            seen["outputs"] = {"names": more.names, "calls": handler.calls}
    raw = beta.threads.create_and_run(assistant_id=who.id, thread={"messages": [{"role": "user", "content": "[[text]]"}]}, stream=True)
    seen["raw"] = [event.event for event in raw][:2]
    return seen


@case
def stores():
    files = [upload("north.txt", "The compass points north."), upload("soup.txt", "Boil carrots and leeks for soup.")]
    store = client.vector_stores.create(name="notes", file_ids=files[:1])
    added = client.vector_stores.files.create(store.id, file_id=files[1], attributes={"kind": "food", "year": 2020})
    early = [store.status, added.status]
    store = client.vector_stores.retrieve(store.id)
    found = client.vector_stores.search(store.id, query="Where does a compass point?")
    filtered = client.vector_stores.search(
        store.id, query="compass", filters={"type": "eq", "key": "kind", "value": "food"}
    )
    changed = client.vector_stores.update(store.id, name="more", expires_after={"anchor": "last_active_at", "days": 1})
    listed = [file.id == files[1] for file in client.vector_stores.files.list(store.id)]
    attributes = client.vector_stores.files.update(files[1], vector_store_id=store.id, attributes={"kind": "fish"})
    content = [part.text for part in client.vector_stores.files.content(files[0], vector_store_id=store.id)]
    taken = client.vector_stores.files.delete(files[1], vector_store_id=store.id)
    batch = client.vector_stores.file_batches.create_and_poll(store.id, file_ids=[files[1]], poll_interval_ms=1)
    in_batch = [file.id == files[1] for file in client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id)]
    stopped = client.vector_stores.file_batches.cancel(
        client.vector_stores.file_batches.create(store.id, files=[{"file_id": files[0], "attributes": {"n": 1}}]).id,
        vector_store_id=store.id,
    )
    names = [each.name for each in client.vector_stores.list(limit=1).data]
    gone = client.vector_stores.delete(store.id)
    return {
        "early": early,
        "counts": [store.status, store.file_counts.completed, store.file_counts.total, store.usage_bytes],
        "found": [[each.filename for each in found], found.data[0].score > found.data[1].score, found.data[0].content[0].text],
        "filtered": [each.filename for each in filtered],
        "changed": [changed.name, changed.expires_at - changed.last_active_at],
        "listed": listed,
        "attributes": attributes.attributes,
        "content": content,
        "taken": taken.deleted,
        "batch": [batch.status, batch.file_counts.completed, in_batch],
        "stopped": [stopped.status, stopped.file_counts.cancelled],
        "names": names,
        "gone": gone.deleted,
        "absent": attempt(lambda: client.vector_stores.retrieve(store.id)),
    }


@case
def file_search():
    file = upload("north.txt", "The compass points north.")
    store = client.vector_stores.create(file_ids=[file])
    who = assistant(
        tools=[{"type": "file_search"}, {"type": "code_interpreter"}],
        tool_resources={"file_search": {"vector_store_ids": [store.id]}},
    )
    thread = ask("Where does the compass point, in code?")
    done = beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=who.id, poll_interval_ms=1)
    steps = list(beta.threads.runs.steps.list(done.id, thread_id=thread.id, order="asc"))
    with_text = beta.threads.runs.steps.retrieve(
        steps[0].id,
        thread_id=thread.id,
        run_id=done.id,
        include=["step_details.tool_calls[*].file_search.results[*].content"],
    )
    search = steps[0].step_details.tool_calls[0].file_search
    text = beta.threads.messages.list(thread.id).data[0].content[0].text
    program = steps[1].step_details.tool_calls[0].code_interpreter
    cited = text.annotations[0]
    return {
        "steps": [[step.type, step.status] for step in steps],
        "search": [search.results[0].file_name, search.results[0].content is None, search.results[0].file_id == file],
        "included": with_text.step_details.tool_calls[0].file_search.results[0].content[0].text,
        "program": [program.input.startswith("print("), program.outputs[0].type],
        "cited": [cited.type, cited.file_citation.file_id == file, text.value[cited.start_index : cited.end_index] == cited.text],
    }


@case
def attachments():
    file = upload("notes.txt", "Bring soup.")
    thread = beta.threads.create(
        messages=[{"role": "user", "content": "hi", "attachments": [{"file_id": file, "tools": [{"type": "file_search"}]}]}]
    )
    store = thread.tool_resources.file_search.vector_store_ids[0]
    return [client.vector_stores.retrieve(store).file_counts.total]


@case
def errors():
    who, thread = assistant(), ask("hi")
    return {
        "model": attempt(lambda: beta.assistants.create(model=7)),
        "tool": attempt(lambda: assistant(tools=[{"type": "retrieval"}])),
        "role": attempt(lambda: beta.threads.messages.create(thread.id, role="system", content="hi")),
        "thread": attempt(lambda: beta.threads.retrieve("thread_0")),
        "message": attempt(lambda: beta.threads.messages.retrieve("msg_0", thread_id=thread.id)),
        "run": attempt(lambda: beta.threads.runs.retrieve("run_0", thread_id=thread.id)),
        "assistant": attempt(lambda: beta.threads.runs.create(thread.id, assistant_id="asst_0")),
        "limit": attempt(lambda: beta.assistants.list(limit=101).data),
        "prompt": attempt(lambda: beta.threads.runs.create(thread.id, assistant_id=who.id, max_prompt_tokens=1)),
        "store": attempt(lambda: client.vector_stores.files.create("vs_0", file_id="file-0")),
        "file": attempt(lambda: client.vector_stores.create(file_ids=["file-0"])),
        "header": attempt(lambda: beta.assistants.list(extra_headers={"OpenAI-Beta": ""}).object),
    }


run()
