"""What the page on clients does without a client works as it stands."""

import os
import re
import subprocess

from support.installation import REPOSITORY


def test_the_shell_alone_is_a_client() -> None:
    programs = re.findall(r"^```bash\n(.*?)^```$", (REPOSITORY / "docs/clients.md").read_text(), re.DOTALL | re.MULTILINE)
    assert len(programs) == 1
    done = subprocess.run(
        ["bash", "-euc", programs[0]], env=os.environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert '"exitCode":0' in done.stdout and "from curl\\n" in done.stdout, done.stdout
