"""`channels:` → the configuration of each channel, as its kind's own model reads it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from monitor.channels.config import ChannelConfig
from monitor.channels.kind import ChannelKind, CheckContext, Problem
from monitor.channels.registry import KINDS
from monitor.config.diagnostics import Remarks
from monitor.config.names import Names
from monitor.config.nodes import Node
from monitor.config.secrets import with_secrets
from monitor.config.source_positions import spot_in
from monitor.config.url_policy import refusal
from monitor.config.validation import checked, key_named, node_at
from monitor.core.addresses import AddressPolicy
from monitor.fields.hints import nearest, shown
from monitor.settings import ChannelSettings

_NO_TYPE = "'type' is missing"


class ChannelReader:
    """Reads the items of `channels:`.

    `folder` is the configuration's own; `text` is what the file holds; every channel may reach
    the networks in `allowed` (CIDRs) beside its own.
    """

    def __init__(self, folder: Path, text: str, allowed: Iterable[str], remarks: Remarks) -> None:
        self._folder = folder
        self._text = text
        self._allowed = tuple(allowed)
        self._remarks = remarks

    def read(self, node: Node | None) -> tuple[ChannelSettings, ...]:
        """Return the channels that are valid; every error is added to the remarks."""
        read = (self._channel(item) for item in (node.items() if node else ()))
        return tuple(channel for channel in read if channel)

    def _channel(self, node: Node) -> ChannelSettings | None:
        written = node.get("type")
        name = written.value if written and isinstance(written.value, str) else ""
        if name in KINDS:
            return self._of_kind(KINDS[name], node)
        if isinstance(node.value, dict):
            message = f"type: {shown(name)} is no kind of channel" if written else _NO_TYPE
            self._remarks.fault(written or node, f"{message}{nearest(name, KINDS)}")
        else:
            checked(ChannelConfig, node, self._remarks)  # says that it must hold keys
        return None

    def _of_kind(self, kind: ChannelKind[Any], node: Node) -> ChannelSettings | None:
        node = with_secrets(kind.config, node, self._folder, self._remarks)
        config = checked(kind.config, node, self._remarks)
        if config is not None:
            context = CheckContext(folder=self._folder.resolve(), refusal=self._refusal)
            for problem in kind.problems(config, context):
                self._add(problem, node)
        return config

    def _add(self, problem: Problem, node: Node) -> None:
        place = node_at(node, problem.path)
        at = spot_in(self._text, place, problem.line, 1) if problem.line else place
        name = key_named(problem.path)
        message = f"{name}: {problem.message}" if name else problem.message
        (self._remarks.warn if problem.warning else self._remarks.fault)(at, message)

    def _refusal(self, url: str, networks: Sequence[str]) -> str | None:
        return refusal(url, AddressPolicy((*self._allowed, *networks), setting="allow_private"))


def channel_names(node: Node | None, remarks: Remarks) -> Names:
    """Also the names of channels that are broken otherwise: topics may name them."""
    names = Names("channel")
    for item in node.items() if node else ():
        names.take(item, remarks)
    return names


def check_channels(key: str, node: Node | None, known: Names, remarks: Remarks) -> None:
    """Every channel that is named there exists."""
    if node is None:
        return
    for item in node.items() or [node]:
        if isinstance(item.value, str) and item.value not in known:
            near = nearest(item.value, known) or ": add it under `channels:`"
            remarks.fault(item, f"{key}: no channel is named {shown(item.value)}{near}")
