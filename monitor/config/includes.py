"""`include: …` inside a list: more of its items, from other files."""

from pathlib import Path
from typing import NamedTuple

from monitor.config import schema
from monitor.config.diagnostics import Remarks
from monitor.config.nodes import Node
from monitor.config.paths import matching_files
from monitor.config.validation import checked

NESTED = "an included file includes no other: name it in the first"


class Included(NamedTuple):
    """A file that an `include` names."""

    path: Path
    remarks: Remarks


def is_include(item: Node) -> bool:
    return item.get("include") is not None


def included(item: Node, own: Path, remarks: Remarks) -> list[Included]:
    """The files it names, beside the file `own`, in the order of their names.

    None, after telling so, if there is none.
    """
    written = checked(schema.IncludeConfig, item, remarks)
    paths = matching_files(written.include, own) if written else ()
    if written:
        remarks.recorder.patterns[own, written.include] = paths
    if written and not paths:
        remarks.fault(item.get("include"), "include: there is no such file beside this")
    return [Included(path, remarks.on(str(path))) for path in paths]
