"""Runs batches in children that can be killed; a program, so that what the children share is loaded once.

Each line of standard input is JSON: {"environment": {...}, "batches": [...], "kill_after": seconds or null}. A child is
forked for it and killed with SIGKILL after that time, wherever it then is. The answer is a line of JSON:
{"killed": bool, "exit": worst exit code, "seconds": time taken}.
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


def child(order, answer):
    os.environ.update(order["environment"])
    exchange = Exchange(Settings.from_environment())
    worst = 0
    for text in order["batches"]:
        worst = max(worst, run_batch(exchange, BatchKey.of(text), lambda step: None).exit_code)
    os.write(answer, json.dumps({"killed": False, "exit": worst}).encode())


def main():
    preload()
    for line in sys.stdin:
        order = json.loads(line)
        readable, writable = os.pipe()
        began = time.monotonic()
        if (pid := os.fork()) == 0:
            try:
                child(order, writable)
            except BaseException:
                os.write(writable, json.dumps({"error": traceback.format_exc()}).encode())
            os._exit(0)
        os.close(writable)
        if order["kill_after"] is not None and not select.select([readable], [], [], order["kill_after"])[0]:
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        with os.fdopen(readable) as answers:
            said = answers.read()
        answer = {**json.loads(said or '{"killed": true}'), "seconds": time.monotonic() - began}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
