"""CSV of rows (RFC 4180) whose cells no spreadsheet runs as a formula."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # as OWASP's page on CSV injection lists them


class CsvLines:
    """Formatter of rows as CSV. `keys` is the header; None: the keys of the first row."""

    def __init__(self, keys: Sequence[str] | None = None) -> None:
        self._keys = None if keys is None else tuple(keys)
        self._has_header = False

    def format_row(self, row: Mapping[str, Any]) -> str:
        """Return the row's line with its CRLF, after the header's for the first row.

        Raises ValueError for a key that is not in the header.
        """
        lines = io.StringIO()
        writer = csv.writer(lines)
        keys = tuple(row) if self._keys is None else self._keys
        if not self._has_header:
            self._keys, self._has_header = keys, True
            writer.writerow(keys)
        if unknown := row.keys() - set(keys):
            raise ValueError(f"not in the header: {', '.join(sorted(unknown))}")
        writer.writerow([format_cell(row.get(key)) for key in keys])
        return lines.getvalue()


def format_cell(value: Any) -> str:
    """Format one cell: empty for None, JSON for a nested value, an apostrophe before a formula."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return json.dumps(value, ensure_ascii=False)
