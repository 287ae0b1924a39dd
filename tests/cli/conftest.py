"""Fixtures of the command tests: a city with one department, and the command."""

from tests.city import city, clock, licex, platform, refill

__all__ = ["city", "clock", "licex", "platform", "refill"]
