"""Defers libraries that Great Expectations imports for expectations that none of our rules uses.

scipy's statistics and altair's charts take two fifths of its import time, which every command and every worker waits for.
Both are loaded as usual when anything of them is used.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from threading import Lock
from types import ModuleType
from typing import Any

_lock = Lock()
_UNUSED = ("altair", "scipy.stats")  # for the divergence and the distribution tests of whole columns


class _Deferred(ModuleType):
    """A stand-in for a module until one of its attributes is used.

    Python's own LazyLoader loads a module as soon as a second module imports it.
    """

    def __getattr__(self, name: str) -> Any:
        with _lock:
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


def defer() -> None:
    """Register a stand-in for each module that is not loaded yet. Call this before importing Great Expectations."""
    for name in _UNUSED:
        spec = None if name in sys.modules else find_spec(name)
        if spec is not None:
            sys.modules[name] = module = _Deferred(name)
            # Code that looks for the module of a file reads these attributes of all modules; that must not load this one.
            module.__spec__, module.__file__ = spec, spec.origin
            package, _, own = name.rpartition(".")
            if package:
                setattr(sys.modules[package], own, module)
