"""Cohere's client ranks documents, in both versions. Argument: the base URL."""

import sys

import cohere
from shared import attempt, case, run

BASE = sys.argv[1]
KEY = "cohere-touchstone"
client = cohere.ClientV2(api_key=KEY, base_url=BASE, timeout=30)
older = cohere.Client(api_key=KEY, base_url=BASE, timeout=30)
ASKED = {
    "model": "rerank-v3.5",
    "query": "When does the ridge glow?",
    "documents": ["Earnings rose.", "The ridge does glow when it is dawn.", "The ridge"],
    "request_options": {"max_retries": 0},
}


@case
def newer():
    reply = client.rerank(**ASKED, top_n=2)
    places = [result.index for result in reply.results]
    return [places, reply.results[0].relevance_score > 0.5, reply.meta.billed_units.search_units]


@case
def version_1():
    reply = older.rerank(**ASKED, return_documents=True)
    places = [result.index for result in reply.results]
    return [places, reply.results[0].document.text, reply.meta.api_version.version]


@case
def errors():
    empty = ASKED | {"documents": []}
    limited = ASKED | {"query": "[[rate]]"}
    return {
        "empty": attempt(lambda: client.rerank(**empty)),
        "rate": attempt(lambda: client.rerank(**limited)),
        "older": attempt(lambda: older.rerank(**limited)),
    }


run()
