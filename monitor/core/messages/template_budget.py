"""What one rendering of a user's template may take, counted before and as it is taken.

A unit is about a byte, or what a byte costs to look at. The budget is an attribute of jinja2's
context, which no name, attribute or filter of a template leads to.
"""

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any, cast

from jinja2.exceptions import SecurityError
from jinja2.runtime import Context

MOST_WORK = 10_000_000
ROUND = 20  # of a loop, and each element of a new list
MADE = 40  # a call, a filter, a test, a list or an object as written
NODE = 4  # an element that is only looked at or referred to

_CONTAINERS = (list, tuple, KeysView, ValuesView, ItemsView)


class Budget:
    """What is left. Raises SecurityError once it is used up."""

    def __init__(self) -> None:
        self._left = MOST_WORK

    def spend(self, amount: int) -> None:
        self._left -= amount
        if self._left < 0:
            raise SecurityError("takes too much: loops, texts or lists without end")

    def spend_on(self, *values: object) -> None:
        """What it takes to look at all that these values hold, or to copy it."""
        self.spend(weight(values, self._left))

    def spend_on_new(self, value: object) -> None:
        """What a value takes that a filter or a call has made."""
        if isinstance(value, str):
            self.spend(len(value))
        elif isinstance(value, list | tuple | dict):
            self.spend(ROUND * len(value))
            self.spend_on(value)

    def counted(self, items: Iterable[Any]) -> Iterator[Any]:
        for item in items:
            self.spend(ROUND + (NODE * len(item) if isinstance(item, list) else 0))
            yield item


class BudgetContext(Context):
    """The variables of one rendering, and its budget."""

    budget: Budget

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.budget = Budget()

    def derived(self, locals: dict[str, Any] | None = None) -> "BudgetContext":
        context = cast(BudgetContext, super().derived(locals))
        context.budget = self.budget
        return context


def budget_of(context: Context) -> Budget:
    return cast(BudgetContext, context).budget


def weight(values: Iterable[object], most: int) -> int:
    """Of these values and all they hold; something above `most` as soon as it is more.

    What stands in a value twice counts twice, as it does for whoever compares or prints it: a list
    that holds another twice, which holds another twice, is large although it takes little memory.
    """
    waiting = list(values)
    total = NODE * len(waiting)
    while waiting and total <= most:
        value = waiting.pop()
        if isinstance(value, str):
            total += len(value)
        elif isinstance(value, int):
            total += value.bit_length() // 8
        elif isinstance(value, range):
            total += NODE * len(value)
        elif isinstance(value, Mapping):
            total += 2 * NODE * len(value)
            waiting += (*value.keys(), *value.values())
        elif isinstance(value, _CONTAINERS):
            total += NODE * len(value)
            if total <= most:
                waiting += value
    return total
