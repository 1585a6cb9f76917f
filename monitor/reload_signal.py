"""SIGHUP waits from the first moment of the process until somebody handles it.

Its default action ends a process. While it is blocked it stays pending, and is delivered once it
is unblocked. Imports nothing of ours, so that it can be called before anything is loaded.
"""

import signal


def block() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})


def unblock() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
