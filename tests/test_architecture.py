"""Who may import whom; core is pure; modules and functions stay small."""

import ast
import importlib
import statistics
from pathlib import Path

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
MODULE_LINES, FUNCTION_LINES, MEDIAN_LINES, P90_LINES = 400, 80, 10, 35


def modules() -> list[Path]:
    return sorted(HOUSE.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(HOUSE)))
def test_every_room_imports_only_what_lies_below_it(path: Path) -> None:
    if room(path) in COMPOSITION:  # builds everything
        return
    allowed = MAY_IMPORT[room(path)]
    ours = {name.split(".")[1] for name in imports(path) if name.startswith("monitor.")}
    assert ours - {room(path), "__version__"} <= allowed


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(HOUSE)))
def test_core_neither_waits_nor_looks_outside(path: Path) -> None:
    if room(path) == "core":
        assert not {name.split(".")[0] for name in imports(path)} & IMPURE
        tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        assert not [node for node in tree if isinstance(node, ast.AsyncFunctionDef | ast.Await)]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(HOUSE)))
def test_others_take_from_a_folder_of_core_only_what_it_exports(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("monitor.core."):
            _, _, other, *inner = str(node.module).split(".")
            if other != folder(path) and (HOUSE / "core" / other).is_dir():
                assert not inner, f"{node.module} is an inner file"
                assert {alias.name for alias in node.names} <= exported(other)


def test_the_folders_of_core_depend_on_each_other_in_one_direction() -> None:
    needs: dict[str, set[str]] = {}
    for path in (HOUSE / "core").rglob("*.py"):
        found = {name.split(".")[2] for name in imports(path) if name.startswith("monitor.core.")}
        needs.setdefault(folder(path), set()).update(found - {folder(path)})
    while free := {name for name in needs if not needs[name] & needs.keys()}:
        needs = {name: each for name, each in needs.items() if name not in free}
    assert needs == {}, "these depend on each other"


def test_a_kind_of_channel_knows_no_other_and_config_knows_none() -> None:
    for path in modules():
        ours = {name for name in imports(path) if name.startswith("monitor.channels.")}
        shared = {name for name in ours if name.split(".")[2] in ("config", "kind", "registry")}
        parts = path.relative_to(HOUSE).parts
        if parts[0] == "config":
            assert ours == shared, path
        elif parts[0] == "channels" and len(parts) == 3:
            assert {name.split(".")[2] for name in ours - shared} <= {parts[1]}, path


def test_no_class_of_the_configuration_has_the_name_of_another() -> None:
    files: dict[str, list[Path]] = {}
    for path in modules():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                files.setdefault(node.name, []).append(path)
    ours = {"fields", "channels", "config", "settings"}
    shared = [
        name for name, where in files.items() if len(where) > 1 and ours & {*map(room, where)}
    ]
    assert shared == []


def folder(path: Path) -> str:
    """The subject folder of core that a file lies in, else its own name."""
    parts = path.relative_to(HOUSE).with_suffix("").parts
    return parts[1] if parts[0] == "core" and len(parts) > 1 else parts[0]


def exported(name: str) -> set[str]:
    names: list[str] = importlib.import_module(f"monitor.core.{name}").__all__
    return set(names)


def test_modules_and_functions_stay_small() -> None:
    lengths, too_long = [], []
    for path in modules():
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > MODULE_LINES:
            too_long.append(str(path))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                lengths.append(node.end_lineno - node.lineno + 1)
    assert too_long == []
    assert statistics.median(lengths) <= MEDIAN_LINES
    assert sorted(lengths)[int(len(lengths) * 0.9)] <= P90_LINES
    assert max(lengths) <= FUNCTION_LINES
