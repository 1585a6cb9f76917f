"""README and docs are complete, and what they show exists, loads and matches as they say."""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from notices import hit, item, notice
from test_architecture import COMPOSITION, ENTRY_POINTS, FLOOR, MAY_IMPORT

from monitor import __version__, config
from monitor.cli import COMMANDS, group
from monitor.config.schema import schema
from monitor.contracts import Verdict
from monitor.core.messages import build_payload
from monitor.core.rules import Document, Matcher, parse
from monitor.errors import ConfigError, RuleError
from monitor.metrics import Metrics
from monitor.model import ChangeKind, MessageKind, Reason, SilenceKind
from monitor.store.health import STATES
from monitor.store.sqlite import prepare

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
MANUAL = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
PAGES = [*MANUAL, ROOT / "CONTRIBUTING.md", *sorted((DOCS / "decisions").glob("*.md"))]
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))

Rows = list[list[str]]


@cache
def text(page: Path | str) -> str:
    return (DOCS / page).read_text("utf-8")


def sections(page: Path | str, level: int = 2) -> dict[str, str]:
    """Heading → what follows it, up to the next heading of this level or above."""
    parts = re.split(rf"^({'#' * level} .*)$", text(page), flags=re.MULTILINE)
    above = rf"^#{{1,{level - 1}}} .*" if level > 1 else "(?!)"
    bodies = (re.split(above, body, flags=re.MULTILINE)[0] for body in parts[2::2])
    return dict(zip((heading.strip("# ") for heading in parts[1::2]), bodies, strict=True))


def table(markdown: str) -> Rows:
    """Rows of the tables, without their heads."""
    rows: Rows = []
    for line in markdown.splitlines():
        if re.fullmatch(r"\|[-:| ]+\|", line):
            rows.pop()
        elif line.startswith("|"):
            rows.append([each.strip() for each in re.split(r"(?<!\\)\|", line)[1:-1]])
    return [[cell.replace("\\|", "|") for cell in row] for row in rows]


