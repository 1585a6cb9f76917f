"""Opens the stored data for the command line and the web pages, which see only the ports.

Imports are inside the functions so that a command loads no more of the store than it uses.
"""

from pathlib import Path

from monitor.ports import Administration, Archive


def open_archive(database: Path) -> Archive:
    """Open a database for queries; close it by leaving the context.

    Raises StoreError, also where there is no database.
    """
    from monitor.store.archive import SqliteArchive

    return SqliteArchive(database)


def open_administration(database: Path) -> Administration:
    """Give access to what a person may change in a database; each change opens it anew."""
    from monitor.store.administration import SqliteAdministration

    return SqliteAdministration(database)
