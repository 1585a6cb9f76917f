"""The rule language.

The text of rules in; a matcher, and the places where it finds something, out.
Open `parser.py`, then `compiler.py` and `matcher.py`; `ast.py` holds the nodes.
"""

from monitor.core.rules.ast import Leaf, Rule
from monitor.core.rules.backtest import Backtest
from monitor.core.rules.matcher import Document, Matcher, RuleId, Span, hits
from monitor.core.rules.parser import parse
from monitor.core.rules.rule_text import LONGEST_RULE, pointed
from monitor.core.rules.simulation import Sighting, a_day, messages, stories
from monitor.core.rules.terms import Lists
from monitor.core.rules.topic_names import likely_successor
from monitor.core.rules.word_list import list_entry, word_list

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
