"""Values of a user's template → text: JSON, HTML, and what chats take for their own marks."""

import json
import re
from collections.abc import Iterable
from typing import Any

import jinja2
from jinja2.runtime import Context
from markupsafe import Markup, escape

from monitor.core.messages.template_budget import ROUND, budget_of


@jinja2.pass_context
def joined(context: Context, parts: Iterable[Any]) -> str:
    """Join like `a ~ b`; where one part is escaped already, the others are escaped too."""
    given = list(parts)
    escaped = any(isinstance(part, Markup) for part in given)
    texts = [in_json(context, part) if escaped else plain(context, part) for part in given]
    budget_of(context).spend(sum(map(len, texts)))
    return (Markup("") if escaped else "").join(texts)


@jinja2.pass_context  # which also keeps jinja2 from escaping constants as HTML beforehand
def in_json(context: Context, value: Any) -> Markup:
    """Encode a text for between the quotes of a JSON string; anything else as JSON."""
    if isinstance(value, Markup):
        budget_of(context).spend(len(value))
        return value
    if isinstance(value, jinja2.Undefined):
        return Markup(str(value))  # which raises, with the name of what is missing
    encoded = to_json(context, value)
    return encoded[1:-1] if isinstance(value, str) else encoded


@jinja2.pass_context
def plain(context: Context, value: Any) -> Any:
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
        budget_of(context).spend(ROUND + len(piece))
        made.append(piece)
    return Markup("".join(made))


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def html(value: Any) -> str:
    """Escape for HTML; the result is still to be escaped for JSON."""
    return str(escape(str(value)))


# ── what chats take for their own marks ──────────────────────────────────────────────────

_AT = "@\u200b"  # nobody's name: `@everyone`, `@here`, `@channel`
_MARKS = re.compile(r"([\\`*_~|<>\[\](){}#+!-])")


def slack(value: Any) -> str:
    """Escape Slack's three characters, so that `<!channel>` and `<http://…|text>` are text.

    Source: docs.slack.dev, formatting message text.
    """
    return (
        str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", _AT)
    )


def markdown(value: Any) -> str:
    """Put a backslash before each mark of Markdown (CommonMark 2.4): for Discord, Teams, others."""
    return _MARKS.sub(r"\\\1", str(value)).replace("@", _AT)
