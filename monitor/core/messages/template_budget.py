"""Budget for the work of rendering a user's template, charged before and while it is done.

One unit is about the cost of a byte, to make or to look at. The budget is an attribute of Jinja2's
context, which no name, attribute or filter of a template reaches.
"""

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any, cast

from jinja2.exceptions import SecurityError
from jinja2.runtime import Context

MAX_WORK = 10_000_000
PER_ITEM = 20  # each round of a loop, each element of a new list
PER_CALL = 40  # each call, filter, test, list or object in the template
PER_REFERENCE = 4  # each element that is only looked at

_CONTAINERS = (list, tuple, KeysView, ValuesView, ItemsView)


class Budget:
    """What is left of the budget. Every method raises SecurityError once it is used up."""

    def __init__(self) -> None:
        self._left = MAX_WORK

    def spend(self, amount: int) -> None:
        """Take an amount off the budget."""
        self._left -= amount
        if self._left < 0:
            raise SecurityError("takes too much: loops, texts or lists without end")

    def spend_on(self, *values: object) -> None:
        """Charge for looking at, or copying, everything inside these values."""
        self.spend(weight(values, self._left))

    def spend_on_new(self, value: object) -> None:
        """Charge for a value that a filter or a call has made."""
        if isinstance(value, str):
            self.spend(len(value))
        elif isinstance(value, list | tuple | dict):
            self.spend(PER_ITEM * len(value))
            self.spend_on(value)

    def charge_each(self, items: Iterable[Any]) -> Iterator[Any]:
        """Yield the items, charging for each."""
        for item in items:
            self.spend(PER_ITEM + (PER_REFERENCE * len(item) if isinstance(item, list) else 0))
            yield item


class BudgetContext(Context):
    """Variables of one rendering, with its budget."""

    budget: Budget

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.budget = Budget()

    def derived(self, locals: dict[str, Any] | None = None) -> "BudgetContext":
        """The context of a block or macro, with the same budget."""
        context = cast(BudgetContext, super().derived(locals))
        context.budget = self.budget
        return context


def budget_of(context: Context) -> Budget:
    """The budget of the rendering that this context belongs to."""
    return cast(BudgetContext, context).budget


def weight(values: Iterable[object], limit: int) -> int:
    """Weight in units of these values and everything inside; above `limit` it may be incomplete.

    A value that is contained twice counts twice, as it does when it is compared or printed: a list
    that holds another twice, which holds another twice, is large although it takes little memory.
    """
    waiting = list(values)
    total = PER_REFERENCE * len(waiting)
    while waiting and total <= limit:
        value = waiting.pop()
        if isinstance(value, str):
            total += len(value)
        elif isinstance(value, int):
            total += value.bit_length() // 8
        elif isinstance(value, range):
            total += PER_REFERENCE * len(value)
        elif isinstance(value, Mapping):
            total += 2 * PER_REFERENCE * len(value)
            waiting += (*value.keys(), *value.values())
        elif isinstance(value, _CONTAINERS):
            total += PER_REFERENCE * len(value)
            if total <= limit:
                waiting += value
    return total
