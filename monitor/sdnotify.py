"""systemd's notification protocol: see sd_notify(3) and systemd.service(5), WatchdogSec=."""

import os
import socket
import time
from datetime import timedelta

START_LIMIT = timedelta(minutes=2)  # from each progress report on; they come every second


def notify(*states: str) -> None:
    """Send states to the service manager, if there is one: `READY=1`, `STATUS=…`."""
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


def notify_reloading() -> None:
    """Send RELOADING=1 with the monotonic time in microseconds, which systemd requires."""
    notify("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")


def notify_starting(what: str) -> None:
    """Report what takes long before READY=1, and extend the time limit of the start."""
    notify(f"EXTEND_TIMEOUT_USEC={START_LIMIT // timedelta(microseconds=1)}", f"STATUS={what}")


def watchdog_interval() -> timedelta | None:
    """Half of the manager's watchdog limit. None: it has no watchdog on this process."""
    limit, pid = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    if not limit.isdecimal() or (pid and pid != str(os.getpid())):
        return None
    return timedelta(microseconds=int(limit)) / 2
