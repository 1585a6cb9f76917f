"""Converts values of a user's template to text: as JSON, as HTML, or escaped for chat services."""

import json
import re
from collections.abc import Iterable
from typing import Any

import jinja2
from jinja2.runtime import Context
from markupsafe import Markup, escape

from monitor.core.messages.template_budget import PER_ITEM, budget_of


@jinja2.pass_context
def concatenate(context: Context, parts: Iterable[Any]) -> str:
    """Join like `a ~ b`; where one part is escaped already, the others are escaped too."""
    given = list(parts)
    escaped = any(isinstance(part, Markup) for part in given)
    texts = [escape_json(context, part) if escaped else to_text(context, part) for part in given]
    budget_of(context).spend(sum(map(len, texts)))
    return (Markup("") if escaped else "").join(texts)


@jinja2.pass_context  # which also keeps jinja2 from escaping constants as HTML beforehand
def escape_json(context: Context, value: Any) -> Markup:
    """Escape a text for the inside of a JSON string; encode any other value as JSON."""
    if isinstance(value, Markup):
        budget_of(context).spend(len(value))
        return value
    if isinstance(value, jinja2.Undefined):
        return Markup(str(value))  # which raises, with the name of what is missing
    encoded = to_json(context, value)
    return encoded[1:-1] if isinstance(value, str) else encoded


@jinja2.pass_context
def to_text(context: Context, value: Any) -> Any:
    """Return a text as it is, nothing for None, anything else as JSON."""
    if isinstance(value, str):
        budget_of(context).spend(len(value))
        return value
    if value is None or isinstance(value, jinja2.Undefined):
        return "" if value is None else value
    return str(to_json(context, value))


@jinja2.pass_context
def to_json(context: Context, value: Any) -> Markup:
    """Encode a value as JSON, each piece charged to the budget. Raises ValueError for NaN."""
    made = []
    for piece in _ENCODER.iterencode(value):
        budget_of(context).spend(PER_ITEM + len(piece))
        made.append(piece)
    return Markup("".join(made))


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def escape_html(value: Any) -> str:
    """Escape for HTML; the result is still to be escaped for JSON."""
    return str(escape(str(value)))


# ── markup of chat services ──────────────────────────────────────────────────────────────

_AT = "@\u200b"  # a zero-width space after it, so that `@everyone` or `@here` is no mention
_MARKS = re.compile(r"([\\`*_~|<>\[\](){}#+!-])")


def escape_slack(value: Any) -> str:
    """Escape Slack's three characters, so that `<!channel>` and `<http://…|text>` are text.

    Source: docs.slack.dev, formatting message text.
    """
    return (
        str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", _AT)
    )


def escape_markdown(value: Any) -> str:
    """Put a backslash before each mark of Markdown (CommonMark 2.4): for Discord, Teams, others."""
    return _MARKS.sub(r"\\\1", str(value)).replace("@", _AT)
