"""Pages in a real browser: they load nothing, and forms come out on A4."""

import re
import shutil
import subprocess
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from ruledesk.cli.app import run
from ruledesk.cli.session import Session

CHROMIUM = shutil.which("chromium")
HOTLINE = Path(__file__).parents[3] / "rulesets" / "ruledesk_rulesets" / "hotline"
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")


@pytest.fixture
def browse(tmp_path):
    def browse(page, *options):
        command = [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", f"--user-data-dir={tmp_path / 'profile'}",
            *options, page.as_uri(),
        ]  # fmt: skip
        return subprocess.run(command, capture_output=True, timeout=120, check=True).stdout

    return browse


@pytest.mark.requirement("C14", "A13")
def test_a_form_is_printed_on_a4(tmp_path, browse, capsys):
    page, pdf = tmp_path / "form.html", tmp_path / "form.pdf"
    scenario = HOTLINE / "scenarios" / "collaborate.scenario.yaml"
    arguments = ["print", "ticket", "--scenario", str(scenario), "--out", str(page)]
    assert run(arguments, Session(environment={})) == 0
    browse(page, f"--print-to-pdf={pdf}", "--no-pdf-header-footer")
    boxes = re.findall(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)", pdf.read_bytes())
    assert boxes
    for width, height in boxes:
        assert (round(float(width)), round(float(height))) == (595, 842)


@pytest.mark.requirement("D12", "E1")
@pytest.mark.parametrize("width", [1240, 420])
def test_a_report_fits_its_window_and_loads_nothing(tmp_path, browse, capsys, width):
    page = tmp_path / "report.html"
    arguments = ["report", "--recording", str(HOTLINE / "recordings" / "day.jsonl")]
    assert run([*arguments, "--out", str(page)], Session(environment={})) == 0
    # A policy that forbids everything but the page's own style shows what would be loaded.
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{}'"
    probe = "document.title = [document.documentElement.scrollWidth - innerWidth, blocked].join()"
    script = (
        "let blocked = 0; addEventListener('securitypolicyviolation', () => blocked++);"
        f"addEventListener('load', () => {{ {probe} }});"
    )
    text = page.read_text("utf-8")
    meta = f'<meta http-equiv="Content-Security-Policy" content="{_policy(policy, script)}">'
    text = text.replace("<head>", f"<head>{meta}<script>{script}</script>", 1)
    page.write_text(text, "utf-8")
    seen = browse(page, f"--window-size={width},900", "--dump-dom").decode()
    title = re.search(r"<title>(.*?)</title>", seen)[1]
    beyond, blocked = map(int, title.split(","))
    assert blocked == 0
    assert beyond <= 0


def _policy(policy, script):
    return policy.format(b64encode(sha256(script.encode()).digest()).decode())
