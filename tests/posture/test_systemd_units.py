"""The units for systemd are well-formed. They are not run here: nothing in the tests may need systemd as the first process."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from support.installation import REPOSITORY

UNITS = sorted((REPOSITORY / "deploy/systemd").glob("*.service"))


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    assert {unit.name for unit in UNITS} == {"sandlot-launcher.service", "sandlot-server.service"}
    for unit in UNITS:
        # The programs are where an operator puts them; systemd wants to see something there.
        text = re.sub(r"^ExecStart=/opt/\S+", "ExecStart=/bin/true", unit.read_text(), flags=re.MULTILINE)
        (tmp_path / unit.name).write_text(text)
    words = ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / unit.name) for unit in UNITS)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    complaints = [line for line in done.stderr.splitlines() if "sandlot" in line]
    assert (done.returncode, complaints) == (0, []), done.stderr


def test_the_units_start_again_and_leave_sandboxes_alone() -> None:
    launcher, server = (unit.read_text() for unit in UNITS)
    assert "KillMode=process" in launcher
    for unit in (launcher, server):
        assert "Restart=always" in unit and "StartLimitIntervalSec=0" in unit
    assert "User=sandlot" in server and "NoNewPrivileges=yes" in server and "CapabilityBoundingSet=\n" in server
