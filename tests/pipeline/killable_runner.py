"""A program that runs batches in child processes that can be killed; it forks them after everything is loaded.

Each line of standard input is a JSON request: {"environment": {...}, "batches": [...], "kill_after": seconds or null}. A child is forked
for it, and killed with SIGKILL after that time, wherever it is. The response is a line of JSON: {"killed": bool, "exit": worst exit
code, "seconds": duration}.
"""

import json
import os
import select
import signal
import sys
import time
import traceback

from pipeline.exchange import Exchange
from pipeline.preload import preload
from pipeline.runner import run_batch
from pipeline.settings import Settings
from standard.batch import BatchKey


def run_batches(request, response):
    os.environ.update(request["environment"])
    exchange = Exchange(Settings.from_environment())
    worst = 0
    for text in request["batches"]:
        worst = max(worst, run_batch(exchange, BatchKey.of(text), lambda step: None).exit_code)
    os.write(response, json.dumps({"killed": False, "exit": worst}).encode())


def main():
    preload()
    for line in sys.stdin:
        request = json.loads(line)
        readable, writable = os.pipe()
        began = time.monotonic()
        if (pid := os.fork()) == 0:
            try:
                run_batches(request, writable)
            except BaseException:
                os.write(writable, json.dumps({"error": traceback.format_exc()}).encode())
            os._exit(0)
        os.close(writable)
        if request["kill_after"] is not None and not select.select([readable], [], [], request["kill_after"])[0]:
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        with os.fdopen(readable) as pipe:
            text = pipe.read()
        response = {**json.loads(text or '{"killed": true}'), "seconds": time.monotonic() - began}
        sys.stdout.write(json.dumps(response) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
