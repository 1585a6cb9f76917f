"""Article pages.

The bytes of a page in; an `Article` with title, authors, dates, tags and text out.
Open `extract.py` first; each field has a file of its name.
"""

from monitor.core.pages.extract import article_of
from monitor.core.pages.html import decoded, tree_of
from monitor.core.pages.page_type import TOO_LITTLE

__all__ = [
    "TOO_LITTLE",
    "article_of",
    "decoded",
    "tree_of",
]
