"""A node against a shape: the value, or faults that stand where the node stands."""

from typing import Any, TypeVar

from pydantic import ValidationError

from monitor.config.diagnostics import Remarks
from monitor.config.nodes import Node, plain
from monitor.fields.hints import nearest, shown
from monitor.fields.section import Section, known_keys, section_under

S = TypeVar("S", bound=Section)


def checked(
    shape: type[S], node: Node, remarks: Remarks, without: tuple[str, ...] = ()
) -> S | None:
    """The node as this shape, the keys in `without` left out; None after telling every fault."""
    value = plain(node)
    if isinstance(value, dict):
        value = {key: each for key, each in value.items() if key not in without}
    try:
        return shape.model_validate(value, by_alias=True, by_name=False)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        around = {each["loc"][:-1] for each in errors}
        for each in errors:
            if each["type"] != "too_short" or each["loc"] not in around:  # only valid items count
                _tell(shape, node, each, remarks)
        return None


def _tell(shape: type[Section], node: Node, error: Any, remarks: Remarks) -> None:
    kind, loc = error["type"], tuple(error["loc"])
    name = str(loc[-1]).partition(":")[0] if loc else ""  # `password:x` (no blank) is a key
    if kind == "missing":
        remarks.fault(node_at(node, loc[:-1]), _missing(_shape_at(shape, loc), name))
    elif kind == "extra_forbidden":
        known = known_keys(_shape_at(shape, loc))
        remarks.fault(
            node_at(node, loc, key=True), f"unknown key {shown(name)}{nearest(name, known)}"
        )
    else:
        at = node_at(node, loc, key=loc[-1:] == ("[key]",))
        remarks.fault(at, _wrong(key_named(loc), at, error))


def node_at(node: Node, loc: tuple[str | int, ...], *, key: bool = False) -> Node:
    """Return the node at this place, else the nearest around it; with `key`, the key of it."""
    place = node
    for part in loc:
        if isinstance(node.value, dict) and part in node.value:
            place, node = node.value[str(part)]
        elif isinstance(node.value, list) and isinstance(part, int) and part < len(node.value):
            place = node = node.value[part]
    return place if key else node


def _shape_at(shape: type[Section], loc: tuple[str | int, ...]) -> type[Section]:
    """The shape that holds the last key of this place."""
    for part in loc[:-1]:
        shape = section_under(shape, str(part)) or shape
    return shape


def key_named(loc: tuple[str | int, ...]) -> str:
    return next((part for part in reversed(loc) if isinstance(part, str) and part != "[key]"), "")


def _missing(shape: type[Section], name: str) -> str:
    examples = known_keys(shape)[name].examples or [name]
    return f"'{name}' is missing: add `{name}: {examples[0]}`"


def _wrong(name: str, node: Node, error: Any) -> str:
    kind, context = error["type"], error.get("ctx", {})
    subject = f"{name}: " if name else ""
    if kind == "value_error":
        return f"{subject}{context['error']}"
    if node.value is None:
        return f"{subject}has no value: write one or leave the key out"
    if kind == "enum" and isinstance(node.value, str):
        words = context["expected"].replace(" or ", ", ").replace("'", "").split(", ")
        return f"{subject}{shown(node.value)} is unknown here{nearest(node.value, words)}"
    meaning = _KINDS[kind].format(**context) if kind in _KINDS else error["msg"]
    return f"{subject}{meaning}"


_NUMBER, _TRUTH, _KEYS = "must be a whole number", "must be true or false", "must hold keys"
_LIST = "must be a list, each item on a line of its own after '- '"
_KINDS = {
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
