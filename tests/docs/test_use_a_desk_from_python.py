"""The example of the page on Python runs as it is printed, on a desk made by `ruledesk init`."""

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "use-a-desk-from-python.md"


def test_the_example_runs(tmp_path):
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    made = [sys.executable, "-m", "ruledesk", "init", "desk", "--locale", "en"]
    subprocess.run(made, cwd=tmp_path, check=True, capture_output=True)
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    first, *statuses, refused = done.stdout.splitlines()
    assert re.fullmatch(r"G\d{11} normal A\d{3}", first)
    assert statuses == ["in_progress", "in_progress"]
    assert "nobody" in refused
