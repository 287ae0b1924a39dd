"""Keeps libraries from being loaded that Great Expectations imports only for expectations that no rule of ours is made of.

scipy's statistics and altair's charts take two fifths of its import, which every command and every worker waits for. Both
are loaded as ever by whoever uses anything of them.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from threading import Lock
from types import ModuleType
from typing import Any

_turn = Lock()
_UNUSED = ("altair", "scipy.stats")  # for the divergence and the distribution tests of whole columns


class _Deferred(ModuleType):
    """Stands for a module until something of it is asked for.

    Python's own LazyLoader loads a module already where a second one imports it.
    """

    def __getattr__(self, name: str) -> Any:
        with _turn:
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


def defer() -> None:
    """Put stand-ins where a module is not loaded yet; to be called before Great Expectations is imported."""
    for name in _UNUSED:
        spec = None if name in sys.modules else find_spec(name)
        if spec is not None:
            sys.modules[name] = module = _Deferred(name)
            # Whoever looks for the module of a file asks all there are for theirs; that is no use of this one.
            module.__spec__, module.__file__ = spec, spec.origin
            package, _, own = name.rpartition(".")
            if package:
                setattr(sys.modules[package], own, module)
