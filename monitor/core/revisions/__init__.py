"""What happened to an article.

A reading and what is known in; a decision (new, revised, same, a copy, retracted) out.
Open `decide.py` first, then `verdict.py` and `diff.py`; `identity.py` says which article it is.
"""

from monitor.core.revisions.decide import decide, gone, unchanged, untouched
from monitor.core.revisions.diff import change, shrunk, words
from monitor.core.revisions.fingerprint import fingerprint
from monitor.core.revisions.history import changes, html, markdown, marked

__all__ = [
    "change",
    "changes",
    "decide",
    "fingerprint",
    "gone",
    "html",
    "markdown",
    "marked",
    "shrunk",
    "unchanged",
    "untouched",
    "words",
]
