"""The filters and tests a user's template may use, each with what it may take.

Only what is listed here exists. Most come from jinja2 and are wrapped: what they are given is
charged before they run, and what they make afterwards; those whose result may be much larger than
what they are given are charged for that beforehand, or written anew.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import jinja2
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS, do_replace, do_reverse, do_round, do_wordwrap
from jinja2.runtime import Context
from jinja2.tests import TESTS

from monitor.core.messages.template_budget import MADE, ROUND, budget_of
from monitor.core.messages.template_text import html, joined, markdown, slack, to_json

LARGEST_NUMBER = 100_000  # as an argument of a filter
MOST_DIGITS = 20  # `round` to so many places

# Of a text, a number, true, false or none. Number: how many times its length they may take.
_OF_SCALARS = {
    "capitalize": 2,
    "filesizeformat": 2,
    "float": 2,
    "int": 2,
    "lower": 2,
    "title": 20,  # it splits the text into words
    "trim": 2,
    "truncate": 2,
    "upper": 2,
    "urlencode": 12,
    "wordcount": 4,
}
_OF_ITEMS = ("batch", "list", "map", "reject", "rejectattr", "select", "selectattr", "slice")
_OF_EVERYTHING_INSIDE = ("dictsort", "groupby", "max", "min", "sort", "unique")
_OF_THE_OUTSIDE = ("count", "d", "default", "first", "items", "last", "length")

_COMPARING = ("==", "!=", "<", "<=", ">", ">=", "eq", "equalto", "ge", "greaterthan", "gt", "in")
_COMPARING_TOO = ("le", "lessthan", "lt", "ne")
_OF_NUMBERS = ("divisibleby", "even", "odd")
_OF_TEXTS = ("lower", "upper")
_OF_THE_KIND = (
    *("boolean", "callable", "defined", "escaped", "false", "filter", "float", "integer"),
    *("iterable", "mapping", "none", "number", "sameas", "sequence", "string", "test", "true"),
    "undefined",
)

Filter = Callable[..., Any]
_FILTERS: Mapping[str, Any] = FILTERS
_TESTS: Mapping[str, Any] = TESTS


def allowed_filters() -> dict[str, Filter]:
    """By name."""
    filters: dict[str, Filter] = dict.fromkeys(("e", "escape", "forceescape"), _of_scalar(html, 6))
    for name, factor in _OF_SCALARS.items():
        filters[name] = _of_scalar(_FILTERS[name], factor)
    for name in _OF_ITEMS:
        filters[name] = _bounded(_FILTERS[name], _counted)
    for name in _OF_EVERYTHING_INSIDE:
        filters[name] = _bounded(_FILTERS[name], _weighed)
    for name in _OF_THE_OUTSIDE:
        filters[name] = _bounded(_FILTERS[name], _as_it_is)
    filters |= {"abs": _bounded(abs, _number), "round": _bounded(_round, _number)}
    filters |= {"striptags": _bounded(_FILTERS["striptags"], _tagged), "reverse": _reverse}
    filters |= {"replace": _replace, "wordwrap": _wordwrap, "sum": _sum}
    filters |= {"slack": _of_scalar(slack, 6), "markdown": _of_scalar(markdown, 3)}
    return filters | {"join": _join, "tojson": to_json}


def allowed_tests() -> dict[str, Filter]:
    """By name."""
    return {
        **{name: _bounded(_TESTS[name], _as_it_is) for name in _OF_THE_KIND},
        **{name: _bounded(_TESTS[name], _weighed) for name in (*_COMPARING, *_COMPARING_TOO)},
        **{name: _bounded(_TESTS[name], _number) for name in _OF_NUMBERS},
        **{name: _bounded(_TESTS[name], _scalar) for name in _OF_TEXTS},
    }


# ── what is charged ──────────────────────────────────────────────────────────────────────


def _bounded(function: Filter, take: Callable[[Context, Any], Any]) -> Filter:
    """`take` charges for the value and hands it on; arguments and result are charged here."""

    @jinja2.pass_context
    def call(context: Context, value: Any, *args: Any, **kwargs: Any) -> Any:
        budget = budget_of(context)
        budget.spend(MADE)
        given = (*args, *kwargs.values())
        budget.spend_on(*given)
        if any(isinstance(each, int) and abs(each) > LARGEST_NUMBER for each in given):
            raise SecurityError(f"a filter takes numbers up to {LARGEST_NUMBER:,}")
        passed = _passed(function, context)
        made = function(*passed, take(context, value), *args, **kwargs)
        if isinstance(made, Iterator):
            return budget.counted(made)
        budget.spend_on_new(made)
        return made

    return call


def _passed(function: Filter, context: Context) -> tuple[Any, ...]:
    """What jinja2 hands to a function that is marked as wanting it."""
    match getattr(getattr(function, "jinja_pass_arg", None), "name", None):
        case "context":
            return (context,)
        case "eval_context":
            return (context.eval_ctx,)
        case "environment":
            return (context.environment,)
        case _:
            return ()


def _of_scalar(function: Filter, factor: int) -> Filter:
    def take(context: Context, value: Any) -> Any:
        budget_of(context).spend(factor * len(str(_scalar(context, value))))
        return value

    return _bounded(function, take)


def _as_it_is(context: Context, value: Any) -> Any:
    return value


def _scalar(context: Context, value: Any) -> Any:
    if isinstance(value, jinja2.Undefined):
        str(value)  # raises, with the name of what is missing
    if value is not None and not isinstance(value, str | int | float):
        raise SecurityError("this works on a text or a number only; `tojson` shows anything else")
    if isinstance(value, str):
        budget_of(context).spend(len(value))
    return value


def _number(context: Context, value: Any) -> Any:
    if not isinstance(value, int | float | jinja2.Undefined):
        raise SecurityError("this works on numbers only")
    return value


def _counted(context: Context, value: Any) -> Any:
    if isinstance(value, jinja2.Undefined):
        return value
    return budget_of(context).counted(value)


def _weighed(context: Context, value: Any) -> Any:
    if isinstance(value, Iterator):
        value = list(value)  # where it comes from, it is counted
    budget_of(context).spend_on(value)
    return value


def _tagged(context: Context, value: Any) -> Any:
    """`striptags` copies the text once for every tag."""
    text = str(_scalar(context, value))
    budget_of(context).spend(text.count("<") * len(text))
    return value


# ── filters written anew ─────────────────────────────────────────────────────────────────


def _round(value: Any, precision: int = 0, method: str = "common") -> Any:
    if abs(precision) > MOST_DIGITS:
        raise SecurityError(f"rounds to {MOST_DIGITS} places at most")
    return do_round(value, precision, method)  # type: ignore[arg-type]


@jinja2.pass_context
def _reverse(context: Context, value: Any) -> Any:
    take = _scalar if isinstance(value, str) else lambda *given: list(_counted(*given))
    return _bounded(do_reverse, take)(context, value)


@jinja2.pass_context
def _replace(context: Context, text: Any, old: str, new: str, count: int | None = None) -> str:
    text, old, new = (_scalar(context, each) for each in (text, old, new))
    budget_of(context).spend(MADE + str(text).count(str(old)) * len(str(new)))
    return do_replace(context.eval_ctx, text, old, new, count)


@jinja2.pass_context
def _wordwrap(context: Context, text: Any, width: int = 79, *args: Any, **kwargs: Any) -> Any:
    """The text is cut into words first; `wrapstring` may be long."""
    size = len(str(_scalar(context, text)))
    longest = max(
        (len(each) for each in (*args, *kwargs.values()) if isinstance(each, str)), default=1
    )
    if not isinstance(width, int) or width < 1:
        raise SecurityError("wraps at a whole number of characters")
    budget_of(context).spend(ROUND * size + (size // width + str(text).count("\n") + 1) * longest)
    return do_wordwrap(context.environment, text, width, *args, **kwargs)


@jinja2.pass_context
def _sum(
    context: Context, items: Iterable[Any], attribute: str | int | None = None, start: Any = 0
) -> Any:
    total = _number(context, start)
    if attribute is not None:
        items = context.environment.call_filter("map", items, [], {"attribute": attribute}, context)
    for item in budget_of(context).counted(items):
        total += _number(context, item)
    return total


@jinja2.pass_context
def _join(context: Context, items: Any, between: str = "", attribute: str | None = None) -> str:
    if attribute is not None:
        items = context.environment.call_filter("map", items, [], {"attribute": attribute}, context)
    parts: list[Any] = []
    for item in budget_of(context).counted(items):
        parts += (between, item) if parts else (item,)
    return joined(context, parts)