def codes(markdown: str) -> list[str]:
    """What stands in backticks, blocks left out."""
    return re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```$", "", markdown, flags=re.DOTALL | re.M))


# ── the README ───────────────────────────────────────────────────────────────────────────


def test_the_readme_is_short_and_begins_with_two_commands() -> None:
    readme = text("../README.md")
    assert readme.count("\n") <= 150
    first = re.findall(r"^\$ (.*?) +#", readme, re.MULTILINE)[:2]
    assert first == ["make demo", "make test"]
    assert readme.index("$ make demo") < readme.index("\n## ")


def test_the_readme_names_every_command_once_and_links_every_page() -> None:
    rows = table(sections("../README.md")["Commands"])
    named = [code.split()[0] for row in rows for code in codes(row[1])]
    assert set(named) == set(COMMANDS)
    links = set(re.findall(r"\]\(docs/([\w-]+\.md)\)", text("../README.md")))
    assert links == {page.name for page in DOCS.glob("*.md")}


# ── links and paths ──────────────────────────────────────────────────────────────────────


@every_page
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)]+)\)|src=\"([^\"]+)\"", text(page)):
        path, _, anchor = (target[0] or target[1]).partition("#")
        if "://" in path:
            continue
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", text(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


FOLDERS = ("monitor", "systemd", "tests")  # a file in these may be named without its folder
OURS = {
    path.name for folder in ("", *FOLDERS) for path in (ROOT / folder).iterdir() if path.is_dir()
}


@every_page
def test_every_path_that_is_named_exists(page: Path) -> None:
    named = {code.partition("::")[0] for code in codes(text(page)) if is_path(code)}
    if page.parent.name == "decisions":  # may name a file of the past, but not where it lay
        named = {path for path in named if "/" in path}
    roots = (ROOT, ROOT / "monitor", ROOT / "tests", page.parent)
    assert [
        path
        for path in sorted(named)
        if not any((root / path).exists() for root in roots)
        and not ("/" not in path and any(any((ROOT / f).rglob(path)) for f in FOLDERS))
    ] == []


def is_path(code: str) -> bool:
    if not re.fullmatch(r"[\w./-]+(::\w+)?", code) or code.startswith((".", "/")):
        return False
    if "/" in code:
        return code.partition("/")[0] in OURS
    return code.endswith((".py", ".conf", ".jinja"))


def test_every_decision_is_in_the_index() -> None:
    files = {path.name for path in (DOCS / "decisions").glob("0*.md")}
    assert set(re.findall(r"\]\((0[\w-]+\.md)\)", text("decisions/README.md"))) == files


# ── commands ─────────────────────────────────────────────────────────────────────────────

OF_ALL = {"--config", "--debug", "--json", "--csv", "--utc", "--help"}  # not in the tables
COMMAND_CODES = codes(text("commands.md").replace("\\|", "|"))


def commands(command: click.Command, path: str = "") -> Iterator[tuple[str, click.Command]]:
    if path:
        yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            found = command.get_command(click.Context(command), name)
            assert found is not None
            yield from commands(found, f"{path} {name}".strip())


ALL_COMMANDS = dict(commands(group))


@pytest.mark.parametrize("path", ALL_COMMANDS)
def test_every_command_is_documented_with_its_options(path: str) -> None:
    shown = [code for code in COMMAND_CODES if code == path or code.startswith(f"{path} ")]
    assert shown, f"no row for '{path}'"
    options = {
        each.opts[-1] for each in ALL_COMMANDS[path].params if isinstance(each, click.Option)
    }
    assert [each for each in options - OF_ALL if not any(each in code for code in shown)] == []


@pytest.mark.parametrize("option", sorted(OF_ALL))
def test_an_option_of_every_command_is_explained_around_the_tables(option: str) -> None:
    assert any(option in code for code in COMMAND_CODES)


def test_no_command_and_no_option_is_documented_that_does_not_exist() -> None:
    sets = [body for name, body in sections("commands.md").items() if name != "Output"]
    shown = [code for body in sets for row in table(body) for code in codes(row[0])]
    real = {opt for each in ALL_COMMANDS.values() for param in each.params for opt in param.opts}
    assert {code.split()[0] for code in shown} == set(COMMANDS)
    assert {option for code in shown for option in re.findall(r"--[a-z-]+", code)} <= real


# ── the configuration ────────────────────────────────────────────────────────────────────

SCHEMA: Any = schema()
COMMON = SCHEMA["$defs"]["Command"]["properties"].keys() - {"command", "timeout"}
KINDS = ("email", "webhook", "command", "apprise")
KEYS = {  # the name that a section's heading begins with → its keys in the schema
    "Top": SCHEMA["properties"],
    "channels": {key: SCHEMA["$defs"]["Command"]["properties"][key] for key in COMMON},
}
for kind, described in SCHEMA["$defs"].items():
    name = {"Source": "sources", "Topic": "topics"}.get(kind, kind.lower())
    found = described.get("properties", {})
    if found:
        own = found.keys() - (COMMON if name in KINDS else set())
        KEYS[name] = {key: found[key] for key in own}
PER_SECTION = {
    re.findall(r"\w+", heading)[0]: table(body)
    for heading, body in sections("configuration.md").items()
}
ROWS = [(section, row) for section, rows in PER_SECTION.items() for row in rows]
every_row = pytest.mark.parametrize(
    ("section", "row"), ROWS, ids=[f"{section} {codes(row[0])[0]}" for section, row in ROWS]
)
LOG = {"name": "log", "type": "command", "command": ["cat"]}
FEED = {"name": "a", "url": "https://a.example/rss"}
HOOK = {"name": "h", "type": "webhook", "url": "https://h.example/"}
MAIL = {"name": "m", "type": "email", "to": "a@b.example", "from": "a@b.example"}
AROUND: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {  # one key → a configuration
    "Top": lambda key: key,
    "sources": lambda key: {"sources": [beside(FEED, key)]},
    "include": lambda key: {"sources": [key]},
    "topics": lambda key: {"topics": [{"name": "steel", "match": "steel"} | key]},
    "heartbeat": lambda key: {"heartbeat": {"url": "https://h.example/"} | key},
    "channels": lambda key: {"channels": [(LOG if "type" not in key else HOOK) | key]},
    "group": lambda key: {"channels": [LOG | {"group": key}]},
    "quiet": lambda key: {"channels": [LOG | {"quiet": {"from": "1:00", "to": "2:00"} | key}]},
    "email": lambda key: {"channels": [MAIL | key]},
    "smtp": lambda key: {"channels": [MAIL | {"smtp": beside({"user": "u"}, key)}]},
    "webhook": lambda key: {"channels": [HOOK | {"template": "{}"} | key]},
    "command": lambda key: {"channels": [LOG | key]},
    "apprise": lambda key: {"channels": [{"name": "p", "type": "apprise"} | key]},
}
NEEDS_APPRISE = "apprise is not installed"


def beside(rest: dict[str, str], key: dict[str, Any]) -> dict[str, Any]:
    """A password wants a user beside it."""
    return rest | ({"username": "u"} if "password" in str(key) and "url" in rest else {}) | key


def test_every_key_of_the_configuration_has_a_row_and_no_other() -> None:
    shown = {name: [codes(row[0])[0] for row in rows] for name, rows in PER_SECTION.items()}
    assert {name: set(keys) for name, keys in shown.items()} == {
        name: set(keys) for name, keys in KEYS.items()
    }
    assert [name for name, keys in shown.items() if len(keys) != len(set(keys))] == []


@every_row
def test_a_key_has_its_default_its_unit_and_its_meaning(section: str, row: Sequence[str]) -> None:
    key, default, unit, _, meaning = row
    field = KEYS[section][codes(key)[0]]
    expected = field.get("default", None)
    if isinstance(expected, str):
        expected = expected.replace(__version__, "VERSION")
    if expected is None:
        assert default in ("–", "required")
    else:
        assert plain(codes(default)[0]) == as_text(expected)
    assert unit
    assert meaning


@every_row
def test_the_example_of_a_key_is_accepted(
    section: str, row: Sequence[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, _, _, example, _ = row
    one = {codes(key)[0]: plain(codes(example)[0])}
    around = AROUND[section](one) if section in AROUND else {section: one}
    whole = {"channels": [LOG], **around}
    if section == "quiet":
        whole["topics"] = ["border"]
    assert faults(tmp_path, yaml.safe_dump(whole), monkeypatch) == []


def plain(example: str) -> Any:
    """YAML whose scalars are all text, as the configuration's are."""
    return yaml.load(example, Loader=yaml.BaseLoader)


def as_text(value: Any) -> Any:
    """A default as YAML writes it, all of its scalars text."""
    if isinstance(value, list):
        return [as_text(each) for each in value]
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, dict) else str(value)


def faults(folder: Path, whole: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Faults of a configuration in a folder that has what its keys name."""
    for path in re.findall(r"\w+_file: ([\w./-]+)", whole):
        (folder / path).write_text("whsec_c2VjcmV0\n")
    for name in re.findall(r"\w+_env: ([A-Z_]+)", whole):
        monkeypatch.setenv(name, "whsec_c2VjcmV0")
    if "more/*.yaml" in whole and not (folder / "more").exists():
        (folder / "more").mkdir()
        (folder / "more" / "b.yaml").write_text("- {name: b, url: 'https://b.example/'}\n")
    path = folder / "config.yaml"
    path.write_text(whole, "utf-8")
    try:
        config.load(path)
    except ConfigError as error:
        return [fault for fault in error.faults if NEEDS_APPRISE not in fault]
    return []


BLOCKS = {page: re.findall(r"```(yaml|xml)\n(.*?)```", text(page), re.DOTALL) for page in MANUAL}


@pytest.mark.parametrize("page", [p for p in MANUAL if BLOCKS[p]], ids=lambda page: page.name)
def test_every_configuration_in_the_manual_loads(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wholes = []
    for _, block in BLOCKS[page]:
        if found := re.match(r"(?:# |<!-- )([\w./-]+\.(?:yaml|opml))", block):
            (tmp_path / found[1]).parent.mkdir(exist_ok=True)
            (tmp_path / found[1]).write_text(block, "utf-8")
        else:
            wholes.append(block)
    assert [fault for whole in wholes for fault in faults(tmp_path, whole, monkeypatch)] == []


@pytest.mark.parametrize(
    "name", ["NEWS_MONITOR_CONFIG", "NEWS_MONITOR_ID", "CREDENTIALS_DIRECTORY"]
)
def test_every_variable_of_the_environment_is_documented(name: str) -> None:
    assert any(name in code for page in MANUAL for code in codes(text(page)))


# ── rules ────────────────────────────────────────────────────────────────────────────────

RULES = sections("rules.md")
EXAMPLES = [
    (codes(row[0])[0], example, expected)
    for name in ("Words", "Operators", "Fields")
    for row in table(RULES[name])
    for expected, cell in ((True, row[1]), (False, row[2]))
    for example in cell.split(" · ")
]


@pytest.mark.parametrize(("rule", "example", "expected"), EXAMPLES)
def test_a_rule_matches_what_the_page_says(rule: str, example: str, expected: bool) -> None:
    matcher = Matcher()
    matcher.add("rule", parse(rule))
    assert bool(matcher.match(document(example))) == expected


def document(example: str) -> Document:
    found = re.fullmatch(r"(?:\((title|es|source: [^)]+)\) )?(.*)", example)
    assert found is not None
    where, words = found[1] or "", found[2]
    return Document(
        title=words if where == "title" else "",
        body="" if where == "title" else words,
        language="es" if where == "es" else "en",
        source=where.removeprefix("source: ") if where.startswith("source") else None,
    )


@pytest.mark.parametrize(
    ("rule", "answer"),
    [(codes(row[0])[0], row[1]) for row in table(RULES["What is refused, and what warns"])],
)
def test_a_mistake_is_answered_as_the_page_says(rule: str, answer: str) -> None:
    kind, _, words = answer.partition(": ")
    assert any(given == kind and words in message for given, message in answers(rule))


def answers(rule: str) -> list[tuple[str, str]]:
    try:
        return [("warning", caution.message) for caution in parse(rule).warnings]
    except RuleError as error:
        return [("refused", str(error))]


# ── what a running service shows ─────────────────────────────────────────────────────────

OPERATING = sections("operating.md")


def test_every_metric_is_documented_with_its_labels() -> None:
    rows = [row for row in table(OPERATING["What to watch"]) if not row[0].startswith("`/")]
    shown = {codes(row[0])[0]: tuple(codes(row[1])) for row in rows}
    assert shown == dict(metrics())


