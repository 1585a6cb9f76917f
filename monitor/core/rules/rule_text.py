"""The text of a rule, with the positions of its errors and warnings."""

from monitor.core.rules.ast import RuleWarning
from monitor.errors import RuleError

MAX_RULE_CHARS = 200_000
MAX_WARNINGS = 20
_CURLY = str.maketrans(dict.fromkeys("“”„‟", '"'))


class RuleText:
    """A rule as written, with straight quotes. Raises RuleError if it is too long."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_RULE_CHARS:
            raise RuleError(
                f"this rule has {len(text):,} characters, at most {MAX_RULE_CHARS:,} are read",
                line=1,
                column=1,
                hint="split it into several rules",
            )
        self.text = text if text.isascii() else text.translate(_CURLY)
        self.warnings: list[RuleWarning] = []

    def error(self, at: int, message: str, hint: str = "") -> RuleError:
        """Return the error to raise for a mistake at this offset."""
        line, column = self.position(at)
        return RuleError(message, line=line, column=column, hint=hint)

    def warn(self, at: int, message: str) -> None:
        """Add a warning about this offset; beyond MAX_WARNINGS it is dropped."""
        if len(self.warnings) == MAX_WARNINGS:
            return
        line, column = self.position(at)
        self.warnings.append(RuleWarning(line=line, column=column, message=message))

    def position(self, at: int) -> tuple[int, int]:
        """Line and column of an offset, from 1."""
        before = self.text[:at]
        return before.count("\n") + 1, at - before.rfind("\n")


def point_at_error(text: str, error: RuleError, width: int = 76) -> str:
    """Format the broken line and a caret under the mistake, for a terminal: two lines."""
    line = text.split("\n")[error.line - 1].replace("\t", " ").rstrip("\r")
    start = max(0, min(error.column - 1 - width // 2, len(line) - width))
    return f"{line[start : start + width]}\n{' ' * (error.column - 1 - start)}^"
