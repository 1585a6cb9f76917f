"""Preloads what the first feed and page need, when it is imported by the fork server.

Worker processes forked afterwards share the public suffix list, the block classifier and compiled
patterns instead of each loading them. Processes one small feed and page, and has no functions.
"""

from datetime import UTC, datetime

from monitor.core.feeds import parse
from monitor.core.process_article import ReadJob, process_article
from monitor.model import Page

_NOW = datetime(2000, 1, 1, tzinfo=UTC)
_URL = "https://www.example.org/2000/01/01/story"
_PAGE = (
    b"<html lang=en><title>A story</title><article><h1>A story</h1><p>By A. Writer, 1 Jan 2000</p>"
    b"<p>A first paragraph.</p><p>And a second one, somewhat longer, as they are.</p></article>"
)

parse(b"<rss version='2.0'><channel><item><title>A</title></item></channel></rss>", url=_URL)
process_article(
    ReadJob(
        source="",
        timezone="UTC",
        language=None,
        rules=(("", "story NEAR/3 writer"),),
        now=_NOW,
        site="example.org",
        page=Page(url=_URL, body=_PAGE, content_type="text/html", fetched_at=_NOW),
    )
)
