"""How much of an article a topic's matches make up: mentioned, likely, or what it is about.

Scored from the place of the matches (headline, lede, rest of the body), their number and the
weights that the rule gives them (`A^2`). It does not decide whether a rule matches.
"""

from collections.abc import Iterable

from monitor.core.rules.highlights import Span
from monitor.model import Level, Place

LEDE_CHARS = 300  # of the body
HEADLINE, LEDE, BODY = 3.0, 2.0, 0.7  # score of one match of weight 1 in each place
MAX_BODY_WEIGHT = 4.0  # further matches in the body add nothing
LIKELY, ABOUT = 2.0, 4.4  # e.g. a match in the lede; one in the headline and two in the body


def score_level(spans: Iterable[Span]) -> Level:
    """Return the level of one topic's matches in one article; MENTION where there is no span."""
    headline = lede = body = 0.0
    for span in _without_overlaps(spans):
        if span.place is Place.TITLE:
            headline = max(headline, span.weight)
        elif span.start < LEDE_CHARS:
            lede = max(lede, span.weight)
            body += span.weight
        else:
            body += span.weight
    score = HEADLINE * headline + LEDE * lede + BODY * min(body - lede, MAX_BODY_WEIGHT)
    if score >= ABOUT:
        return Level.ABOUT
    return Level.LIKELY if score >= LIKELY else Level.MENTION


def _without_overlaps(spans: Iterable[Span]) -> list[Span]:
    """Of spans that share characters, keep the one with the largest weight."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda each: (-each.weight, each.place, each.start, each.end)):
        if not any(
            span.place is other.place and span.start < other.end and other.start < span.end
            for other in kept
        ):
            kept.append(span)
    return kept
