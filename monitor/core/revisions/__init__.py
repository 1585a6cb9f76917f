"""What a reading is compared with the stored articles, and how two texts differ.

A reading and the known articles in; a decision (new, revised, the same, a copy, retracted) out.
Open `decide.py` first, then `verdict.py` and `diff.py`; `identity.py` decides which article it is.
"""

from monitor.core.revisions.decide import decide, decide_gone, decide_unchanged, decide_unreachable
from monitor.core.revisions.diff import detect_change, diff_words, is_shrunk
from monitor.core.revisions.fingerprint import fingerprint
from monitor.core.revisions.history import render_html, render_markdown, revision_diffs, surround

__all__ = [
    "decide",
    "decide_gone",
    "decide_unchanged",
    "decide_unreachable",
    "detect_change",
    "diff_words",
    "fingerprint",
    "is_shrunk",
    "render_html",
    "render_markdown",
    "revision_diffs",
    "surround",
]
