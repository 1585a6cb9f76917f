"""The rule language: parses rules, matches many of them against a document, highlights matches.

The text of rules and documents in; a matcher, spans and excerpts out.
Open `parser.py`, then `compiler.py` and `matcher.py`; `ast.py` holds the nodes.
"""

from monitor.core.rules.ast import Leaf, Rule
from monitor.core.rules.backtest import Backtest
from monitor.core.rules.matcher import Document, Matcher, RuleId, Span, hits
from monitor.core.rules.parser import parse
from monitor.core.rules.rule_text import MAX_RULE_CHARS, point_at_error
from monitor.core.rules.simulation import (
    Sighting,
    count_per_day,
    first_sightings,
    simulate_messages,
)
from monitor.core.rules.terms import Lists
from monitor.core.rules.topic_names import likely_successor
from monitor.core.rules.word_list import join_entries, parse_list_entry

__all__ = [
    "MAX_RULE_CHARS",
    "Backtest",
    "Document",
    "Leaf",
    "Lists",
    "Matcher",
    "Rule",
    "RuleId",
    "Sighting",
    "Span",
    "count_per_day",
    "first_sightings",
    "hits",
    "join_entries",
    "likely_successor",
    "parse",
    "parse_list_entry",
    "point_at_error",
    "simulate_messages",
]
