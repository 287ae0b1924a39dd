"""Who works with the exchange, on which machine and with which program."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Actor:
    """Who did something, on which machine, and with which version of the program; each is empty if unknown.

    Attributes:
        ran_by: the user of the operating system, or the one who triggered the run in Airflow.
        host: name of the machine.
        program: version of the program.
    """

    ran_by: str = ""
    host: str = ""
    program: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The attributes by name, as the ledger and the audit store them."""
        return asdict(self)
