"""Rules that are given on the command line."""

from monitor.cli.context import WrongUse
from monitor.core.rules import Rule, parse, point_at_error
from monitor.errors import RuleError


def read_rule(text: str) -> Rule:
    """Raises WrongUse that points at the place where a rule cannot be read."""
    try:
        return parse(text)
    except RuleError as error:
        hint = f" ({error.hint})" if error.hint else ""
        lines = f"  {point_at_error(text, error)}".replace("\n", "\n  ")
        raise WrongUse(f"rule, {error.line}:{error.column}: {error}{hint}\n{lines}") from error
