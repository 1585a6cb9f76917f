"""The rule language.

The text of rules in; a matcher, and the places where it finds something, out.
Open `parser.py`, then `compiler.py` and `matcher.py`; `ast.py` holds the nodes.
"""

from monitor.core.rules.backtest import Backtest
from monitor.core.rules.matcher import Document, Matcher, RuleId, Span, hits
from monitor.core.rules.parser import (
    LONGEST_RULE,
    Leaf,
    Lists,
    Rule,
    list_entry,
    parse,
    pointed,
    word_list,
)
from monitor.core.rules.simulation import Sighting, a_day, messages, stories
from monitor.core.rules.topic_names import likely_successor

__all__ = [
    "LONGEST_RULE",
    "Backtest",
    "Document",
    "Leaf",
    "Lists",
    "Matcher",
    "Rule",
    "RuleId",
    "Sighting",
    "Span",
    "a_day",
    "hits",
    "likely_successor",
    "list_entry",
    "messages",
    "parse",
    "pointed",
    "stories",
    "word_list",
]
