"""`channels:` → the configuration of each channel, as its kind's own model reads it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from monitor.channels.config import ChannelConfig
from monitor.channels.kind import ChannelKind, CheckContext, Problem
from monitor.channels.registry import KINDS
from monitor.config.diagnostics import Diagnostics
from monitor.config.names import UniqueNames
from monitor.config.nodes import Node
from monitor.config.secrets import with_secrets
from monitor.config.source_positions import position_in
from monitor.config.url_policy import refusal
from monitor.config.validation import key_named, node_at, validate
from monitor.core.addresses import AddressPolicy
from monitor.fields.hints import did_you_mean, quoted
from monitor.settings import ChannelSettings

_NO_TYPE = "'type' is missing"


class ChannelReader:
    """Reader of the items of `channels:`.

    `folder` is the configuration's own; `text` is what the file holds; every channel may reach
    the networks in `allowed` (CIDRs) beside its own.
    """

    def __init__(
        self, folder: Path, text: str, allowed: Iterable[str], diagnostics: Diagnostics
    ) -> None:
        self._folder = folder
        self._text = text
        self._allowed = tuple(allowed)
        self._diagnostics = diagnostics

    def read(self, node: Node | None) -> tuple[ChannelSettings, ...]:
        """Return the channels that are valid; every error is added to `diagnostics`."""
        read = (self._read_channel(item) for item in (node.items() if node else ()))
        return tuple(channel for channel in read if channel)

    def _read_channel(self, node: Node) -> ChannelSettings | None:
        written = node.get("type")
        name = written.value if written and isinstance(written.value, str) else ""
        if name in KINDS:
            return self._of_kind(KINDS[name], node)
        if isinstance(node.value, dict):
            message = f"type: {quoted(name)} is no kind of channel" if written else _NO_TYPE
            self._diagnostics.fault(written or node, f"{message}{did_you_mean(name, KINDS)}")
        else:
            validate(ChannelConfig, node, self._diagnostics)  # says that it must hold keys
        return None

    def _of_kind(self, kind: ChannelKind[Any], node: Node) -> ChannelSettings | None:
        node = with_secrets(kind.config, node, self._folder, self._diagnostics)
        config = validate(kind.config, node, self._diagnostics)
        if config is not None:
            context = CheckContext(folder=self._folder.resolve(), refusal=self._refusal)
            for problem in kind.problems(config, context):
                self._add(problem, node)
        return config

    def _add(self, problem: Problem, node: Node) -> None:
        place = node_at(node, problem.path)
        at = position_in(self._text, place, problem.line, 1) if problem.line else place
        name = key_named(problem.path)
        message = f"{name}: {problem.message}" if name else problem.message
        (self._diagnostics.warn if problem.warning else self._diagnostics.fault)(at, message)

    def _refusal(self, url: str, networks: Sequence[str]) -> str | None:
        return refusal(url, AddressPolicy((*self._allowed, *networks), setting="allow_private"))


def channel_names(node: Node | None, diagnostics: Diagnostics) -> UniqueNames:
    """Collect the names of all channels, also of those with faults: topics may name them."""
    names = UniqueNames("channel")
    for item in node.items() if node else ():
        names.add(item, diagnostics)
    return names


def check_channels(
    key: str, node: Node | None, known: UniqueNames, diagnostics: Diagnostics
) -> None:
    """Add a fault for every channel named there that does not exist."""
    if node is None:
        return
    for item in node.items() or [node]:
        if isinstance(item.value, str) and item.value not in known:
            near = did_you_mean(item.value, known) or ": add it under `channels:`"
            diagnostics.fault(item, f"{key}: no channel is named {quoted(item.value)}{near}")