def metrics() -> Iterator[tuple[str, tuple[str, ...]]]:
    for metric in vars(Metrics()).values():
        if hasattr(metric, "_labelnames"):
            total = "_total" if metric._type == "counter" else ""
            yield f"{metric._name}{total}".removeprefix("news_monitor_"), metric._labelnames


def test_every_event_of_the_log_is_documented() -> None:
    shown = {code for row in table(OPERATING["The log"]) for code in codes(row[0])}
    slow = {each for each in shown if each.startswith(("checking ", "upgrading "))}
    assert shown - slow == set(log_events())
    store = "".join(path.read_text("utf-8") for path in (ROOT / "monitor/store").glob("*.py"))
    assert [each for each in slow if each.rstrip(" …") not in store] == []


def log_events() -> Iterator[str]:
    """What `logs.info` and `logs.warn` are called with, and the results of every outcome."""
    yield from Verdict
    for path in (ROOT / "monitor").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name("logs"), attr="info" | "warn")):
                    yield from constants(node.args[:1])
                case ast.Call(func=ast.Attribute(attr="error"), args=[ast.Constant("failed")]):
                    yield "failed"
                case ast.Call(func=ast.Name("Outcome")):
                    yield from constants([k.value for k in node.keywords if k.arg == "result"])
                case ast.FunctionDef(name="_result"):
                    yield from constants(
                        [n for n in node.body if isinstance(n, ast.Return | ast.If)]
                    )


