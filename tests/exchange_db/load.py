"""One load in a process of its own: prints `staged` when it has staged, and merges after a line on its input.

Arguments: the platform's URL and a JSON object with source, day, precedence, judged_at and states.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from conftest import make_findings, make_read, make_rows, make_verdict

from exchange_db.database import ExchangeDatabase
from exchange_db.deliver import Delivery, deliver_batch
from standard.errors import PlatformUnreachable


def delivery_of(source, day, precedence, judged_at, states, read=make_read):
    made = make_rows(states, f"{day}T10:00:00.000000Z")
    verdict = make_verdict(f"{source}/{day}", made, judged_at)
    return Delivery(verdict, precedence, read(made), make_findings(made))


def gated(rows):
    """Read columns, and wait after the first: nothing is locked yet at that time."""
    waited = []

    def read(names):
        yield rows.select(names)
        if not waited:
            waited.append(names)
            say("staged")
            sys.stdin.readline()

    return read


def say(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    platform = ExchangeDatabase(sys.argv[1])
    try:
        deliver_batch(platform, delivery_of(**json.loads(sys.argv[2]), read=gated), "2026-03-09T12:00:00.000000Z", 0.0)
    except PlatformUnreachable as error:
        say(str(error))
        sys.exit(error.exit_code)
