"""How a failing task ends: with one sentence in its log, and a retry if that may help."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import RetryPolicy
from airflow.sdk.definitions.retry_policy import RetryDecision

# An unreachable source is retried within the night; a department's night jobs rarely take an hour.
_FIRST_DELAY = timedelta(minutes=10)
# A killed task did nothing wrong, and the cause is usually gone soon.
KILLED_DELAY = timedelta(minutes=1)
RETRIES = 3


class TaskEnded(SystemExit):
    """Ends a task whose log has the reason in one sentence.

    For any exception but `SystemExit` Airflow logs a traceback, in which the sentence is hard to find.

    Attributes:
        retry: whether a retry may help.
    """

    def __init__(self, exit_code: int, *, retry: bool) -> None:
        super().__init__(exit_code)
        self.retry = retry


class RetryUnreachable(RetryPolicy):
    """Retries errors that may go away, with growing delays; all other errors of our steps are final."""

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: object = None
    ) -> RetryDecision:
        """Decide on one failure."""
        if not isinstance(exception, TaskEnded):
            return RetryDecision.default()
        failures = max(1, try_number - max_tries + RETRIES)  # since the task was cleared last
        return RetryDecision.retry(_FIRST_DELAY * 2 ** (failures - 1)) if exception.retry else RetryDecision.fail()

    def serialize(self) -> dict[str, object]:
        """Empty, since the policy is only evaluated where the task runs."""
        return {}
