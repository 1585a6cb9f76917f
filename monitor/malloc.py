"""Settings of glibc's allocator, so that memory of large bodies returns to the system.

glibc raises the size from which it maps memory on its own up to 32 MB, as large blocks are freed;
later ones then leave holes in the heap that no other program can use: see mallopt(3).
"""

import ctypes
from contextlib import suppress

MAPPED_FROM = 256 * 1024  # bytes; fixed from then on
ARENAS = 2
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # malloc.h


def limit_heap() -> None:
    """Configure malloc for this process and what it forks. Does nothing on another C library."""
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_MMAP_THRESHOLD, MAPPED_FROM)
        mallopt(M_TRIM_THRESHOLD, MAPPED_FROM)
        mallopt(M_ARENA_MAX, ARENAS)


def trim_heap() -> None:
    """Return freed memory to the system, also from the middle of the heap: malloc_trim(3)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
