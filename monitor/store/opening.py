"""Making the database ready beside the event loop: what takes long there can be stopped."""

import asyncio
import sqlite3
import threading
from pathlib import Path

from monitor.store.files import share_with_group
from monitor.store.sqlite import prepare
from monitor.store.upgrade import Report


async def prepared_beside(path: Path, *, group: bool, report: Report) -> sqlite3.Connection:
    """Opens, creates or upgrades the database in a thread, where `report` is called too.

    `group`: its files' group may read them. Raises StoreError; a cancelled upgrade is undone.
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
