"""Forks of a scheduler end with it: a task that nobody supervises any more would go on beside the one that is tried again."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # prctl(2): the signal that the kernel sends when the parent ends


def end_forks_with_parent() -> None:
    """From now on every fork of this process, and every fork of those, is killed when its parent ends, however that ends.

    Only Linux knows how. What is half done then is as after any kill: the step is run again.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    forked_by = 0

    def about_to_fork() -> None:
        nonlocal forked_by
        forked_by = os.getpid()

    def forked() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != forked_by:  # it has ended since
            os.kill(os.getpid(), signal.SIGKILL)

    os.register_at_fork(before=about_to_fork, after_in_child=forked)
