"""Who may import whom; core is pure; modules and functions stay small; a name has one meaning.

`pytest -s tests/test_architecture.py` prints the figures beside their limits.
"""

import ast
import importlib
import io
import re
import statistics
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

HOUSE = Path(__file__).parent.parent / "monitor"
FLOOR = {"model", "errors", "settings", "contracts", "queries", "ports"}  # nouns and seams
ENTRY_POINTS = {"service", "daemon", "source_check", "channel_factory"}  # what commands start
COMPOSITION = ENTRY_POINTS | {"send_workers", "monitoring", "reloading", "__main__", "__init__"}
MAY_IMPORT = {
    "model": set(),
    "errors": set(),
    "settings": {"model"},
    "contracts": {"model"},
    "queries": set(),
    "ports": {"model", "settings", "contracts", "queries"},
    "core": {"model", "errors", "settings", "contracts"},
    "jobs": {"core", *FLOOR},
    "store": FLOOR,
    "net": {"core", *FLOOR},
    "channels": {"core", "fields", *FLOOR},
    "engine": FLOOR | {"malloc"},
    "fields": {"core", *FLOOR},
    "config": {"core", "fields", "channels", *FLOOR},
    "web": FLOOR | {"metrics", "logs"},
    "data_access": {"store", *FLOOR},
    "cli": {"core", "config", "data_access", "reload_signal", "logs", *FLOOR, *ENTRY_POINTS},
    "logs": {"core", *FLOOR},
    "reload_signal": set(),
    "metrics": FLOOR,
    "sdnotify": set(),
    "clock": set(),
    "malloc": set(),
}
IMPURE = {"asyncio", "aiohttp", "sqlite3", "time", "random", "os", "logging", "socket", "pathlib"}
DOCUMENTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
WITH_DOCSTRING = (ast.Module, *DOCUMENTED)
PRIVATE_WORDS = re.compile(
    r"\b(desks?|errands?|furniture|doorbell|told|said|hangs? up|unasked)\b", re.IGNORECASE
)


