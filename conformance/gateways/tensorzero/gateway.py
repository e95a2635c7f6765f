"""Starts the gateway that TensorZero's Python package embeds, and writes its address: it listens on a port of its own choice.

    gateway.py CONFIG ADDRESS
"""

import pathlib
import signal
import sys

from tensorzero.tensorzero import _start_http_gateway

STOP = {signal.SIGINT, signal.SIGTERM}

config, address = sys.argv[1:]
# Before the gateway starts its threads, which inherit this.
signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
gateway = _start_http_gateway(
    config_file=config, clickhouse_url=None, postgres_url=None, valkey_url=None, async_setup=False
)
pathlib.Path(address).write_text(gateway.base_url.removesuffix("/openai/v1") + "\n")
signal.sigwait(STOP)
gateway.close()
