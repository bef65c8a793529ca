import ctypes
import sys

import pytest
from orders.process import forbid_dumps

PR_GET_DUMPABLE = 3


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can be told")
def test_nothing_can_be_read_from_a_dump():
    libc = ctypes.CDLL(None)
    assert libc.prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1
    forbid_dumps()
    assert libc.prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0
