"""`check` asks the store's backend whether the desk has outgrown it (F4)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ruledesk.desk.check_storage import outgrown_storage
from ruledesk.desk.config import DeskConfig
from ruledesk.errors import InvalidInput, Problem
from ruledesk.hooks.manager import load_plugins

pytestmark = pytest.mark.requirement("F4")
CONFIG = DeskConfig.from_mapping({"desk": {"storage": "small:x"}}, folder=Path("/desk"))
TOO_LARGE = Problem("too large", "过大", "x")


def found(answer: Any) -> list[tuple[str, str]]:
    class Backend:
        scheme = "small"

        @staticmethod
        def open(url: str, folder: Path) -> None:
            raise AssertionError("nothing is opened")

        @staticmethod
        def outgrown(url: str, folder: Path) -> Problem | None:
            assert (url, folder) == ("small:x", Path("/desk"))
            if isinstance(answer, Exception):
                raise answer
            return answer

    storages = SimpleNamespace(get=lambda *_: Backend)
    registry: Any = SimpleNamespace(storages=storages)
    findings = outgrown_storage(CONFIG, registry)
    return [(finding.level, finding.problem.text()) for finding in findings]


def test_a_desk_that_fits() -> None:
    assert found(None) == []


def test_a_desk_that_does_not() -> None:
    assert found(TOO_LARGE) == [("warning", "x: too large")]


def test_a_backend_that_refuses_the_url() -> None:
    assert found(InvalidInput.of("names no file", "不是文件地址")) == [("error", "names no file")]


def test_a_backend_that_fails() -> None:
    ((level, text),) = found(ZeroDivisionError("oh"))
    assert level == "error"
    assert "desk.storage: failed: ZeroDivisionError: oh" in text


@pytest.fixture(scope="module")
def registry() -> Iterator[Any]:
    plugins = load_plugins()
    yield plugins.registry
    plugins.close()


@pytest.mark.parametrize("url", ["memory:", "nobody:x", "tinydb:none.json"])
def test_stores_that_cannot_tell_or_are_not_there(registry: Any, tmp_path: Path, url: str) -> None:
    config = DeskConfig.from_mapping({"desk": {"storage": url}}, folder=tmp_path)
    assert list(outgrown_storage(config, registry)) == []
    assert list(tmp_path.iterdir()) == []
