"""`include: …` in a list: further items from other files."""

from pathlib import Path
from typing import NamedTuple

from monitor.config import schema
from monitor.config.diagnostics import Diagnostics
from monitor.config.nodes import Node
from monitor.config.paths import matching_files
from monitor.config.validation import validate

NESTED = "an included file includes no other: name it in the first"


class IncludedFile(NamedTuple):
    """A file named by an `include`, with the collector of its faults."""

    path: Path
    diagnostics: Diagnostics


def is_include(item: Node) -> bool:
    """Tell whether this item of a list is an `include`."""
    return item.get("include") is not None


def included_files(item: Node, own: Path, diagnostics: Diagnostics) -> list[IncludedFile]:
    """Return the files that the item names, relative to `own`, sorted by name.

    Empty, with a fault, if there is none.
    """
    written = validate(schema.IncludeConfig, item, diagnostics)
    paths = matching_files(written.include, own) if written else ()
    if written:
        diagnostics.recorder.patterns[own, written.include] = paths
    if written and not paths:
        diagnostics.fault(item.get("include"), "include: there is no such file beside this")
    return [IncludedFile(path, diagnostics.for_file(str(path))) for path in paths]
