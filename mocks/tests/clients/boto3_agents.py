"""AWS's Python client of the agents' runtime. Argument: the base URL."""

import sys

import boto3
from botocore.config import Config
from shared import attempt, case, run

client = boto3.client(
    "bedrock-agent-runtime",
    endpoint_url=sys.argv[1],
    region_name="us-east-1",
    aws_access_key_id="AKIATOUCHSTONE000001",
    aws_secret_access_key="touchstone-secret-access-key",
    config=Config(retries={"total_max_attempts": 1}, read_timeout=30),
)
RERANKER = "arn:aws:bedrock:us-east-1::foundation-model/cohere.rerank-v3-5:0"


def ranked(query, documents):
    return client.rerank(
        queries=[{"type": "TEXT", "textQuery": {"text": query}}],
        sources=[{"type": "INLINE", "inlineDocumentSource": document} for document in documents],
        rerankingConfiguration={
            "type": "BEDROCK_RERANKING_MODEL",
            "bedrockRerankingConfiguration": {"numberOfResults": 2, "modelConfiguration": {"modelArn": RERANKER}},
        },
    )["results"]


def text(text):
    return {"type": "TEXT", "textDocument": {"text": text}}


@case
def rerank():
    documents = [text("Earnings rose."), {"type": "JSON", "jsonDocument": {"about": "the ridge"}}, text("The ridge glows")]
    return [[result["index"], result["document"]] for result in ranked("the ridge glows", documents)]


@case
def errors():
    return {
        "rate": attempt(lambda: ranked("[[rate]]", [text("a")])),
        "overloaded": attempt(lambda: ranked("[[overloaded]]", [text("a")])),
        "denied": attempt(lambda: ranked("[[denied]]", [text("a")])),
        "untyped": attempt(lambda: ranked("x", [{"type": "TEXT"}])),
    }


run()
