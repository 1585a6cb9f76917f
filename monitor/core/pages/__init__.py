"""Extraction of articles from web pages: title, authors, dates, tags, text, language, URL.

Turns the bytes of a page into an `Article`, without I/O. Open `extract.py` first; each field has a
module of its name.
"""

from monitor.core.pages.extract import extract_article
from monitor.core.pages.html import decode_html, parse_html
from monitor.core.pages.page_type import TOO_LITTLE_TEXT

__all__ = [
    "TOO_LITTLE_TEXT",
    "decode_html",
    "extract_article",
    "parse_html",
]
