"""Secrets: written in place, in a file of their own, or in the environment. Never shown."""

import os
from dataclasses import replace
from functools import cache
from pathlib import Path

from monitor.config.diagnostics import Diagnostics
from monitor.config.files import os_reason
from monitor.config.nodes import Node, Pair
from monitor.config.paths import resolve_path
from monitor.fields.section import Section, known_keys, section_under

MAX_CHARACTERS = 64_000
CREDENTIALS = "CREDENTIALS_DIRECTORY"  # systemd.exec(5)


def with_secrets(model: type[Section], node: Node, folder: Path, diagnostics: Diagnostics) -> Node:
    """Return the node with each secret in the place of the key that says where it is.

    A secret is a key of the model that has `<key>_file` and `<key>_env` beside it, here or in a
    mapping below. What cannot be read stays as it is, and is a fault.
    """
    if not isinstance(node.value, dict):
        return node
    pairs = dict(node.value)
    secrets, mappings = _layout(model)
    for key, inner in mappings:
        if key in pairs:
            value = with_secrets(inner, pairs[key].value, folder, diagnostics)
            pairs[key] = pairs[key]._replace(value=value)
    for key in secrets:
        _resolve(key, pairs, folder, diagnostics)
    return replace(node, value=pairs)


@cache
def _layout(model: type[Section]) -> tuple[tuple[str, ...], tuple[tuple[str, type[Section]], ...]]:
    """Return the keys of secrets, and the keys of mappings with the model of each."""
    keys = known_keys(model)
    secrets = tuple(key for key in keys if {f"{key}_file", f"{key}_env"} <= keys.keys())
    inner = ((key, section_under(model, key)) for key in keys)
    return secrets, tuple((key, section) for key, section in inner if section is not None)


def _resolve(key: str, pairs: dict[str, Pair], folder: Path, diagnostics: Diagnostics) -> None:
    found = ((name, pairs.get(name)) for name in (key, f"{key}_file", f"{key}_env"))
    written = [(name, pair) for name, pair in found if pair and pair.value.value is not None]
    if len(written) > 1:
        names = " and ".join(name for name, _ in written)
        diagnostics.fault(written[1][1].value, f"keep one of {names}")
    if len(written) != 1 or written[0][0] == key:
        return
    [(name, pair)] = written
    place = pair.value
    if not isinstance(place.value, str):
        return  # its own type is checked with the other keys
    in_file = name.endswith("_file")
    secret = _in_file(place.value, folder, diagnostics) if in_file else _in_variable(place.value)
    if isinstance(secret, Missing):
        diagnostics.fault(place, f"{name}: {secret}")
    else:
        del pairs[name]
        pairs[key] = Pair(pair.key, replace(place, value=secret))


class Missing(str):
    """Why there is no secret."""


def _in_file(name: str, folder: Path, diagnostics: Diagnostics) -> str | Missing:
    """Read a file in $CREDENTIALS_DIRECTORY if it is there, else relative to the configuration."""
    credentials = os.environ.get(CREDENTIALS)
    given = Path(credentials, name) if credentials else None
    path = given if given and given.is_file() else resolve_path(folder, name)
    diagnostics.recorder.add(path)
    if credentials and not path.exists():
        return Missing(f"neither ${CREDENTIALS} nor {path.parent} has this file")
    try:
        with path.open(encoding="utf-8") as file:
            diagnostics.recorder.add(path, file.fileno())
            text = file.read(MAX_CHARACTERS).strip("\r\n")
    except UnicodeDecodeError:
        return Missing(f"{path} is no UTF-8 text")
    except (OSError, ValueError) as error:
        return Missing(f"{path} cannot be read: {os_reason(error)}")
    return text or Missing(f"{path} is empty")


def _in_variable(name: str) -> str | Missing:
    value = os.environ.get(name, "") if name.isprintable() else ""
    advice = "export it, or use another way"
    return value.strip("\r\n") or Missing(f"the environment has no such variable: {advice}")
