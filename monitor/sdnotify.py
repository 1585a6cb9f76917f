"""systemd's notification protocol: see sd_notify(3) and systemd.service(5), WatchdogSec=."""

import os
import socket
import time
from datetime import timedelta

START = timedelta(minutes=2)  # a start's time limit from each report on; reports come each second


def notify(*states: str) -> None:
    """Tells the service manager, if there is one: `READY=1`, `STOPPING=1`, `STATUS=…`."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # a socket in the abstract namespace
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        try:
            sock.connect(address)
            sock.sendall("\n".join(states).encode())
        except OSError:
            return  # a manager that went away is no reason to stop


def reloading() -> None:
    """RELOADING=1 must carry the monotonic time in microseconds."""
    notify("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")


def starting(what: str) -> None:
    """Says what takes long before READY=1, and that it is still at work: say so again in time."""
    notify(f"EXTEND_TIMEOUT_USEC={START // timedelta(microseconds=1)}", f"STATUS={what}")


def watchdog() -> timedelta | None:
    """How often the manager wants to hear from us: half of its limit; None: not at all."""
    limit, pid = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    if not limit.isdecimal() or (pid and pid != str(os.getpid())):
        return None
    return timedelta(microseconds=int(limit)) / 2