def module_name(path: Path) -> str:
    parts = ("monitor", *path.relative_to(HOUSE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(HOUSE.rglob("*.py"))}
every_module = pytest.mark.parametrize("module", MODULES)


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


@cache
def imports(module: str) -> frozenset[str]:
    """Full names of what a module imports, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def imported_modules(module: str) -> set[str]:
    """Modules of ours that a module imports or imports from."""
    names = {name if name in MODULES else name.rpartition(".")[0] for name in imports(module)}
    return names & MODULES.keys()


def room(module: str) -> str:
    """Name of the folder or module at the top that a module lies in."""
    return (*module.split("."), "__init__")[1]


def package(name: str) -> str | None:
    """Package that a name lies in, where others may import only what its `__all__` lists."""
    parts = name.split(".")
    if room(name) not in {"core", "model", "contracts"}:
        return None
    found = ".".join(parts[: 3 if room(name) == "core" else 2])
    return found if found in MODULES and MODULES[found].name == "__init__.py" else None


# ── who may import whom ──────────────────────────────────────────────────────────────────


@every_module
def test_every_room_imports_only_what_lies_below_it(module: str) -> None:
    if room(module) in COMPOSITION:  # builds everything
        return
    ours = {room(name) for name in imports(module) if name.startswith("monitor.")}
    assert ours - {room(module), "__version__"} <= MAY_IMPORT[room(module)]


@every_module
def test_core_neither_waits_nor_looks_outside(module: str) -> None:
    if room(module) == "core":
        assert not {name.split(".")[0] for name in imports(module)} & IMPURE
        nodes = ast.walk(tree(module))
        assert not [node for node in nodes if isinstance(node, ast.AsyncFunctionDef | ast.Await)]


def test_the_folders_of_core_depend_on_each_other_in_one_direction() -> None:
    needs: dict[str, set[str]] = defaultdict(set)
    for module in MODULES:
        if own := package(module):
            needs[own] |= {other for name in imports(module) if (other := package(name))} - {own}
    assert on_cycles(needs) == []


def test_a_kind_of_channel_knows_no_other_and_config_knows_none() -> None:
    for module, path in MODULES.items():
        ours = {name for name in imports(module) if name.startswith("monitor.channels.")}
        shared = {name for name in ours if name.split(".")[2] in ("config", "kind", "registry")}
        parts = path.relative_to(HOUSE).parts
        if parts[0] == "config":
            assert ours == shared, module
        elif parts[0] == "channels" and len(parts) == 3:
            assert {name.split(".")[2] for name in ours - shared} <= {parts[1]}, module


# ── the figures ──────────────────────────────────────────────────────────────────────────


class Figure(NamedTuple):
    name: str
    value: float
    limit: float
    where: list[str]  # the largest one, or all that should not be

    def __str__(self) -> str:
        return f"{self.name:<36}{self.value:>4g}   (at most {self.limit:g})"


def test_the_figures_of_the_code_are_within_their_limits() -> None:
    found = list(figures())
    table = "\n" + "\n".join(map(str, found))
    print(table)
    assert {each.name: each.where for each in found if each.value > each.limit} == {}, table


def figures() -> Iterator[Figure]:
    lengths = {name: path.read_text("utf-8").count("\n") for name, path in MODULES.items()}
    longest = max(lengths, key=lambda name: lengths[name])
    yield Figure("lines of the longest module", lengths[longest], 300, [longest])
    functions = sorted(functions_by_length())
    counts = [count for count, _ in functions]
    yield Figure("lines of the longest function", counts[-1], 50, [functions[-1][1]])
    yield Figure("lines of nine functions in ten", counts[len(counts) * 9 // 10], 35, [])
    yield Figure("lines of a function, median", statistics.median(counts), 10, [])
    cycles = on_cycles({name: imported_modules(name) - {name} for name in MODULES})
    yield Figure("modules on an import cycle", len(cycles), 0, cycles)
    inner = inner_imports()
    yield Figure("imports of a package's inner names", len(inner), 0, inner)
    twice = class_names_that_stand_twice()
    yield Figure("class names that stand twice", len(twice), 0, twice)


def functions_by_length() -> Iterator[tuple[int, str]]:
    for module in MODULES:
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                yield node.end_lineno - node.lineno + 1, f"{module}.{node.name}"


def on_cycles(needs: dict[str, set[str]]) -> list[str]:
    """Names on a cycle or between two: drop whatever needs nobody or is needed by nobody."""
    while True:
        needed = set().union(*needs.values())
        left = {name: each & needs.keys() for name, each in needs.items() if name in needed}
        left = {name: each for name, each in left.items() if each}
        if left == needs:
            return sorted(needs)
        needs = left


def inner_imports() -> list[str]:
    """Imports of names that their package does not export, from outside of it."""
    return [
        f"{module}: {name}"
        for module in MODULES
        for name in imports(module)
        if (other := package(name)) not in (None, package(module)) and name not in exported(other)
    ]


def exported(name: str | None) -> set[str]:
    """Full names that others may import from a package."""
    names: list[str] = importlib.import_module(str(name)).__all__
    return {str(name), *(f"{name}.{each}" for each in names)}


def class_names_that_stand_twice() -> list[str]:
    """Names of classes at the top of more than one module."""
    modules: dict[str, list[str]] = defaultdict(list)
    for module in MODULES:
        for node in tree(module).body:
            if isinstance(node, ast.ClassDef):
                modules[node.name].append(module)
    return [f"{name}: {', '.join(where)}" for name, where in modules.items() if len(where) > 1]


@every_module
def test_names_docstrings_and_comments_use_the_words_of_the_field(module: str) -> None:
    """docs/glossary.md has them. Columns, labels and keys that users see keep their names.

    So do migrations, whose names every database records.
    """
    text, nodes = MODULES[module].read_text(encoding="utf-8"), list(ast.walk(tree(module)))
    written = [node.id for node in nodes if isinstance(node, ast.Name)]
    written += [node.arg for node in nodes if isinstance(node, ast.arg)]
    names = [node.name for node in nodes if isinstance(node, DOCUMENTED)]
    written += [name for name in names if not re.match(r"m\d{4}_", name)]
    written += [ast.get_docstring(node) or "" for node in nodes if isinstance(node, WITH_DOCSTRING)]
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    written += [token.string for token in tokens if token.type == tokenize.COMMENT]
    assert [each for each in written if PRIVATE_WORDS.search(each.replace("_", " "))] == []
