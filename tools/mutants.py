"""Mutation testing of the core and the store: which small changes of the code does no test notice?

    python tools/mutants.py [FOLDER ...]      # of FOLDERS below; all of them if none is named

A change is killed if one of the tests near it fails. Functions are mutated by mutmut, with
operators of our own for SQL; what is computed at import, as constants and defaults of fields,
mutmut leaves alone: it is mutated here, with a fork for each mutant. Works on copies in
.mutants/, where mutmut remembers what it found until a function or its tests change.
"""

import ast
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

import libcst as cst
import pytest
from mutmut.__main__ import cli
from mutmut.configuration import config
from mutmut.mutation import mutators
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.mutation.file_mutation import create_mutations
from mutmut.stats import status_by_exit_code

ROOT = Path(__file__).parent.parent
FOLDERS = {  # and the tests near them
    "monitor/core/polling": ("tests/core/polling", "tests/jobs/test_poll.py"),
    "monitor/core/alerts": ("tests/core/alerts", "tests/core/revisions/test_decide.py"),
    "monitor/core/revisions": ("tests/core/revisions", "tests/core/test_process_article.py"),
    "monitor/store": ("tests/store",),
}
COPIED = ("monitor", "tests", "demo", "pyproject.toml")
REASONS = ROOT / "docs" / "mutants.md"
WORKERS = int(os.environ.get("WORKERS", os.cpu_count() or 1))
LIMIT_S = 300  # for the near tests of one mutant; they take half a minute
SURVIVED = {"survived", "no tests"}
PRELOADED = ("aiohttp", "lxml.html", "pydantic", "sqlite_utils", "yaml")  # before a fork

SQL = re.compile(r"\b(SELECT|UPDATE|DELETE|FROM|WHERE|AND|CASE|ORDER BY|LIMIT|IS NULL|SET)\b")
SQL_SWAPS = [  # each place where one fits makes a mutant
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\bAND\b", "OR"),
        (r"\bOR\b(?! (?:IGNORE|REPLACE))", "AND"),
        (r"\bIS NOT NULL\b", "IS NULL"),
        (r"\bIS NULL\b", "IS NOT NULL"),
        (r"\bIS NOT (?!NULL)", "IS "),
        (r"\bIS (?!NOT|NULL)", "IS NOT "),
        (r"\bNOT (IN|EXISTS|LIKE)\b", r"\1"),
        (r"(?<!NOT )\b(IN \(|EXISTS)", r"NOT \1"),
        (r"<=", "<"),
        (r">=", ">"),
        (r"<(?![=>])", "<="),
        (r"(?<![<-])>(?!=)", ">="),
        (r"\bDESC\b", "ASC"),
        (r"\bDISTINCT ", ""),
        (r"\bmin\(", "max("),
        (r"\bmax\(", "min("),
        (r"(\w+) = (?:NULL|0)\b", r"\1 = \1"),
        (r"\+ 1\b", "+ 0"),
        (r"\b(LIMIT|THEN|ELSE) 1\b", r"\1 0"),
        (r"\b(THEN|ELSE) (?:0|NULL)\b", r"\1 1"),
    )
]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of a file, and whether a test failed for it."""

    path: str
    change: str  # old line → new line
    killed: bool


def sql_mutants(text: str) -> Iterator[str]:
    """The text with one of SQL_SWAPS done at one place, for each place."""
    for pattern, replacement in SQL_SWAPS:
        for found in pattern.finditer(text):
            yield text[: found.start()] + found.expand(replacement) + text[found.end() :]


def mutate_string(node: cst.BaseString) -> Iterable[cst.BaseString]:
    """SQL by its own operators; other strings become another one."""
    if not isinstance(node, cst.SimpleString) or node.quote.startswith(('"""', "'''")):
        return
    if SQL.search(node.raw_value):
        for value in sql_mutants(node.raw_value):
            yield node.with_changes(value=f"{node.prefix}{node.quote}{value}{node.quote}")
    else:
        yield node.with_changes(value=f"{node.prefix}{node.quote}XX{node.raw_value}XX{node.quote}")


def mutate_sql_part(node: cst.FormattedStringText) -> Iterable[cst.FormattedStringText]:
    """The SQL between the braces of an f-string."""
    if SQL.search(node.value):
        for value in sql_mutants(node.value):
            yield node.with_changes(value=value)


def install_operators() -> None:
    """Replace mutmut's operator for strings: upper case is the same SQL, and garbage none."""
    operators: Any = mutators.mutation_operators  # a list, whatever its annotation
    operators[:] = [
        *(each for each in operators if each[1] is not mutators.operator_string),
        (cst.SimpleString, mutate_string),
        (cst.FormattedStringText, mutate_sql_part),
    ]


# ── what is computed at import ───────────────────────────────────────────────────────────


