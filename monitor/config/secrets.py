"""Secrets: written in place, in a file of their own, or in the environment. Never shown."""

import os
from pathlib import Path

from monitor.config.diagnostics import Remarks
from monitor.config.files import beside, reason
from monitor.config.nodes import Node

LARGEST = 64_000  # characters
CREDENTIALS = "CREDENTIALS_DIRECTORY"  # systemd.exec(5)


def secret(node: Node, key: str, folder: Path, remarks: Remarks) -> str | None:
    """The one line that `key`, `key_file` or `key_env` gives; None when none is written."""
    lines = secret_lines(node, key, folder, remarks)
    if len(lines) > 1 or not all(line.isprintable() for line in lines):
        remarks.fault(place_of(node, key), f"{key}: must be one line of printable characters")
    return lines[0] if lines else None


def secret_lines(node: Node, key: str, folder: Path, remarks: Remarks) -> tuple[str, ...]:
    """The secrets of a key that may hold several. `folder` is where relative files are."""
    written = _written(node, key)
    if len(written) > 1:
        remarks.fault(node.get(written[1]), f"keep one of {' and '.join(written)}")
    if len(written) != 1:
        return ()
    place = place_of(node, key)
    if written[0] == key:
        values = [item.value for item in place.items() or [place]]
        return tuple(value for value in values if isinstance(value, str))
    found = _elsewhere(written[0], str(place.value), folder, remarks)
    if isinstance(found, Missing):
        remarks.fault(place, f"{written[0]}: {found}")
        return ()
    return tuple(found.splitlines())


def place_of(node: Node, key: str) -> Node:
    """Where this secret, or the name of its place, is written."""
    written = _written(node, key)
    return (node.get(written[0]) if written else None) or node


class Missing(str):
    """Why there is no secret."""


def _written(node: Node, key: str) -> list[str]:
    found = ((name, node.get(name)) for name in (key, f"{key}_file", f"{key}_env"))
    return [name for name, value in found if value is not None and value.value is not None]


def _elsewhere(key: str, value: str, folder: Path, remarks: Remarks) -> str | Missing:
    return _in_file(value, folder, remarks) if key.endswith("_file") else _in_variable(value)


def _in_file(name: str, folder: Path, remarks: Remarks) -> str | Missing:
    """From $CREDENTIALS_DIRECTORY if it is there, else relative to the configuration."""
    credentials = os.environ.get(CREDENTIALS)
    given = Path(credentials, name) if credentials else None
    path = given if given and given.is_file() else beside(folder, name)
    remarks.recorder.file(path)
    if credentials and not path.exists():
        return Missing(f"neither ${CREDENTIALS} nor {path.parent} has this file")
    try:
        with path.open(encoding="utf-8") as file:
            remarks.recorder.file(path, file.fileno())
            text = file.read(LARGEST).strip("\r\n")
    except UnicodeDecodeError:
        return Missing(f"{path} is no UTF-8 text")
    except (OSError, ValueError) as error:
        return Missing(f"{path} cannot be read: {reason(error)}")
    return text or Missing(f"{path} is empty")


def _in_variable(name: str) -> str | Missing:
    value = os.environ.get(name) if name.isprintable() else None
    return value or Missing("the environment has no such variable: export it, or use another way")
