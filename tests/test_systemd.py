"""The unit: known to systemd, and hardened."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parent.parent / "systemd" / "news-monitor.service"
EXPOSURE = 1.5

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd is not installed here"
)


def analyze(*args: str) -> str:
    done = subprocess.run(
        ["systemd-analyze", *args], capture_output=True, text=True, check=False, timeout=60
    )
    return done.stdout + done.stderr


def test_the_unit_verifies(tmp_path: Path) -> None:
    program = tmp_path / "news-monitor"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "news-monitor.service"
    unit.write_text(UNIT.read_text().replace("/opt/news-monitor/bin/news-monitor", str(program)))
    assert analyze("verify", "--man=no", str(unit)).strip() == ""


def test_its_exposure_is_low() -> None:
    said = analyze("security", "--offline=true", str(UNIT))
    found = re.search(r"Overall exposure level.*?: ([\d.]+)", said)
    assert found is not None, said
    print(f"exposure {found[1]}")
    assert float(found[1]) <= EXPOSURE
