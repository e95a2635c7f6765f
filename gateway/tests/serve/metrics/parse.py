"""Reads metrics as Prometheus' own client does, and prints every sample as JSON.

Arguments: `text` or `openmetrics`. Standard input: the metrics.
"""

import json
import sys

from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client import parser as text

parse = {"text": text.text_string_to_metric_families, "openmetrics": openmetrics.text_string_to_metric_families}
samples = [
    {"family": family.name, "type": family.type, "name": sample.name, "labels": sample.labels, "value": sample.value}
    for family in parse[sys.argv[1]](sys.stdin.read())
    for sample in family.samples
]
json.dump(samples, sys.stdout)
