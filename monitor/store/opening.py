"""Opens the database in a thread, so that a long check or upgrade can be stopped."""

import asyncio
import sqlite3
import threading
from pathlib import Path

from monitor.store.files import share_with_group
from monitor.store.sqlite import prepare
from monitor.store.upgrade import Report


async def prepare_in_thread(path: Path, *, group: bool, report: Report) -> sqlite3.Connection:
    """Open the database for writing; create or upgrade it first.

    `report` is called in the thread too. `group`: the group of the files may read them. Raises
    StoreError. A cancelled upgrade is rolled back.
    """
    stopped = threading.Event()
    try:
        conn = await asyncio.to_thread(
            prepare, path, lambda text: not stopped.is_set() and report(text)
        )
    except asyncio.CancelledError:
        stopped.set()
        raise
    if group:
        share_with_group(path)
    return conn
