"""Jinja2 sandbox for a user's template: names, attributes and filters not listed do not exist.

Memory and time are bounded by a budget (`template_budget`). In a template for JSON, every `{{ … }}`
is escaped for the inside of a JSON string.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import BuiltinMethodType, MethodType
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.filters import _GroupTuple
from jinja2.runtime import BlockReference, Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from monitor.core.messages.template_budget import (
    PER_CALL,
    PER_ITEM,
    PER_REFERENCE,
    BudgetContext,
    budget_of,
)
from monitor.core.messages.template_filters import allowed_filters, allowed_tests
from monitor.core.messages.template_text import concatenate, escape_json, to_text

MAX_INTEGER = 10**15  # in arithmetic
MAX_BASE, MAX_EXPONENT = 1_000_000, 64  # of whole numbers

_SPLITS = frozenset(("rsplit", "split"))
_ATTRIBUTES: tuple[tuple[type, frozenset[str]], ...] = (
    # Methods of texts whose result is no longer than the text; filters do the rest.
    (
        str,
        frozenset(("endswith", "lower", "lstrip", "rstrip", "startswith", "strip")) | _SPLITS,
    ),
    (Mapping, frozenset(("get", "items", "keys", "values"))),
    (_GroupTuple, frozenset(("grouper", "list"))),
    (LoopContext, frozenset(("changed", "cycle", "depth", "depth0", "first", "index", "index0"))),
    (LoopContext, frozenset(("last", "length", "nextitem", "previtem", "revindex", "revindex0"))),
)


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2 environment with the allowed filters, tests and attributes, and a budget."""

    context_class = BudgetContext
    intercepted_binops = frozenset(("+", "-", "*", "/", "//", "%", "**"))

    def __init__(self, *, is_json: bool) -> None:
        super().__init__(
            undefined=jinja2.StrictUndefined,
            autoescape=is_json,  # marks the output of macros as escaped
            finalize=escape_json if is_json else to_text,
            trim_blocks=True,
            lstrip_blocks=True,
            optimized=False,  # the optimizer computes constants without a budget
        )
        self.globals = {name: self.globals[name] for name in ("dict", "namespace", "range")}
        self.filters: dict[str, Any] = allowed_filters()
        self.filters |= {
            "counted": _charge_items,
            "joined": concatenate,
            "made": _charge_new,
            "raw": _charge_raw,
            "weighed": _charge_contents,
        }
        self.tests: dict[str, Any] = allowed_tests()

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Look up a key before a method: `data.items` is the key of that name."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Look up a key or a slice. Raises SecurityError for any other key."""
        if argument is not None and not isinstance(argument, str | int | float | slice):
            raise SecurityError("a key is a text or a number")
        return super().getitem(obj, argument)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may read this attribute."""
        if isinstance(obj, Namespace):
            return not attr.startswith("_")
        return any(isinstance(obj, kind) and attr in names for kind, names in _ATTRIBUTES)

    def is_safe_callable(self, obj: Any) -> bool:
        """Whether a template may call this object.

        A method was reached by an attribute that `is_safe_attribute` allows.
        """
        kinds = (Macro, BlockReference, LoopContext, BuiltinMethodType, MethodType)
        return isinstance(obj, kinds) or obj in self.globals.values()

    def wrap_str_format(self, value: Any) -> None:
        """Refuse `"…".format`, which can pad a text without bound."""

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Charge for the arguments and the result of a call."""
        budget = budget_of(context)
        budget.spend(PER_CALL)
        given = (*args, *(value for name, value in kwargs.items() if not name.startswith("_")))
        budget.spend_on(*given)
        if isinstance(obj, LoopContext) and args:
            args = (budget.charge_each(args[0]), *args[1:])
        elif isinstance(text := getattr(obj, "__self__", None), str):
            budget.spend(len(text) * (PER_ITEM // 2 if obj.__name__ in _SPLITS else 1))
        elif obj in (dict, Namespace):
            budget.spend(
                PER_ITEM * sum(len(each) if isinstance(each, dict) else 1 for each in given)
            )
        made = super().call(context, obj, *args, **kwargs)
        budget.spend_on_new(made)
        return made

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Charge for a binary operator. Raises SecurityError beyond its limits."""
        budget = budget_of(context)
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return concatenate(context, (left, right))
        if operator == "+" and isinstance(left, list | tuple) and isinstance(right, list | tuple):
            budget.spend(PER_CALL + PER_REFERENCE * (len(left) + len(right)))
        elif not all(isinstance(each, int | float | jinja2.Undefined) for each in (left, right)):
            raise SecurityError(f"'{operator}' does not work on these")
        elif operator == "**" and not _is_small_power(left, right):
            raise SecurityError(f"'**' works up to {MAX_BASE:,} ** {MAX_EXPONENT}")
        elif any(isinstance(each, int) and abs(each) > MAX_INTEGER for each in (left, right)):
            raise SecurityError(f"'{operator}' works on whole numbers up to {MAX_INTEGER:,}")
        return super().call_binop(context, operator, left, right)


def _is_small_power(base: float, exponent: float) -> bool:
    whole = isinstance(base, int) and isinstance(exponent, int)
    return not whole or (abs(base) <= MAX_BASE and exponent <= MAX_EXPONENT)


class ChargingTransformer(NodeTransformer):
    """Adds charges to a template where no filter, call or operator of the sandbox is used."""

    def visit_For(self, node: nodes.For) -> nodes.Node:
        """Charge each round of a loop."""
        self.generic_visit(node)
        node.iter = _apply_filter("counted", node.iter)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        """Charge `a ~ b` for its texts."""
        self.generic_visit(node)
        return _apply_filter("joined", nodes.List(node.nodes, lineno=node.lineno))

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:
        """Charge the left side of a comparison."""
        self.generic_visit(node)
        node.expr = _apply_filter("weighed", node.expr)
        return node

    def visit_Operand(self, node: nodes.Operand) -> nodes.Node:
        """Charge the other sides of a comparison."""
        self.generic_visit(node)
        node.expr = _apply_filter("weighed", node.expr)
        return node

    def visit_List(self, node: nodes.List) -> nodes.Node:
        """Charge a list in the template."""
        self.generic_visit(node)
        return _apply_filter("made", node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:
        """Charge an object in the template."""
        self.generic_visit(node)
        return _apply_filter("made", node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        """Charge a tuple that is not assigned to."""
        self.generic_visit(node)
        return _apply_filter("made", node) if node.ctx == "load" else node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        """Charge a slice, which copies."""
        self.generic_visit(node)
        return _apply_filter("made", node) if isinstance(node.arg, nodes.Slice) else node

    def visit_TemplateData(self, node: nodes.TemplateData) -> nodes.Node:
        """Charge the text between tags, which a loop in a macro may collect."""
        return _apply_filter("raw", nodes.Const(node.data, lineno=node.lineno))


def _apply_filter(name: str, node: nodes.Node) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


@jinja2.pass_context
def _charge_items(context: Context, items: Iterable[Any]) -> Iterator[Any]:
    return budget_of(context).charge_each(items)


@jinja2.pass_context
def _charge_new(context: Context, value: Any) -> Any:
    budget_of(context).spend(PER_CALL)
    budget_of(context).spend_on(value)
    return value


@jinja2.pass_context
def _charge_contents(context: Context, value: Any) -> Any:
    budget_of(context).spend_on(value)
    return value


@jinja2.pass_context
def _charge_raw(context: Context, words: str) -> str:
    budget_of(context).spend(len(words))
    return Markup(words) if context.environment.autoescape else words
