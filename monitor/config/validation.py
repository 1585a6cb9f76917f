"""A node checked against the model of its section; every error gets the node's position."""

from typing import Any, TypeVar

from pydantic import ValidationError

from monitor.config.diagnostics import Diagnostics
from monitor.config.nodes import Node, to_plain
from monitor.fields.hints import did_you_mean, quoted
from monitor.fields.section import Section, known_keys, section_under

S = TypeVar("S", bound=Section)


def validate(
    model: type[S], node: Node, diagnostics: Diagnostics, without: tuple[str, ...] = ()
) -> S | None:
    """Return the node as this model, without the keys in `without`.

    None if invalid; every error is added to `diagnostics`.
    """
    value = to_plain(node)
    if isinstance(value, dict):
        value = {key: each for key, each in value.items() if key not in without}
    try:
        return model.model_validate(value, by_alias=True, by_name=False)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        around = {each["loc"][:-1] for each in errors}
        for each in errors:
            if each["type"] != "too_short" or each["loc"] not in around:  # only valid items count
                _report(model, node, each, diagnostics)
        return None


def _report(model: type[Section], node: Node, error: Any, diagnostics: Diagnostics) -> None:
    kind, loc = error["type"], tuple(error["loc"])
    name = str(loc[-1]).partition(":")[0] if loc else ""  # `password:x` (no blank) is a key
    if kind == "missing":
        diagnostics.fault(node_at(node, loc[:-1]), _missing_message(_model_at(model, loc), name))
    elif kind == "extra_forbidden":
        known = known_keys(_model_at(model, loc))
        diagnostics.fault(
            node_at(node, loc, key=True), f"unknown key {quoted(name)}{did_you_mean(name, known)}"
        )
    else:
        at = node_at(node, loc, key=loc[-1:] == ("[key]",))
        diagnostics.fault(at, _message(key_named(loc), at, error))


def node_at(node: Node, loc: tuple[str | int, ...], *, key: bool = False) -> Node:
    """Return the node at this path, else the nearest one around it.

    `key`: return the key of the last pair on the path in place of its value.
    """
    place = node
    for part in loc:
        if isinstance(node.value, dict) and part in node.value:
            place, node = node.value[str(part)]
        elif isinstance(node.value, list) and isinstance(part, int) and part < len(node.value):
            place = node = node.value[part]
    return place if key else node


def _model_at(model: type[Section], loc: tuple[str | int, ...]) -> type[Section]:
    """Return the model that has the last key of this path."""
    for part in loc[:-1]:
        model = section_under(model, str(part)) or model
    return model


def key_named(loc: tuple[str | int, ...]) -> str:
    """Return the last key of a path; empty if there is none."""
    return next((part for part in reversed(loc) if isinstance(part, str) and part != "[key]"), "")


def _missing_message(model: type[Section], name: str) -> str:
    examples = known_keys(model)[name].examples or [name]
    return f"'{name}' is missing: add `{name}: {examples[0]}`"


def _message(name: str, node: Node, error: Any) -> str:
    kind, context = error["type"], error.get("ctx", {})
    subject = f"{name}: " if name else ""
    if kind == "value_error":
        return f"{subject}{context['error']}"
    if node.value is None:
        return f"{subject}has no value: write one or leave the key out"
    if kind == "enum" and isinstance(node.value, str):
        words = context["expected"].replace(" or ", ", ").replace("'", "").split(", ")
        return f"{subject}{quoted(node.value)} is unknown here{did_you_mean(node.value, words)}"
    meaning = _MESSAGES[kind].format(**context) if kind in _MESSAGES else error["msg"]
    return f"{subject}{meaning}"


_NUMBER, _TRUTH, _KEYS = "must be a whole number", "must be true or false", "must hold keys"
_LIST = "must be a list, each item on a line of its own after '- '"
_MESSAGES = {
    "string_type": "must be one text, without brackets or braces",
    "enum": "must be one word",
    "tuple_type": _LIST,
    "list_type": _LIST,
    "dict_type": f"{_KEYS}, each as `name: value`",
    "model_type": f"{_KEYS}, each as `name: value`",
    "int_type": _NUMBER,
    "int_parsing": _NUMBER,
    "int_parsing_size": _NUMBER,
    "int_from_float": _NUMBER,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "too_short": "must name at least {min_length}",
    "too_long": "must name at most {max_length}",
}
