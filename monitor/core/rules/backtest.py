"""Backtests a rule: matches it and the rule in force against stored articles, one by one."""

from dataclasses import dataclass

from monitor.core.rules.ast import Rule, alternatives, canonical_text
from monitor.core.rules.highlights import Highlighter
from monitor.core.rules.levels import score_level
from monitor.core.rules.matcher import Document, Matcher
from monitor.model import Level

_TRIED, _IN_FORCE = "tried", "in force"


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestMatch:
    """Which of the two rules match an article, and where."""

    tried: bool
    in_force: bool
    clause: str  # the first alternative of the rule that matches
    excerpt: str
    level: Level  # of what the tried rule found; else of what the rule in force found


class Backtest:
    """Two rules to compare; `in_force` is the same rule when there is none."""

    def __init__(self, tried: Rule, in_force: Rule) -> None:
        self._both = Matcher()
        self._both.add(_TRIED, tried)
        self._both.add(_IN_FORCE, in_force)
        self._alternatives = {_TRIED: _Alternatives(tried), _IN_FORCE: _Alternatives(in_force)}

    def match(self, document: Document) -> BacktestMatch | None:
        """Match both rules; None if neither does."""
        found = self._both.explain(document)
        if not found:
            return None
        rule = _TRIED if _TRIED in found else _IN_FORCE
        clause, excerpt = self._alternatives[rule].first_match(document)
        return BacktestMatch(
            tried=_TRIED in found,
            in_force=_IN_FORCE in found,
            clause=clause,
            excerpt=excerpt,
            level=score_level(found[rule]),
        )


class _Alternatives:
    """The alternatives of one rule, to report which of them matched."""

    def __init__(self, rule: Rule) -> None:
        self._texts = [canonical_text(each) for each in alternatives(rule)]
        self._matcher = Matcher()
        for number, each in enumerate(alternatives(rule)):
            self._matcher.add(number, each)

    def first_match(self, document: Document) -> tuple[str, str]:
        """The first alternative that matches, as text, and its first excerpt."""
        number, spans = next(iter(self._matcher.explain(document).items()))
        (first, *_) = Highlighter(document.title, document.body).hits("", spans)
        return self._texts[int(number)], first.excerpt
