"""Dates that a reader sees: "Published: …", "Actualizado a las 14:30", a date line by the headline.

Only what stands near the headline counts, or behind a word that says what it is.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from monitor.core.dates import fold_accents, parse_date, parse_time_of_day
from monitor.core.pages.blocks import Block, Container, Layout
from monitor.core.pages.metadata import Stamp
from monitor.model import Origin

PUBLISHED, UPDATED = "published", "updated"
_BEFORE, _AFTER = 12, 25  # blocks around the headline
_BEHIND = 25  # blocks behind the text, where only what says that it is a date counts
_LONGEST = 300  # characters of a line that may hold a date
_LONGEST_BARE = 60  # characters beside a date that nothing announces
_LONGEST_FAR = 120  # of a line far from the headline that does not begin with what it is
_INDENT = 3

# Folded: without accents, lower case.
_LABEL = re.compile(
    r"\b(?:(?P<updated>(?:last |ultima )?(?:updated?|modified|edited|revised|changed|actualizacion"
    r"|actualizad[oa]|modificad[oa]|aktualisiert|geandert|mis a jour|mise a jour|modifie"
    r"|atualizad[oa]|aggiornat[oa]|bijgewerkt|stand|обновлено|guncelleme|تحديث))"
    r"|(?P<published>(?:first |originally )?(?:published|posted|created|publicad[oa]|publicacion"
    r"|veroffentlicht|erstellt|publie|publiee|pubblicat[oa]|gepubliceerd|date|fecha|datum|data"
    r"|опубликовано|نشره?)))\b"
)
_FEW = 3  # time tags
_DIGIT = re.compile(r"\d")
_DATE_NAME = re.compile(r"date|time|publi|posted|stamp|byline|meta|fecha|datum", re.IGNORECASE)
_UPDATED_NAME = re.compile(r"updat|modif|actualiz|revis", re.IGNORECASE)
_ASIDE = frozenset({"aside", "nav", "li"})  # what stands there is of another page


def visible_stamps(layout: Layout, headline: int, end: int, *, month_first: bool) -> list[Stamp]:
    """Stamps from time tags and lines; `headline` and `end` (of the text) are indexes of blocks."""
    start = max(0, headline - _BEFORE)
    found = list(_time_tags(layout, start, headline + _AFTER))
    blocks = layout.blocks
    below = range(headline, min(len(blocks), max(end + _BEHIND, headline + _AFTER)))
    for index in (*below, *range(headline - 1, start - 1, -1)):
        block = blocks[index]
        if len(block.text) > _LONGEST or not _DIGIT.search(block.text):
            continue
        near = index <= headline + _AFTER
        found += _of_line(
            block.text, near, _is_date_container(block, layout.containers), month_first
        )
    return found


def distant_stamps(layout: Layout, *, month_first: bool) -> list[Stamp]:
    """For a page that tells nothing near its headline: time tags, else date lines, anywhere."""
    tags = [one for one in layout.times if not _is_aside(layout, one.block)]
    if tags:
        return [Stamp(PUBLISHED, Origin.TIME_TAG, one.raw) for one in tags[:_FEW]]
    lines = (
        stamp
        for index, block in enumerate(layout.blocks)
        if len(block.text) <= _LONGEST_BARE and _DIGIT.search(block.text)
        for stamp in _of_line(block.text, True, False, month_first)
        if stamp.field == PUBLISHED and not _is_aside(layout, index)
    )
    return list(islice(lines, 1))


def _is_aside(layout: Layout, index: int) -> bool:
    if index >= len(layout.blocks):
        return True
    container = layout.blocks[index].container
    while container >= 0:
        if layout.containers[container].tag in _ASIDE:
            return True
        container = layout.containers[container].parent
    return False


def _time_tags(layout: Layout, start: int, end: int) -> Iterator[Stamp]:
    for one in layout.times:
        if start <= one.block <= end and one.raw:
            is_update = _UPDATED_NAME.search(one.name) and "publ" not in one.name.lower()
            yield Stamp(UPDATED if is_update else PUBLISHED, Origin.TIME_TAG, one.raw)


def _is_date_container(block: Block, containers: Sequence[Container]) -> bool:
    container = containers[block.container]
    return _DATE_NAME.search(f"{container.name} {block.inline}") is not None


def _of_line(line: str, near: bool, is_date_container: bool, month_first: bool) -> Iterable[Stamp]:
    text = fold_accents(line)
    if len(text) != len(line):
        line = text
    labels = list(_LABEL.finditer(text))
    if labels and (near or labels[0].start() <= _INDENT or len(text) <= _LONGEST_FAR):
        return list(_labelled(line, text, labels, near, month_first))
    if labels or not near or not (is_date_container or len(text) <= _LONGEST_BARE):
        return []
    return (
        [Stamp(PUBLISHED, Origin.VISIBLE, line)]
        if parse_date(line, month_first=month_first)
        else []
    )


def _labelled(
    line: str, text: str, labels: list[re.Match[str]], near: bool, month_first: bool
) -> Iterator[Stamp]:
    """What stands between a label and the next; a date before the only label belongs to it too."""
    ends = [label.start() for label in labels[1:]] + [len(text)]
    for label, end in zip(labels, ends, strict=True):
        field = label.lastgroup or PUBLISHED
        part = line[label.start() : end].strip(" |,;(-–—·•")
        dated = parse_date(part, month_first=month_first)
        if dated or (near and parse_time_of_day(text[label.end() : end])):
            yield Stamp(field, Origin.VISIBLE, part)
    head = line[: labels[0].start()].strip()
    if head and parse_date(head, month_first=month_first):
        yield Stamp(PUBLISHED, Origin.VISIBLE, head)
