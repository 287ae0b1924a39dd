"""Ends the forks of a scheduler with it, since an unsupervised task would run in parallel with its retry."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # prctl(2): the signal that the kernel sends when the parent ends


def end_forks_with_parent() -> None:
    """Kill every fork of this process, and every fork of those, when its parent ends for whatever reason.

    Works on Linux only. Interrupted steps are run again, as after any kill.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    parent = 0

    def before_fork() -> None:
        nonlocal parent
        parent = os.getpid()

    def after_fork() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent has already ended
            os.kill(os.getpid(), signal.SIGKILL)

    os.register_at_fork(before=before_fork, after_in_child=after_fork)