def constants(nodes: Sequence[ast.AST]) -> Iterator[str]:
    for node in (inner for each in nodes for inner in ast.walk(each)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("alerts.md", Reason),
        ("alerts.md", ChangeKind),
        ("alerts.md", Verdict),
        ("channels.md", set(MessageKind) - {MessageKind.ARTICLE}),
        ("database.md", SilenceKind),
        ("operating.md", STATES),
        ("operating.md", ("pending", "sent", "dead")),
    ],
)
def test_every_status_is_documented(page: str, names: Sequence[StrEnum | str]) -> None:
    assert [str(name) for name in names if str(name) not in codes(text(page))] == []


def test_the_json_of_a_webhook_has_the_keys_that_are_shown() -> None:
    [block] = re.findall(r"```json\n(.*?)```", text("channels.md"), re.DOTALL)
    sent = build_payload(notice(item(hits=(hit("duty"),))))
    assert keys_of(yaml.safe_load(block)) == keys_of(sent)


def keys_of(value: Any) -> Any:
    """Keys in all depths; of `change`, which may be null, only that it is there."""
    if isinstance(value, dict):
        return {key: keys_of(each) for key, each in value.items() if key != "change"}
    return [keys_of(each) for each in value[:1]] if isinstance(value, list) else None


# ── the database ─────────────────────────────────────────────────────────────────────────


