"""Where a user's template runs: what is not listed here or in `template_filters` does not exist.

What it makes and how long it runs is bounded by a budget (`template_budget`). Written for JSON,
every `{{ … }}` is escaped for the inside of a JSON string.
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

from monitor.core.messages.template_budget import MADE, NODE, ROUND, BudgetContext, budget_of
from monitor.core.messages.template_filters import allowed_filters, allowed_tests
from monitor.core.messages.template_text import in_json, joined, plain

LARGEST_WHOLE = 10**15  # in arithmetic
LARGEST_BASE, LARGEST_EXPONENT = 1_000_000, 64  # of whole numbers

_SPLITTING = frozenset(("rsplit", "split"))
_ATTRIBUTES: tuple[tuple[type, frozenset[str]], ...] = (
    # Methods of texts that make no text longer; the filters do the rest.
    (str, frozenset(("endswith", "lower", "lstrip", "rstrip", "startswith", "strip")) | _SPLITTING),
    (Mapping, frozenset(("get", "items", "keys", "values"))),
    (_GroupTuple, frozenset(("grouper", "list"))),
    (LoopContext, frozenset(("changed", "cycle", "depth", "depth0", "first", "index", "index0"))),
    (LoopContext, frozenset(("last", "length", "nextitem", "previtem", "revindex", "revindex0"))),
)


class Sandbox(ImmutableSandboxedEnvironment):
    context_class = BudgetContext
    intercepted_binops = frozenset(("+", "-", "*", "/", "//", "%", "**"))

    def __init__(self, *, is_json: bool) -> None:
        super().__init__(
            undefined=jinja2.StrictUndefined,
            autoescape=is_json,  # so that the output of macros is known to be escaped
            finalize=in_json if is_json else plain,
            trim_blocks=True,
            lstrip_blocks=True,
            optimized=False,  # which would compute constants without a budget
        )
        self.globals = {name: self.globals[name] for name in ("dict", "namespace", "range")}
        self.filters: dict[str, Any] = allowed_filters()
        self.filters |= {"counted": _counted, "joined": joined, "made": _made, "raw": _raw}
        self.filters["weighed"] = _weighed
        self.tests: dict[str, Any] = allowed_tests()

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`data.items` is the key of that name, not the method."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if argument is not None and not isinstance(argument, str | int | float | slice):
            raise SecurityError("a key is a text or a number")
        return super().getitem(obj, argument)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, Namespace):
            return not attr.startswith("_")
        return any(isinstance(obj, kind) and attr in names for kind, names in _ATTRIBUTES)

    def is_safe_callable(self, obj: Any) -> bool:
        """Methods are those of `is_safe_attribute`: nothing else leads to one."""
        kinds = (Macro, BlockReference, LoopContext, BuiltinMethodType, MethodType)
        return isinstance(obj, kinds) or obj in self.globals.values()

    def wrap_str_format(self, value: Any) -> None:
        """`"…".format` is refused like every other method that pads without bound."""

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        budget = budget_of(context)
        budget.spend(MADE)
        given = (*args, *(value for name, value in kwargs.items() if not name.startswith("_")))
        budget.spend_on(*given)
        if isinstance(obj, LoopContext) and args:
            args = (budget.counted(args[0]), *args[1:])
        elif isinstance(text := getattr(obj, "__self__", None), str):
            budget.spend(len(text) * (ROUND // 2 if obj.__name__ in _SPLITTING else 1))
        elif obj in (dict, Namespace):
            budget.spend(ROUND * sum(len(each) if isinstance(each, dict) else 1 for each in given))
        made = super().call(context, obj, *args, **kwargs)
        budget.spend_on_new(made)
        return made

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        budget = budget_of(context)
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return joined(context, (left, right))
        if operator == "+" and isinstance(left, list | tuple) and isinstance(right, list | tuple):
            budget.spend(MADE + NODE * (len(left) + len(right)))
        elif not all(isinstance(each, int | float | jinja2.Undefined) for each in (left, right)):
            raise SecurityError(f"'{operator}' does not work on these")
        elif operator == "**" and not _is_small_power(left, right):
            raise SecurityError(f"'**' works up to {LARGEST_BASE:,} ** {LARGEST_EXPONENT}")
        elif any(isinstance(each, int) and abs(each) > LARGEST_WHOLE for each in (left, right)):
            raise SecurityError(f"'{operator}' works on whole numbers up to {LARGEST_WHOLE:,}")
        return super().call_binop(context, operator, left, right)


def _is_small_power(base: float, exponent: float) -> bool:
    whole = isinstance(base, int) and isinstance(exponent, int)
    return not whole or (abs(base) <= LARGEST_BASE and exponent <= LARGEST_EXPONENT)


class Bounding(NodeTransformer):
    """Charges for what no filter, call or operator of the sandbox sees."""

    def visit_For(self, node: nodes.For) -> nodes.Node:
        self.generic_visit(node)
        node.iter = _filtered("counted", node.iter)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return _filtered("joined", nodes.List(node.nodes, lineno=node.lineno))

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:
        self.generic_visit(node)
        node.expr = _filtered("weighed", node.expr)
        return node

    def visit_Operand(self, node: nodes.Operand) -> nodes.Node:
        """The other sides of a comparison."""
        self.generic_visit(node)
        node.expr = _filtered("weighed", node.expr)
        return node

    def visit_List(self, node: nodes.List) -> nodes.Node:
        self.generic_visit(node)
        return _filtered("made", node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:
        self.generic_visit(node)
        return _filtered("made", node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        self.generic_visit(node)
        return _filtered("made", node) if node.ctx == "load" else node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        self.generic_visit(node)
        return _filtered("made", node) if isinstance(node.arg, nodes.Slice) else node

    def visit_TemplateData(self, node: nodes.TemplateData) -> nodes.Node:
        """The template's own words: a loop in a macro may collect them."""
        return _filtered("raw", nodes.Const(node.data, lineno=node.lineno))


def _filtered(name: str, node: nodes.Node) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


@jinja2.pass_context
def _counted(context: Context, items: Iterable[Any]) -> Iterator[Any]:
    return budget_of(context).counted(items)


@jinja2.pass_context
def _made(context: Context, value: Any) -> Any:
    budget_of(context).spend(MADE)
    budget_of(context).spend_on(value)
    return value


@jinja2.pass_context
def _weighed(context: Context, value: Any) -> Any:
    budget_of(context).spend_on(value)
    return value


@jinja2.pass_context
def _raw(context: Context, words: str) -> str:
    budget_of(context).spend(len(words))
    return Markup(words) if context.environment.autoescape else words