def import_mutants(path: str) -> Iterator[str]:
    """Sources of the file, each with one change outside of its functions."""
    module, mutations, *_ = create_mutations(path, Path(path).read_text())
    for each in mutations:
        if not isinstance(each.contained_by_top_level_function, cst.FunctionDef):
            mutant: Any = module.deep_replace(each.original_node, each.mutated_node)
            yield mutant.code


def start_tests(path: str, code: str, tests: tuple[str, ...]) -> int:
    """Run the tests in a fork that imports this code in the file's place. Returns its pid."""
    child = os.fork()
    if child:
        return child
    signal.alarm(LIMIT_S)
    sink = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(sink, stream)
    load_instead(Path(path).absolute(), code)
    os._exit(int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests])))


def load_instead(path: Path, code: str) -> None:
    """Have the import of this file compile other code."""
    loader: Any = SourceFileLoader
    load = loader.get_code

    def get_code(self: SourceFileLoader, fullname: str) -> CodeType | None:
        if self.path == str(path):
            return compile(code, self.path, "exec")
        original: CodeType | None = load(self, fullname)
        return original

    loader.get_code = get_code


def run_import_mutants(folder: str) -> list[Mutant]:
    """Mutate what the files of a folder compute at import."""
    for name in PRELOADED:
        import_module(name)
    untouched = start_tests("", "", FOLDERS[folder])
    if os.waitpid(untouched, 0)[1]:
        sys.exit(f"{folder}: the tests fail without any mutant")
    found: list[Mutant] = []
    running: dict[int, tuple[str, str]] = {}

    def collect() -> None:
        child, status = os.wait()
        found.append(Mutant(*running.pop(child), os.waitstatus_to_exitcode(status) != 0))

    for path in sorted(Path(folder).rglob("[!_]*.py")):
        source = path.read_text()
        for code in import_mutants(str(path)):
            if ast.dump(ast.parse(code)) == ast.dump(ast.parse(source)):
                continue
            if len(running) == WORKERS:
                collect()
            child = start_tests(str(path), code, FOLDERS[folder])
            running[child] = (str(path), changed_line(source, code))
    while running:
        collect()
    return found


def changed_line(source: str, code: str) -> str:
    """The first line that differs, before and after."""
    pairs = zip(source.splitlines(), code.splitlines(), strict=False)
    old, new = next((pair for pair in pairs if pair[0] != pair[1]), ("", ""))
    return f"{old.strip()} → {new.strip()}"


# ── functions ────────────────────────────────────────────────────────────────────────────


def run_function_mutants(folder: str) -> None:
    """Let mutmut do its work; it leaves results in mutants/."""
    settings = config()
    settings.only_mutate = [f"{folder}/*"]
    settings.pytest_add_cli_args_test_selection = list(FOLDERS[folder])
    cli(["run", "--max-children", str(WORKERS)], standalone_mode=False)


def function_mutants(folder: str) -> Iterator[Mutant]:
    """What mutmut found in the files of a folder."""
    for path in sorted(Path(folder).rglob("*.py")):
        found = SourceFileMutationData(path=path)
        found.load()
        for name, code in found.exit_code_by_key.items():
            lived = status_by_exit_code[code] in SURVIVED
            change = diff_of(name, path) if lived else ""
            yield Mutant(str(path), change, not lived)


def diff_of(name: str, path: Path) -> str:
    """Lines taken away, and those put in their place."""
    lines = get_diff_for_mutant(name, path=path).splitlines()[2:]
    old = " ".join(line[1:].strip() for line in lines if line.startswith("-"))
    new = " ".join(line[1:].strip() for line in lines if line.startswith("+"))
    return f"{old} → {new}"


def report(folder: str, mutants: list[Mutant]) -> None:
    """Print the survivors without a reason in docs/mutants.md, and the share of the killed."""
    reasons = REASONS.read_text() if REASONS.exists() else ""
    lived = [each for each in mutants if not each.killed]
    for each in lived:
        if each.change not in reasons:
            print(f"{each.path}: {each.change}")
    share = 1 - len(lived) / max(1, len(mutants))
    print(f"{folder}: {len(mutants)} mutants, {len(lived)} lived, {share:.1%} killed", flush=True)


def copy_tree(folder: str) -> Path:
    """A copy of what the tests need, by folder; times of change are kept for mutmut."""
    copy = ROOT / ".mutants" / folder.replace("/", ".")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.rmtree(copy / name, ignore_errors=True)
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / name, copy / name)
    return copy


def main() -> None:
    if len(sys.argv) != 2:
        for folder in sys.argv[1:] or FOLDERS:
            subprocess.run([sys.executable, __file__, folder], check=True)
        return
    folder = sys.argv[1]
    os.chdir(copy_tree(folder))
    install_operators()
    at_import = run_import_mutants(folder)
    run_function_mutants(folder)
    report(folder, [*function_mutants(folder), *at_import])


if __name__ == "__main__":
    main()
