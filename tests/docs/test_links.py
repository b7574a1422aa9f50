"""Links, files and modules that the documentation names exist."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from ruledesk.hooks.builtin import BUILTIN, builtin_name

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page
    for pattern in (
        "*.md",
        "docs/**/*.md",
        "tests/README.md",
        "plugins/*/*/README.md",
        "rulesets/*/*/README.md",
        "contrib/*/README.md",
    )
    for page in ROOT.glob(pattern)
)
_FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
#: What lies in these folders; others may be a reader's own. A name with a part to fill in is none.
_FILE = re.compile(
    r"(?:core/ruledesk|plugins/ruledesk_plugins|rulesets/ruledesk_rulesets|contrib|benchmarks"
    r"|docs/(?:adr|explanation|how-to|reference|tutorial)"
    r"|tests/(?:unit|property|conformance|scenario|integration|docs|samples))/[^\s<>*]*"
)
_MODULE = re.compile(r"ruledesk(?:_plugins|_rulesets)?(?:\.[A-Za-z_]\w*)+")
#: Loggers are named like modules and are none.
_LOGGERS = {"ruledesk.plugins"}
_CORE = ROOT / "core" / "ruledesk"


def prose(page):
    return _FENCED.sub("", page.read_text(encoding="utf-8"))


def anchors(page):
    """The anchors that headings of a page get."""
    headings = re.findall(r"^#+ +(.+)$", prose(page), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading).strip().lower() for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def named(page):
    return page.relative_to(ROOT).as_posix()


def each_page(test):
    return pytest.mark.parametrize("page", PAGES, ids=named)(test)


@each_page
def test_relative_links_lead_somewhere(page):
    for link in _LINK.findall(prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        assert not anchor or anchor in anchors(target), link


@each_page
def test_files_of_the_repository_exist(page):
    for code in _CODE.findall(prose(page)):
        if _FILE.fullmatch(code):
            assert (ROOT / code).exists(), code


@each_page
def test_modules_and_names_exist(page):
    for code in _CODE.findall(prose(page)):
        if _MODULE.fullmatch(code) and code not in _LOGGERS:
            assert resolved(code), code


def resolved(name):
    """Say whether a dotted name is a module, or something in one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


def test_the_architecture_names_files_of_the_core():
    """Its tables leave out the folder in front: ``desk/commit.py``."""
    page = ROOT / "docs" / "explanation" / "architecture.md"
    files = set(re.findall(r"\b([a-z_]+(?:/[a-z_]+)+\.py)\b", page.read_text(encoding="utf-8")))
    assert len(files) > 20
    assert [file for file in sorted(files) if not (_CORE / file).is_file()] == []


def test_the_architecture_names_every_package_of_the_core():
    page = (ROOT / "docs" / "explanation" / "architecture.md").read_text(encoding="utf-8")
    table = page.partition("## The modules")[2].partition("## Who")[0]
    named_there = set(re.findall(r"`([a-z_]+)`", table))
    packages = {path.parent.name for path in _CORE.glob("*/__init__.py")}
    assert packages <= named_there


def test_the_index_leads_to_every_page():
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / link).resolve() for link in _LINK.findall(prose(index))}
    pages = {page for page in (ROOT / "docs").glob("*/*.md") if page.parent.name != "adr"}
    assert sorted(named(page) for page in pages - linked) == []


def test_the_decisions_are_numbered_without_gaps_and_listed():
    records = sorted((ROOT / "docs" / "adr").glob("0*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    index = prose(ROOT / "docs" / "adr" / "README.md")
    for record in records:
        text = record.read_text(encoding="utf-8")
        title = re.match(rf"# {int(record.name[:4])}\. (.+)\n\nStatus: \w+", text)
        assert title, record.name
        assert f"[{title[1]}]({record.name})" in index
        assert re.findall(r"^## (.+)$", text, re.M) == ["Context", "Decision", "Consequences"]


def test_plugins_are_all_listed():
    page = prose(ROOT / "docs" / "reference" / "plugins.md").partition("## ")[0]
    listed = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert sorted(listed) == sorted(builtin_name(module) for module in BUILTIN)
