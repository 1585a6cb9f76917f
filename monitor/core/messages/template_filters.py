"""Filters and tests of a user's template, with the cost that each is charged.

Nothing beyond these exists in a template. Most are Jinja2's own, wrapped: their arguments are
charged before they run and their results afterwards. Those whose result can be much larger than
their arguments are charged for it beforehand, or rewritten here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import jinja2
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS, do_replace, do_reverse, do_round, do_wordwrap
from jinja2.runtime import Context
from jinja2.tests import TESTS

from monitor.core.messages.template_budget import PER_CALL, PER_ITEM, budget_of
from monitor.core.messages.template_text import (
    concatenate,
    escape_html,
    escape_markdown,
    escape_slack,
    to_json,
)

MAX_NUMBER = 100_000  # as an argument of a filter
MAX_DIGITS = 20  # `round` to so many places

# Filters of a scalar, and the cost of each per character of it.
_SCALAR_FILTERS = {
    "capitalize": 2,
    "filesizeformat": 2,
    "float": 2,
    "int": 2,
    "lower": 2,
    "title": 20,  # splits the text into words
    "trim": 2,
    "truncate": 2,
    "upper": 2,
    "urlencode": 12,
    "wordcount": 4,
}
# Filters of an iterable: charged for each item, for everything inside, or for nothing.
_ITEM_FILTERS = ("batch", "list", "map", "reject", "rejectattr", "select", "selectattr", "slice")
_DEEP_FILTERS = ("dictsort", "groupby", "max", "min", "sort", "unique")
_SHALLOW_FILTERS = ("count", "d", "default", "first", "items", "last", "length")

_COMPARISONS = (
    *("==", "!=", "<", "<=", ">", ">=", "eq", "equalto", "ge", "greaterthan", "gt", "in"),
    *("le", "lessthan", "lt", "ne"),
)
_NUMBER_TESTS = ("divisibleby", "even", "odd")
_TEXT_TESTS = ("lower", "upper")
_TYPE_TESTS = (
    *("boolean", "callable", "defined", "escaped", "false", "filter", "float", "integer"),
    *("iterable", "mapping", "none", "number", "sameas", "sequence", "string", "test", "true"),
    "undefined",
)

Filter = Callable[..., Any]
_FILTERS: Mapping[str, Any] = FILTERS
_TESTS: Mapping[str, Any] = TESTS


def allowed_filters() -> dict[str, Filter]:
    """All filters of a template, by name."""
    filters: dict[str, Filter] = dict.fromkeys(
        ("e", "escape", "forceescape"), _charged_by_length(escape_html, 6)
    )
    for name, factor in _SCALAR_FILTERS.items():
        filters[name] = _charged_by_length(_FILTERS[name], factor)
    for name in _ITEM_FILTERS:
        filters[name] = _charged(_FILTERS[name], _charge_items)
    for name in _DEEP_FILTERS:
        filters[name] = _charged(_FILTERS[name], _charge_contents)
    for name in _SHALLOW_FILTERS:
        filters[name] = _charged(_FILTERS[name], _charge_nothing)
    filters |= {"abs": _charged(abs, _check_number), "round": _charged(_round, _check_number)}
    filters |= {"striptags": _charged(_FILTERS["striptags"], _charge_tags), "reverse": _reverse}
    filters |= {"replace": _replace, "wordwrap": _wordwrap, "sum": _sum}
    filters |= {
        "slack": _charged_by_length(escape_slack, 6),
        "markdown": _charged_by_length(escape_markdown, 3),
    }
    return filters | {"join": _join, "tojson": to_json}


def allowed_tests() -> dict[str, Filter]:
    """All tests of a template, by name."""
    return {
        **{name: _charged(_TESTS[name], _charge_nothing) for name in _TYPE_TESTS},
        **{name: _charged(_TESTS[name], _charge_contents) for name in _COMPARISONS},
        **{name: _charged(_TESTS[name], _check_number) for name in _NUMBER_TESTS},
        **{name: _charged(_TESTS[name], _charge_scalar) for name in _TEXT_TESTS},
    }


# ── charging ─────────────────────────────────────────────────────────────────────────────


def _charged(function: Filter, charge: Callable[[Context, Any], Any]) -> Filter:
    """Wrap a filter or test: `charge` charges for its value, the wrapper for the rest."""

    @jinja2.pass_context
    def call(context: Context, value: Any, *args: Any, **kwargs: Any) -> Any:
        budget = budget_of(context)
        budget.spend(PER_CALL)
        given = (*args, *kwargs.values())
        budget.spend_on(*given)
        if any(isinstance(each, int) and abs(each) > MAX_NUMBER for each in given):
            raise SecurityError(f"a filter takes numbers up to {MAX_NUMBER:,}")
        passed = _context_arguments(function, context)
        made = function(*passed, charge(context, value), *args, **kwargs)
        if isinstance(made, Iterator):
            return budget.charge_each(made)
        budget.spend_on_new(made)
        return made

    return call


def _context_arguments(function: Filter, context: Context) -> tuple[Any, ...]:
    """The arguments that Jinja2 passes to a function decorated with `pass_context` and the like."""
    match getattr(getattr(function, "jinja_pass_arg", None), "name", None):
        case "context":
            return (context,)
        case "eval_context":
            return (context.eval_ctx,)
        case "environment":
            return (context.environment,)
        case _:
            return ()


def _charged_by_length(function: Filter, factor: int) -> Filter:
    def charge(context: Context, value: Any) -> Any:
        budget_of(context).spend(factor * len(str(_charge_scalar(context, value))))
        return value

    return _charged(function, charge)


def _charge_nothing(context: Context, value: Any) -> Any:
    return value


def _charge_scalar(context: Context, value: Any) -> Any:
    """Charge a text by its length. Raises SecurityError for a list or an object."""
    if isinstance(value, jinja2.Undefined):
        str(value)  # raises, with the name of what is missing
    if value is not None and not isinstance(value, str | int | float):
        raise SecurityError("this works on a text or a number only; `tojson` shows anything else")
    if isinstance(value, str):
        budget_of(context).spend(len(value))
    return value


def _check_number(context: Context, value: Any) -> Any:
    if not isinstance(value, int | float | jinja2.Undefined):
        raise SecurityError("this works on numbers only")
    return value


def _charge_items(context: Context, value: Any) -> Any:
    if isinstance(value, jinja2.Undefined):
        return value
    return budget_of(context).charge_each(value)


def _charge_listed(context: Context, value: Any) -> list[Any]:
    return list(_charge_items(context, value))


def _charge_contents(context: Context, value: Any) -> Any:
    if isinstance(value, Iterator):
        value = list(value)  # each item of it is charged where it comes from
    budget_of(context).spend_on(value)
    return value


def _charge_tags(context: Context, value: Any) -> Any:
    """Charge for `striptags`, which copies the text once for every tag."""
    text = str(_charge_scalar(context, value))
    budget_of(context).spend(text.count("<") * len(text))
    return value


# ── rewritten filters ────────────────────────────────────────────────────────────────────


def _round(value: Any, precision: int = 0, method: str = "common") -> Any:
    if abs(precision) > MAX_DIGITS:
        raise SecurityError(f"rounds to {MAX_DIGITS} places at most")
    return do_round(value, precision, method)  # type: ignore[arg-type]


@jinja2.pass_context
def _reverse(context: Context, value: Any) -> Any:
    charge = _charge_scalar if isinstance(value, str) else _charge_listed
    return _charged(do_reverse, charge)(context, value)


@jinja2.pass_context
def _replace(context: Context, text: Any, old: str, new: str, count: int | None = None) -> str:
    text, old, new = (_charge_scalar(context, each) for each in (text, old, new))
    budget_of(context).spend(PER_CALL + str(text).count(str(old)) * len(str(new)))
    return do_replace(context.eval_ctx, text, old, new, count)


@jinja2.pass_context
def _wordwrap(context: Context, text: Any, width: int = 79, *args: Any, **kwargs: Any) -> Any:
    """Charge for splitting the text into words, and for `wrapstring`, which may be long."""
    size = len(str(_charge_scalar(context, text)))
    longest = max(
        (len(each) for each in (*args, *kwargs.values()) if isinstance(each, str)), default=1
    )
    if not isinstance(width, int) or width < 1:
        raise SecurityError("wraps at a whole number of characters")
    lines = size // width + str(text).count("\n") + 1
    budget_of(context).spend(PER_ITEM * size + lines * longest)
    return do_wordwrap(context.environment, text, width, *args, **kwargs)


@jinja2.pass_context
def _sum(
    context: Context, items: Iterable[Any], attribute: str | int | None = None, start: Any = 0
) -> Any:
    total = _check_number(context, start)
    if attribute is not None:
        items = context.environment.call_filter("map", items, [], {"attribute": attribute}, context)
    for item in budget_of(context).charge_each(items):
        total += _check_number(context, item)
    return total


@jinja2.pass_context
def _join(context: Context, items: Any, between: str = "", attribute: str | None = None) -> str:
    if attribute is not None:
        items = context.environment.call_filter("map", items, [], {"attribute": attribute}, context)
    parts: list[Any] = []
    for item in budget_of(context).charge_each(items):
        parts += (between, item) if parts else (item,)
    return concatenate(context, parts)
