"""Finds the visible dates of a page: "Published: …", "Actualizado a las 14:30", <time> elements.

A date counts near the headline, or elsewhere if a label such as "Updated" precedes it. Does not
choose among them: that is `dates.py`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from monitor.core.dates import fold_accents, parse_date, parse_time_of_day
from monitor.core.pages.blocks import Block, Container, Layout
from monitor.core.pages.metadata import RawDate
from monitor.model import Origin

PUBLISHED, UPDATED = "published", "updated"
_BLOCKS_BEFORE, _BLOCKS_AFTER = 12, 25  # searched around the headline
_BLOCKS_AFTER_TEXT = 25  # searched after the text, for labelled dates only
_MAX_LINE_LENGTH = 300  # characters of a line with a date
_MAX_UNLABELLED_LENGTH = 60  # characters of a line with a date but no label
_MAX_DISTANT_LENGTH = 120  # characters of a distant line that does not start with its label
_MAX_LABEL_OFFSET = 3  # characters before a label at the start of a line

# Matches folded text: lower case, without accents.
_LABEL = re.compile(
    r"\b(?:(?P<updated>(?:last |ultima )?(?:updated?|modified|edited|revised|changed|actualizacion"
    r"|actualizad[oa]|modificad[oa]|aktualisiert|geandert|mis a jour|mise a jour|modifie"
    r"|atualizad[oa]|aggiornat[oa]|bijgewerkt|stand|обновлено|guncelleme|تحديث))"
    r"|(?P<published>(?:first |originally )?(?:published|posted|created|publicad[oa]|publicacion"
    r"|veroffentlicht|erstellt|publie|publiee|pubblicat[oa]|gepubliceerd|date|fecha|datum|data"
    r"|опубликовано|نشره?)))\b"
)
_MAX_DISTANT_TIME_TAGS = 3
_DIGIT = re.compile(r"\d")
_DATE_CLASS = re.compile(r"date|time|publi|posted|stamp|byline|meta|fecha|datum", re.IGNORECASE)
_UPDATED_CLASS = re.compile(r"updat|modif|actualiz|revis", re.IGNORECASE)
_ASIDE_TAGS = frozenset({"aside", "nav", "li"})  # their dates belong to other pages


def visible_dates(layout: Layout, headline: int, end: int, *, month_first: bool) -> list[RawDate]:
    """Return the dates near the headline and the text: of <time> elements, then of lines.

    `headline` and `end` (of the text) are indexes of blocks. See `parse_date` for `month_first`.
    """
    start = max(0, headline - _BLOCKS_BEFORE)
    found = list(_time_tag_dates(layout, start, headline + _BLOCKS_AFTER))
    blocks = layout.blocks
    below = range(
        headline, min(len(blocks), max(end + _BLOCKS_AFTER_TEXT, headline + _BLOCKS_AFTER))
    )
    for index in (*below, *range(headline - 1, start - 1, -1)):
        block = blocks[index]
        if len(block.text) > _MAX_LINE_LENGTH or not _DIGIT.search(block.text):
            continue
        is_near = index <= headline + _BLOCKS_AFTER
        found += _line_dates(
            block.text, is_near, _is_date_container(block, layout.containers), month_first
        )
    return found


def distant_dates(layout: Layout, *, month_first: bool) -> list[RawDate]:
    """Return dates anywhere in a page that has none near its headline.

    Those of the first <time> elements, else of the first line that is a date.
    """
    tags = [tag for tag in layout.times if not _is_aside(layout, tag.block)]
    if tags:
        return [
            RawDate(PUBLISHED, Origin.TIME_TAG, tag.raw) for tag in tags[:_MAX_DISTANT_TIME_TAGS]
        ]
    dates = (
        date
        for index, block in enumerate(layout.blocks)
        if len(block.text) <= _MAX_UNLABELLED_LENGTH and _DIGIT.search(block.text)
        for date in _line_dates(block.text, True, False, month_first)
        if date.field == PUBLISHED and not _is_aside(layout, index)
    )
    return list(islice(dates, 1))


def _is_aside(layout: Layout, index: int) -> bool:
    if index >= len(layout.blocks):
        return True
    container = layout.blocks[index].container
    while container >= 0:
        if layout.containers[container].tag in _ASIDE_TAGS:
            return True
        container = layout.containers[container].parent
    return False


def _time_tag_dates(layout: Layout, start: int, end: int) -> Iterator[RawDate]:
    for tag in layout.times:
        if start <= tag.block <= end and tag.raw:
            is_update = _UPDATED_CLASS.search(tag.name) and "publ" not in tag.name.lower()
            yield RawDate(UPDATED if is_update else PUBLISHED, Origin.TIME_TAG, tag.raw)


def _is_date_container(block: Block, containers: Sequence[Container]) -> bool:
    container = containers[block.container]
    return _DATE_CLASS.search(f"{container.name} {block.inline}") is not None


def _line_dates(
    line: str, is_near: bool, is_date_container: bool, month_first: bool
) -> Iterable[RawDate]:
    text = fold_accents(line)
    if len(text) != len(line):
        line = text
    labels = list(_LABEL.finditer(text))
    if labels and (
        is_near or labels[0].start() <= _MAX_LABEL_OFFSET or len(text) <= _MAX_DISTANT_LENGTH
    ):
        return list(_labelled_dates(line, text, labels, is_near, month_first))
    if labels or not is_near or not (is_date_container or len(text) <= _MAX_UNLABELLED_LENGTH):
        return []
    return (
        [RawDate(PUBLISHED, Origin.VISIBLE, line)]
        if parse_date(line, month_first=month_first)
        else []
    )


def _labelled_dates(
    line: str, text: str, labels: list[re.Match[str]], is_near: bool, month_first: bool
) -> Iterator[RawDate]:
    """Yield the date after each label; a date before the first label is the publication."""
    ends = [label.start() for label in labels[1:]] + [len(text)]
    for label, end in zip(labels, ends, strict=True):
        field = label.lastgroup or PUBLISHED
        part = line[label.start() : end].strip(" |,;(-–—·•")
        dated = parse_date(part, month_first=month_first)
        if dated or (is_near and parse_time_of_day(text[label.end() : end])):
            yield RawDate(field, Origin.VISIBLE, part)
    before = line[: labels[0].start()].strip()
    if before and parse_date(before, month_first=month_first):
        yield RawDate(PUBLISHED, Origin.VISIBLE, before)
