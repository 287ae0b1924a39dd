"""How a task ends when it cannot go on: in one sentence, with another try where that can help, and after how long."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import RetryPolicy
from airflow.sdk.definitions.retry_policy import RetryDecision

# A source that does not answer is asked again within the night; its department's night jobs rarely take an hour.
_FIRST_DELAY = timedelta(minutes=10)
# A task that was killed did nothing wrong, and whoever killed it is soon gone.
KILLED_DELAY = timedelta(minutes=1)
TRIES_AGAIN = 3


class Ended(SystemExit):
    """A task has ended, and its log says why in one sentence.

    Of any exception but this kind Airflow writes a traceback into the log, in which a sentence has to be looked for.

    Attributes:
        again: whether trying again may help.
    """

    def __init__(self, exit_code: int, *, again: bool) -> None:
        super().__init__(exit_code)
        self.again = again


class TriesAgain(RetryPolicy):
    """Tries again what may help, later each time; everything else that our steps say is final."""

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: object = None
    ) -> RetryDecision:
        """Decide on one failure."""
        if not isinstance(exception, Ended):
            return RetryDecision.default()
        failures = max(1, try_number - max_tries + TRIES_AGAIN)  # since the task was cleared last
        return RetryDecision.retry(_FIRST_DELAY * 2 ** (failures - 1)) if exception.again else RetryDecision.fail()

    def serialize(self) -> dict[str, object]:
        """Nothing: it is only ever asked where the task runs."""
        return {}