def test_every_table_and_column_is_documented(tmp_path: Path) -> None:
    with closing(prepare(tmp_path / "news.db")) as conn:
        sql = "SELECT name FROM sqlite_master WHERE type = 'table'"
        names = [row["name"] for row in conn.execute(sql)]
        tables = {
            name: {row["name"] for row in conn.execute(f"PRAGMA table_info({name})")}
            for name in names
            if not re.match(r"_?sqlite_|articles_fts_", name)
        }
    assert dict(documented_tables()) == tables


def documented_tables() -> Iterator[tuple[str, set[str]]]:
    for heading, body in sections("database.md", level=3).items():
        if heading == "Internal tables":
            for row in table(body):
                yield codes(row[0])[0], set(codes(row[1]))
        else:
            yield codes(heading)[0], {code for row in table(body) for code in codes(row[0])}


# ── the map ──────────────────────────────────────────────────────────────────────────────

TEN = [
    "a date format",
    "a kind of channel",
    "an operator of the rule language",
    "a metric",
    "a key of config.yaml",
    "a CSS class of the mail",
    "the back-off of a failing source",
    "the list of boilerplate phrases",
    "a column of the database",
    "an option of a command",
]
ARCHITECTURE = sections("architecture.md")
MAP = table(ARCHITECTURE["The map"])


def test_the_map_leads_a_stranger_to_ten_changes() -> None:
    assert [row[0] for row in MAP[:10]] == TEN


@pytest.mark.parametrize("row", MAP, ids=[row[0] for row in MAP])
def test_the_file_on_the_map_holds_the_symbol(row: Sequence[str]) -> None:
    file, symbol = codes(row[1])[0], codes(row[2])[0]
    assert re.search(rf"(?<!\w){re.escape(symbol)}\b", (ROOT / file).read_text("utf-8"))


def test_the_rooms_are_those_that_the_imports_are_held_to() -> None:
    shown: dict[str, set[str]] = {}
    for room, _, below in table(ARCHITECTURE["The rooms, and who may import whom"]):
        may = set(codes(below))
        may |= FLOOR if "the floor" in below else set()
        may |= ENTRY_POINTS if "the entry points" in below else set()
        shown |= {name: may - {name} for name in codes(room)}
    assert shown == {room: may - {room} for room, may in MAY_IMPORT.items()}
    prose = codes(ARCHITECTURE["The rooms, and who may import whom"])
    assert [each for each in COMPOSITION if not each.startswith("__") and each not in prose] == []


def test_a_name_in_the_glossary_is_in_the_code() -> None:
    source = "".join(path.read_text("utf-8") for path in (ROOT / "monitor").rglob("*.py"))
    names = {code for code in codes(text("glossary.md")) if re.fullmatch(r"[A-Za-z_]+", code)}
    assert [name for name in sorted(names) if not re.search(rf"\b{name}\b", source)] == []
