"""One configuration file, examined as a whole: its settings, or everything wrong with it."""

import contextlib
import os
from dataclasses import dataclass, fields, replace
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from monitor.config import schema
from monitor.config.channels import ChannelReader, channel_names, check_channels
from monitor.config.diagnostics import Diagnostic, Diagnostics, Position
from monitor.config.files import decode, read_bytes
from monitor.config.nodes import Node, parse_yaml
from monitor.config.paths import resolve_path
from monitor.config.sources import SourceReader
from monitor.config.topic_rules import TopicFile, TopicReader
from monitor.config.url_policy import refusal
from monitor.config.validation import validate
from monitor.config.word_lists import word_lists
from monitor.core.addresses import AddressPolicy
from monitor.core.dates import find_zone
from monitor.settings import Heartbeat, Inputs, NetworkSettings, PollSettings, Retention, Settings

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """Result of examining a file. `settings` is None exactly when there are faults."""

    settings: Settings | None
    faults: tuple[Diagnostic, ...]
    warnings: tuple[Diagnostic, ...]
    inputs: Inputs


def examine(path: Path, instead: bytes | None = None) -> Examined:
    """Examine a file, what it includes and what its secrets name. Raises nothing.

    `instead`: bytes to examine in place of what the file holds.
    """
    diagnostics = Diagnostics(str(path))
    data = read_bytes(path, diagnostics) if instead is None else instead
    settings = _settings(path, data, diagnostics) if data is not None else None
    faults = diagnostics.in_order(diagnostics.faults)
    warnings = diagnostics.in_order(diagnostics.warnings)
    inputs = diagnostics.recorder.inputs()
    if faults or settings is None:
        return Examined(settings=None, faults=faults, warnings=warnings, inputs=inputs)
    texts = tuple(warning.text for warning in warnings)
    settings = replace(settings, warnings=texts, inputs=inputs)
    return Examined(settings=settings, faults=faults, warnings=warnings, inputs=inputs)


def _settings(path: Path, data: bytes, diagnostics: Diagnostics) -> Settings | None:
    text, root = _parse_root(data, diagnostics)
    if root is None:
        return None
    head = validate(schema.Config, root, diagnostics, without=schema.LISTS)
    lists = {key: _list_under(root, key, diagnostics) for key in schema.LISTS}
    config = head or schema.Config()  # with faults in the head, the lists are still checked
    poll = _settings_from(PollSettings, config.poll)
    allowed = config.network.allow_private
    names = channel_names(lists["channels"], diagnostics)
    words = word_lists(root.get("lists"), diagnostics)
    alerts = root.get("alerts")
    operator = alerts.get("operator") if alerts else None
    check_channels("operator", operator, names, diagnostics)
    sources = SourceReader(path, poll, AddressPolicy(allowed), diagnostics)
    topics = TopicReader(path, TopicFile(text, diagnostics), names, words)
    channels = ChannelReader(path.parent, text, allowed, diagnostics)
    settings = Settings(
        path=path,
        database=resolve_path(path.parent, config.database),
        timezone=config.timezone or machine_zone(),
        archive=config.archive,
        database_group=config.database_group,
        keep=Retention(unmatched=config.keep, matched=config.keep_matched),
        listen=config.http.listen,
        heartbeat=_settings_from(Heartbeat, config.heartbeat) if config.heartbeat else None,
        operator=None if config.alerts.operator is None else tuple(config.alerts.operator),
        poll=poll,
        network=_settings_from(NetworkSettings, config.network),
        sources=sources.read(lists["sources"]),
        topics=topics.read(lists["topics"]),
        channels=channels.read(lists["channels"]),
        lists={name: tuple(entries) for name, entries in config.lists.items()},
    )
    _check_settings(settings, root, diagnostics)
    return settings


def _parse_root(data: bytes, diagnostics: Diagnostics) -> tuple[str, Node | None]:
    """Return the text and its tree; None, with a fault, if there is no tree."""
    text = decode(data, diagnostics)
    if text is None:
        return "", None
    root = parse_yaml(text, diagnostics)
    if root is not None and isinstance(root.value, dict):
        return text, root
    if not diagnostics.faults:
        empty = root is None or root.value is None
        fault = "is empty" if empty else "must hold keys, such as `sources:`"
        diagnostics.fault(root or Position(1, 1), f"{fault}: `news-monitor init` writes a starter")
    return text, None


def _list_under(root: Node, key: str, diagnostics: Diagnostics) -> Node | None:
    """Return the list under this key; None if left out, empty or no list (a fault)."""
    node = root.get(key)
    if node is None or node.value is None:
        return None
    if not isinstance(node.value, list):
        diagnostics.fault(node, f"{key}: must be a list, each item on a line of its own after '- '")
        return None
    return node


def _settings_from(kind: type[T], written: BaseModel) -> T:
    """Build settings whose fields have the names of the keys; lists become tuples."""
    values = {field.name: getattr(written, field.name) for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})


def _check_settings(settings: Settings, root: Node, diagnostics: Diagnostics) -> None:
    """Check what no key tells alone."""
    poll = settings.poll
    if poll.min and poll.max and poll.min > poll.max:
        section = root.get("poll") or root
        diagnostics.fault(section.get("max"), "max: is shorter than min")
    _check_endpoints(settings, root, diagnostics)
    sources = root.get("sources")
    if sources is None or not sources.items():
        diagnostics.warn(sources or root, "no sources: nothing is watched")


def _check_endpoints(settings: Settings, root: Node, diagnostics: Diagnostics) -> None:
    heartbeat, listen = settings.heartbeat, settings.listen
    if heartbeat and (why := refusal(heartbeat.url, AddressPolicy(settings.network.allow_private))):
        section = root.get("heartbeat") or root
        diagnostics.warn(section.get("url"), f"url: {why}; no heartbeat will reach it")
    if listen and listen.host != "localhost" and not ip_address(listen.host).is_loopback:
        section = root.get("http") or root
        message = "listen: whoever reaches this address may read the metrics"
        diagnostics.warn(section.get("listen"), message)


def machine_zone() -> str:
    """Return this machine's zone as an IANA name; UTC if it names none."""
    named = os.environ.get("TZ", "").lstrip(":")
    with contextlib.suppress(OSError):
        named = named or str(Path("/etc/localtime").readlink()).partition("zoneinfo/")[2]
    return named if named and find_zone(named) else "UTC"
