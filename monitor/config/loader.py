"""One configuration file, wholly examined: its settings, or all that is wrong with it."""

import contextlib
import os
from dataclasses import dataclass, fields, replace
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from monitor.config import schema
from monitor.config.channels import ChannelReader, channel_names, check_channels
from monitor.config.diagnostics import Remark, Remarks, Spot
from monitor.config.files import content, text_of
from monitor.config.nodes import Node, tree
from monitor.config.paths import beside
from monitor.config.sources import SourceReader
from monitor.config.topic_rules import File, TopicReader
from monitor.config.url_policy import refusal
from monitor.config.validation import checked
from monitor.config.word_lists import word_lists
from monitor.core.addresses import AddressPolicy
from monitor.core.dates import find_zone
from monitor.settings import Heartbeat, Inputs, Keep, NetworkSettings, PollSettings, Settings

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """`settings` is None exactly when there are faults."""

    settings: Settings | None
    faults: tuple[Remark, ...]
    warnings: tuple[Remark, ...]
    inputs: Inputs


def examine(path: Path, instead: bytes | None = None) -> Examined:
    """Reads the file, what it includes and what its secrets name. Raises nothing.

    `instead` is looked at as if it were what the file holds.
    """
    remarks = Remarks(str(path))
    data = content(path, remarks) if instead is None else instead
    settings = _settings(path, data, remarks) if data is not None else None
    faults, warnings = remarks.in_order(remarks.faults), remarks.in_order(remarks.warnings)
    inputs = remarks.recorder.inputs()
    if faults or settings is None:
        return Examined(settings=None, faults=faults, warnings=warnings, inputs=inputs)
    texts = tuple(remark.text for remark in warnings)
    settings = replace(settings, warnings=texts, inputs=inputs)
    return Examined(settings=settings, faults=faults, warnings=warnings, inputs=inputs)


def _settings(path: Path, data: bytes, remarks: Remarks) -> Settings | None:
    text, root = _root(data, remarks)
    if root is None:
        return None
    head = checked(schema.Config, root, remarks, without=schema.LISTS)
    lists = {key: _list(root, key, remarks) for key in schema.LISTS}
    config = head or schema.Config()  # with faults in the head, the lists are still checked
    poll = _alike(PollSettings, config.poll)
    allowed = config.network.allow_private
    names = channel_names(lists["channels"], remarks)
    words = word_lists(root.get("lists"), remarks)
    told = root.get("alerts")
    check_channels("operator", told.get("operator") if told else None, names, remarks)
    settings = Settings(
        path=path,
        database=beside(path.parent, config.database),
        timezone=config.timezone or machine_zone(),
        archive=config.archive,
        database_group=config.database_group,
        keep=Keep(unmatched=config.keep, matched=config.keep_matched),
        listen=config.http.listen,
        heartbeat=_alike(Heartbeat, config.heartbeat) if config.heartbeat else None,
        operator=None if config.alerts.operator is None else tuple(config.alerts.operator),
        poll=poll,
        network=_alike(NetworkSettings, config.network),
        sources=SourceReader(path, poll, AddressPolicy(allowed), remarks).read(lists["sources"]),
        topics=TopicReader(path, File(text, remarks), names, words).read(lists["topics"]),
        channels=ChannelReader(path.parent, text, allowed, remarks).read(lists["channels"]),
        lists={name: tuple(entries) for name, entries in config.lists.items()},
    )
    _weigh(settings, root, remarks)
    return settings


def _root(data: bytes, remarks: Remarks) -> tuple[str, Node | None]:
    """The text and its tree; None after telling why there is none."""
    text = text_of(data, remarks)
    if text is None:
        return "", None
    root = tree(text, remarks)
    if root is not None and isinstance(root.value, dict):
        return text, root
    if not remarks.faults:
        empty = root is None or root.value is None
        said = "is empty" if empty else "must hold keys, such as `sources:`"
        remarks.fault(root or Spot(1, 1), f"{said}: `news-monitor init` writes a starter")
    return text, None


def _list(root: Node, key: str, remarks: Remarks) -> Node | None:
    """The list under this key; None when it is left out, empty or no list (a fault)."""
    node = root.get(key)
    if node is None or node.value is None:
        return None
    if not isinstance(node.value, list):
        remarks.fault(node, f"{key}: must be a list, each item on a line of its own after '- '")
        return None
    return node


def _alike(kind: type[T], written: BaseModel) -> T:
    """The settings whose fields have the names of the keys; lists become tuples."""
    values = {field.name: getattr(written, field.name) for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})


def _weigh(settings: Settings, root: Node, remarks: Remarks) -> None:
    """What no key shows by itself."""
    poll = settings.poll
    if poll.min and poll.max and poll.min > poll.max:
        section = root.get("poll") or root
        remarks.fault(section.get("max"), "max: is shorter than min")
    _weigh_watchers(settings, root, remarks)
    sources = root.get("sources")
    if sources is None or not sources.items():
        remarks.warn(sources or root, "no sources: nothing is watched")


def _weigh_watchers(settings: Settings, root: Node, remarks: Remarks) -> None:
    beat, listen = settings.heartbeat, settings.listen
    if beat and (why := refusal(beat.url, AddressPolicy(settings.network.allow_private))):
        section = root.get("heartbeat") or root
        remarks.warn(section.get("url"), f"url: {why}; no heartbeat will reach it")
    if listen and listen.host != "localhost" and not ip_address(listen.host).is_loopback:
        section = root.get("http") or root
        said = "listen: whoever reaches this address may read the metrics"
        remarks.warn(section.get("listen"), said)


def machine_zone() -> str:
    """The zone of this machine, as an IANA name; UTC where it does not say."""
    named = os.environ.get("TZ", "").lstrip(":")
    with contextlib.suppress(OSError):
        named = named or str(Path("/etc/localtime").readlink()).partition("zoneinfo/")[2]
    return named if named and find_zone(named) else "UTC"
