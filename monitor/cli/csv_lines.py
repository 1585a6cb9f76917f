"""Rows as CSV (RFC 4180): a header, CRLF, and cells that no spreadsheet runs as a formula."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # as OWASP's page on CSV injection lists them


class CsvLines:
    """Turns rows into CSV. `keys` is the header; None: the keys of the first row."""

    def __init__(self, keys: Sequence[str] | None = None) -> None:
        self._keys = None if keys is None else tuple(keys)
        self._begun = False

    def line(self, row: Mapping[str, Any]) -> str:
        """The row's line with its CRLF; before the first one the header's.

        Raises ValueError for a key that the header has not.
        """
        lines = io.StringIO()
        writer = csv.writer(lines)
        keys = tuple(row) if self._keys is None else self._keys
        if not self._begun:
            self._keys, self._begun = keys, True
            writer.writerow(keys)
        if strange := row.keys() - set(keys):
            raise ValueError(f"no column of the header: {', '.join(sorted(strange))}")
        writer.writerow([cell(row.get(key)) for key in keys])
        return lines.getvalue()


def cell(value: Any) -> str:
    """One cell: nothing for None, JSON for what is nested, an apostrophe before a formula."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return json.dumps(value, ensure_ascii=False)
