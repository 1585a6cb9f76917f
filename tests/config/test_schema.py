"""The JSON Schema of config.yaml, and the commands `check` and `init`."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from monitor.cli.check import check
from monitor.cli.init import init
from monitor.config.schema import schema
from monitor.settings import RETRY, NetworkSettings, PollSettings

ROOT = Path(__file__).parent.parent.parent
STORED = ROOT / "monitor" / "config" / "config.schema.json"


def keys(described: Any) -> list[tuple[str, dict[str, Any]]]:
    sections = [described, *described["$defs"].values()]
    return [pair for each in sections for pair in each.get("properties", {}).items()]


def test_the_stored_schema_is_up_to_date() -> None:
    """`news-monitor check --schema > monitor/config/config.schema.json` brings it there."""
    assert json.loads(STORED.read_text(encoding="utf-8")) == schema()


def test_every_key_is_described() -> None:
    described = schema()
    sections = {f"#/$defs/{name}": each for name, each in described["$defs"].items()}
    found = [
        (key, {**sections.get(str(field.get("$ref")), {}), **field})
        for key, field in keys(described)
    ]
    assert [key for key, field in found if not field.get("description")] == []


def test_the_example_satisfies_the_schema_and_a_misspelling_does_not() -> None:
    example = yaml.safe_load((ROOT / "config.yaml").read_text())
    for topic in example["topics"]:
        if isinstance(topic, dict) and True in topic:  # PyYAML's 1.1 reads `on` so
            topic["on"] = topic.pop(True)
    jsonschema.validate(example, schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"databse": "x"}, schema())


def test_defaults_are_shown_as_a_person_writes_them() -> None:
    defaults = {key: field.get("default") for key, field in keys(schema())}
    assert defaults["max_body"] == "10MB"
    assert defaults["host_delay"] == "5s"
    assert defaults["retry"] == ["5s", "5m", "30m", "2h", "5h", "10h", "14h", "20h", "1d"]


def test_a_file_without_any_section_has_the_defaults_of_the_settings(tmp_path: Path) -> None:
    from monitor import config

    path = tmp_path / "config.yaml"
    hook = "{name: h, type: webhook, url: 'https://h.x/'}"
    path.write_text(f"database: a.db\nchannels: [{hook}]\n")
    found = config.load(path)
    assert found.poll == PollSettings()
    assert found.network == NetworkSettings(user_agent=found.network.user_agent)
    assert found.channels[0].retry == RETRY


def test_check_prints_faults_as_lines_of_json(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("databse: x\n")
    ran = CliRunner().invoke(
        check, ["--config", str(path), "--json"], standalone_mode=False, obj={}
    )
    assert ran.return_value == 2
    first, second = map(json.loads, ran.output.splitlines())
    assert first == {
        "file": str(path),
        "line": 1,
        "column": 1,
        "level": "fault",
        "message": "unknown key 'databse'; did you mean 'database'?",
    }
    assert second["level"] == "warning"


def test_init_writes_what_check_accepts_and_never_overwrites(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert CliRunner().invoke(init, [str(folder)], obj={}).exit_code == 0
    path = folder / "config.yaml"
    ran = CliRunner().invoke(check, ["-c", str(path)], obj={})
    assert ran.output == f"{path}: fine: 3 sources, 3 topics, 0 channels\n"
    path.write_text("mine")
    assert CliRunner().invoke(init, [str(folder)], obj={}).exit_code == 1
    assert path.read_text() == "mine"


def test_the_package_is_imported_without_pydantic_or_yaml() -> None:
    code = (
        "import sys, monitor.config; sys.exit('pydantic' in sys.modules or 'yaml' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_a_configuration_is_read_without_the_libraries_that_send() -> None:
    unwanted = {"aiohttp", "aiosmtplib", "jinja2", "apprise"}
    code = f"import sys, monitor.config.loader; sys.exit(bool({unwanted} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
