"""Matches a rule against stored articles one by one, beside the rule in force."""

from dataclasses import dataclass

from monitor.core.rules.ast import Rule, alternatives, canonical
from monitor.core.rules.highlights import Passages
from monitor.core.rules.matcher import Document, Matcher

_TRIED, _IN_FORCE = "tried", "in force"


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestMatch:
    """Which of the two rules match an article, and where."""

    tried: bool
    in_force: bool
    clause: str  # the first alternative of the rule that found it
    excerpt: str


class Backtest:
    """Two rules to compare; `in_force` is the same rule when there is none."""

    def __init__(self, tried: Rule, in_force: Rule) -> None:
        self._both = Matcher()
        self._both.add(_TRIED, tried)
        self._both.add(_IN_FORCE, in_force)
        self._clauses = {_TRIED: _Clauses(tried), _IN_FORCE: _Clauses(in_force)}

    def match(self, document: Document) -> BacktestMatch | None:
        """Match both rules; None if neither does."""
        found = self._both.match(document)
        if not found:
            return None
        clause, excerpt = self._clauses[_TRIED if _TRIED in found else _IN_FORCE].shown(document)
        return BacktestMatch(
            tried=_TRIED in found, in_force=_IN_FORCE in found, clause=clause, excerpt=excerpt
        )


class _Clauses:
    """The alternatives of one rule."""

    def __init__(self, rule: Rule) -> None:
        self._texts = [canonical(each) for each in alternatives(rule)]
        self._matcher = Matcher()
        for number, each in enumerate(alternatives(rule)):
            self._matcher.add(number, each)

    def shown(self, document: Document) -> tuple[str, str]:
        """The first that holds, and its first excerpt."""
        number, spans = next(iter(self._matcher.explain(document).items()))
        (first, *_) = Passages(document.title, document.body).hits("", spans)
        return self._texts[int(number)], first.excerpt
