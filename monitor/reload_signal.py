"""Blocks SIGHUP, whose default action ends a process, until a handler is installed.

A blocked SIGHUP stays pending and is delivered once it is unblocked. Imports nothing of ours, so
that it can be called before anything else is loaded.
"""

import signal


def block() -> None:
    """Keep SIGHUP pending."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})


def unblock() -> None:
    """Deliver a pending SIGHUP, and those to come."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
