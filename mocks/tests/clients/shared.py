"""What all clients' scripts need: cases by name, and one JSON object of their results on standard output."""

import json
import sys

CASES = {}

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


def case(function):
    """Registers a function: its name is the case's."""
    CASES[function.__name__] = function
    return function


def attempt(function):
    """The function's result, or the exception that it raised."""
    try:
        return function()
    except Exception as problem:
        return {
            "raised": [kind.__name__ for kind in type(problem).__mro__],
            "status": getattr(problem, "status_code", None),
            "text": str(problem),
        }


def run():
    """Runs all cases. One that raises what it does not expect is told as such, and does not end the others. What is no JSON is told as text."""
    json.dump({name: attempt(function) for name, function in CASES.items()}, sys.stdout, default=str)
