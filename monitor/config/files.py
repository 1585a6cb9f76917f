"""Bytes and text of configuration files, within limits."""

import codecs
from pathlib import Path

from monitor.config.diagnostics import Diagnostics, Position

MAX_BYTES = 64_000_000

_MARKS = (  # longer marks first: UTF-32's begins like UTF-16's
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read_bytes(path: Path, diagnostics: Diagnostics) -> bytes | None:
    """Return the whole file; None, with a fault, if it cannot be read."""
    try:
        with path.open("rb") as file:
            diagnostics.recorder.add(path, file.fileno())
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        diagnostics.recorder.add(path)
        diagnostics.fault(None, f"cannot be read: {os_reason(error)}")
        return None
    if len(data) > MAX_BYTES:
        diagnostics.fault(None, f"is larger than {MAX_BYTES // 1_000_000} MB: split it")
        return None
    return data


def decode(data: bytes, diagnostics: Diagnostics) -> str | None:
    """Decode UTF-8, or UTF-16 with a byte order mark; None, with a fault, if it is neither."""
    mark, encoding = next((each for each in _MARKS if data.startswith(each[0])), (b"", "utf-8"))
    try:
        return data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        before = data[len(mark) : len(mark) + error.start].decode(encoding, errors="ignore")
        position = Position(before.count("\n") + 1, len(before) - before.rfind("\n"))
        diagnostics.fault(position, "a byte that is no UTF-8: save the file as UTF-8")
        return None


def os_reason(error: OSError | ValueError) -> str:
    """Return the reason in lower case and without the path: `permission denied`."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text[:1].lower() + text[1:]
