"""What the kernel is told about this process."""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_DUMPABLE = 4


def forbid_dumps() -> None:
    """Keeps the passwords that the process holds out of core dumps and out of the
    reach of debuggers. Python has no call for that, so the C library is asked.
    Children inherit it, so the workers that are forked later are covered too."""
    if sys.platform != "linux":
        return
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int] + 4 * [ctypes.c_ulong]
    prctl.restype = ctypes.c_int
    if prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
