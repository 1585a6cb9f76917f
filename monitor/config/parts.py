"""The file against its shape: each item by itself, so that one fault hides no other."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from monitor.config import shape
from monitor.config.nodes import Document, Loc

Indexed = list[tuple[Loc, Any]]

_ITEMS: dict[str, tuple[type[BaseModel], ...]] = {
    "sources": (shape.Source, shape.Include),
    "topics": (shape.Topic,),
    "channels": (shape.Email, shape.Webhook),
}


class Report:
    """Collects what is wrong, and what only looks so."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.faults = list(document.faults)
        self.elsewhere: list[str] = []  # ready lines about included files
        self.warnings: list[tuple[tuple[int, int], str]] = []

    def fault(self, loc: Loc, message: str, *, key: bool = False) -> None:
        self.faults.append((self._document.at(loc, key=key), message))

    def warn(self, loc: Loc, message: str) -> None:
        self.warnings.append((self._document.at(loc), message))

    def fault_lines(self) -> list[str]:
        lines = [self._document.line(*fault) for fault in sorted(set(self.faults))]
        return lines + self.elsewhere

    def warning_lines(self) -> tuple[str, ...]:
        return tuple(
            self._document.line(mark, f"warning: {message}")
            for mark, message in sorted(set(self.warnings))
        )


@dataclass(slots=True)
class Parts:
    """What of the file has the right shape; a list's items with their places."""

    database: str = "news.db"
    timezone: str | None = None
    poll: shape.Poll = field(default_factory=shape.Poll)
    network: shape.Network = field(default_factory=shape.Network)
    sources: Indexed = field(default_factory=list)
    topics: Indexed | None = None  # None: the file has no such list
    channels: Indexed = field(default_factory=list)


def parts_of(document: Document, report: Report) -> Parts:
    """Reports every fault of shape and returns the rest."""
    parts = Parts()
    for key, value in document.value.items():
        if key not in shape.Config.model_fields:
            report.fault((key,), f"unknown key '{key}'{_nearest((key,))}", key=True)
        elif key in _ITEMS:
            if value is not None:
                setattr(parts, key, list(_items(key, value, report)))
        elif (part := _part(key, value, report)) is not None:
            setattr(parts, key, part)
    return parts


def _part(key: str, value: Any, report: Report) -> Any:
    field_type: Any = shape.Config.model_fields[key].rebuild_annotation()
    return _checked(TypeAdapter(field_type), value, (key,), report)


def _items(key: str, value: Any, report: Report) -> Iterator[tuple[Loc, Any]]:
    if not isinstance(value, list):
        report.fault((key,), f"{key} is a list (begin each item with '- ')")
        return
    for i, item in enumerate(value):
        loc = (key, i)
        if key == "topics" and isinstance(item, str):
            item = {"name": item}
        model = _model_of(key, item)
        if model is None:
            report.fault(loc, _what_is_wanted(key))
        elif (checked := _checked(TypeAdapter(model), item, loc, report)) is not None:
            yield loc, checked


def _model_of(key: str, item: Any) -> type[BaseModel] | None:
    """Which shape an item means to have."""
    if not isinstance(item, dict):
        return None
    if key == "sources":
        return shape.Include if "include" in item else shape.Source
    if key == "channels":
        kinds: dict[str, type[BaseModel]] = {"email": shape.Email, "webhook": shape.Webhook}
        return kinds.get(str(item.get("type")))
    return shape.Topic


def _what_is_wanted(key: str) -> str:
    return {
        "sources": "a source is '- name: …' with a url, or '- include: FILE'",
        "topics": "a topic is '- name: …' with a match, or the name of a built-in one",
        "channels": "a channel needs a type (write type: email or type: webhook)",
    }[key]


def _checked(adapter: TypeAdapter[Any], value: Any, loc: Loc, report: Report) -> Any:
    """The model; of a faulty value what is left without its faults, so that more can be told."""
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        faulty = []
        for each in error.errors(include_url=False, include_input=False):
            inner = tuple(part for part in each["loc"] if part not in ("str", "list[str]"))
            _explain((*loc, *inner), each, report)
            faulty.append(inner)
    try:
        return adapter.validate_python(_without(value, faulty))
    except ValidationError:
        return None


def _without(value: Any, faulty: list[Loc], at: Loc = ()) -> Any:
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if (*at, k) not in faulty}
        return {k: _without(v, faulty, (*at, k)) for k, v in kept.items()}
    if isinstance(value, list):
        items = [(i, v) for i, v in enumerate(value) if (*at, i) not in faulty]
        return [_without(v, faulty, (*at, i)) for i, v in items]
    return value


def _explain(loc: Loc, error: Any, report: Report) -> None:
    kind, message = error["type"], str(error["msg"])
    name = next((part for part in reversed(loc) if isinstance(part, str)), "")
    if kind == "extra_forbidden":
        report.fault(loc, f"unknown key '{name}'{_nearest(loc)}", key=True)
    elif kind == "missing":
        report.fault(loc[:-1], f"'{name}' is missing")
    else:
        report.fault(loc, f"{name}: {message.removeprefix('Value error, ')}")


def _nearest(loc: Loc) -> str:
    """The key that was probably meant, among those that may stand there."""
    words = [part for part in loc if isinstance(part, str)]
    sections: dict[str, list[type[BaseModel]]] = {
        "poll": [shape.Poll],
        "network": [shape.Network],
        "sources": [*_ITEMS["sources"]],
        "topics": [*_ITEMS["topics"]],
        "channels": [shape.Smtp] if "smtp" in words[:-1] else [*_ITEMS["channels"]],
    }
    models = sections.get(words[0] if len(words) > 1 else "", [shape.Config])
    keys = sorted({field.alias or name for m in models for name, field in m.model_fields.items()})
    near = difflib.get_close_matches(str(loc[-1]), keys, n=1)
    if near:
        return f" (did you mean '{near[0]}'?)"
    return f" (known here: {', '.join(key for key in keys if not key.endswith(('_file', '_env')))})"
