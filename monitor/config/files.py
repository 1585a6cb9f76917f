"""Bytes and texts of configuration files, within limits."""

import codecs
from pathlib import Path

from monitor.config.diagnostics import Remarks, Spot

LARGEST = 64_000_000  # bytes

_MARKS = (  # longer marks first: UTF-32's begins like UTF-16's
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def content(path: Path, remarks: Remarks) -> bytes | None:
    """The whole file; None after telling why it cannot be had."""
    try:
        with path.open("rb") as file:
            remarks.recorder.file(path, file.fileno())
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        remarks.recorder.file(path)
        remarks.fault(None, f"cannot be read: {reason(error)}")
        return None
    if len(data) > LARGEST:
        remarks.fault(None, f"is larger than {LARGEST // 1_000_000} MB: split it")
        return None
    return data


def text_of(data: bytes, remarks: Remarks) -> str | None:
    """UTF-8, or UTF-16 with a byte order mark; None after telling where it is not."""
    mark, encoding = next((each for each in _MARKS if data.startswith(each[0])), (b"", "utf-8"))
    try:
        return data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        before = data[len(mark) : len(mark) + error.start].decode(encoding, errors="ignore")
        spot = Spot(before.count("\n") + 1, len(before) - before.rfind("\n"))
        remarks.fault(spot, "a byte that is no UTF-8: save the file as UTF-8")
        return None


def reason(error: OSError | ValueError) -> str:
    """`permission denied`, without the path."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text[:1].lower() + text[1:]
