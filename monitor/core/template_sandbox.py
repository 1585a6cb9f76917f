"""Where a user's template runs: nothing outside is in reach, and what it may make is bounded.

Written for JSON, every `{{ … }}` is escaped for the inside of a JSON string.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.filters import do_join, do_replace
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

MOST_WORK = 10_000_000  # characters joined, and rounds of a loop, of which each counts for
ROUND = 20
WORK = "_work"  # the context's counter

# Methods of texts that make no text longer; the filters do the rest.
_TEXT_METHODS = frozenset(("endswith", "lower", "lstrip", "rstrip", "split", "startswith", "strip"))
# They pad without bound, differ from attempt to attempt, or pass HTML off as safe.
_NO_FILTERS = (
    "center",
    "format",
    "indent",
    "pprint",
    "random",
    "safe",
    "string",
    "urlize",
    "xmlattr",
)


class Work:
    """What a rendering may still do."""

    def __init__(self) -> None:
        self._left = MOST_WORK

    def spend(self, amount: int) -> None:
        self._left -= amount
        if self._left < 0:
            raise SecurityError("loops or joins without end")


class Sandbox(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset(("*", "**", "+", "%"))

    def __init__(self, *, is_json: bool) -> None:
        super().__init__(
            undefined=jinja2.StrictUndefined,
            autoescape=is_json,  # so that the output of macros is known to be escaped
            finalize=_in_json if is_json else _plain,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.globals = {name: self.globals[name] for name in ("dict", "namespace", "range")}
        for name in _NO_FILTERS:
            del self.filters[name]
        self.filters.update(dict.fromkeys(("e", "escape", "forceescape"), _html))
        self.filters.update(counted=_counted, joined=_joined, join=_join, replace=_replace)
        self.filters.update(tojson=_tojson, slack=slack, markdown=markdown)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`data.items` is the key of that name, not the method."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, str) and attr not in _TEXT_METHODS:
            return False
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """`"…".format` is refused like every other method that pads without bound."""

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return _joined(context, (left, right))
        if operator != "+" and not all(_is_small(each) for each in (left, right)):
            raise SecurityError(f"'{operator}' works on numbers only, and small ones")
        if operator == "+" and isinstance(left, list | tuple):
            context[WORK].spend(len(left) + len(right))
        return super().call_binop(context, operator, left, right)


def _is_small(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) <= 1_000_000


class Bounding(NodeTransformer):
    """Has every loop counted, and every join."""

    def visit_For(self, node: nodes.For) -> nodes.Node:
        self.generic_visit(node)
        node.iter = _filtered("counted", node.iter)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return _filtered("joined", nodes.List(node.nodes, lineno=node.lineno))


def _filtered(name: str, node: nodes.Node) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


@jinja2.pass_context
def _counted(context: Context, items: Iterable[Any]) -> Iterator[Any]:
    work: Work = context[WORK]
    for item in items:
        work.spend(ROUND)
        yield item


@jinja2.pass_context
def _joined(context: Context, parts: Iterable[Any]) -> str:
    """`a ~ b`; where one is escaped already, the others are too."""
    given = list(parts)
    escaped = any(isinstance(part, Markup) for part in given)
    texts = [_in_json(context, part) if escaped else _plain(context, part) for part in given]
    context[WORK].spend(sum(map(len, texts)))
    return (Markup("") if escaped else "").join(texts)


@jinja2.pass_context
def _join(context: Context, items: Any, between: str = "", attribute: str | None = None) -> str:
    joined: str = do_join(context.eval_ctx, items, between, attribute)
    context[WORK].spend(len(joined))
    return joined


@jinja2.pass_context
def _replace(context: Context, text: Any, old: str, new: str, count: int | None = None) -> str:
    context[WORK].spend(str(text).count(old) * len(new))
    return do_replace(context.eval_ctx, text, old, new, count)


@jinja2.pass_context  # which also keeps jinja2 from escaping constants as HTML beforehand
def _in_json(context: Context, value: Any) -> Markup:
    """A text as it stands between the quotes of a JSON string; anything else as JSON."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, jinja2.Undefined):
        return Markup(str(value))  # which raises, with the name of what is missing
    told = _tojson(context, value)
    return told[1:-1] if isinstance(value, str) else told


@jinja2.pass_context
def _plain(context: Context, value: Any) -> Any:
    if value is None or isinstance(value, str | jinja2.Undefined):
        return "" if value is None else value
    return str(_tojson(context, value))


@jinja2.pass_context
def _tojson(context: Context, value: Any) -> Markup:
    made = []
    for piece in _ENCODER.iterencode(value):
        context[WORK].spend(ROUND + len(piece))
        made.append(piece)
    return Markup("".join(made))


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def _html(value: Any) -> str:
    """Escaped for HTML, and still to be escaped for JSON."""
    return str(escape(str(value)))


# ── what chats take for their own marks ──────────────────────────────────────────────────

_AT = "@\u200b"  # nobody's name: `@everyone`, `@here`, `@channel`
_MARKS = re.compile(r"([\\`*_~|<>\[\](){}#+!-])")


def slack(value: Any) -> str:
    """Slack's three characters as entities, so that `<!channel>` and `<http://…|text>` are text.

    docs.slack.dev, formatting message text.
    """
    return (
        str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", _AT)
    )


def markdown(value: Any) -> str:
    """Each mark of Markdown behind a backslash (CommonMark 2.4): for Discord, Teams and others."""
    return _MARKS.sub(r"\\\1", str(value)).replace("@", _AT)
