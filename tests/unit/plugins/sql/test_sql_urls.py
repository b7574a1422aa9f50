"""From URLs to databases: what is refused, and that no password is shown."""

from __future__ import annotations

import pytest

from ruledesk.errors import InvalidInput, StorageFault, Unavailable
from ruledesk_plugins.sql import PostgreSQLBackend, SQLiteBackend, backend


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    "url", ["sqlite:", "sqlite:///", "sqlite:desk.db", "sqlite:///data/", "sqlite:///a.db?mode=ro"]
)
def test_a_url_that_names_no_file_is_refused(tmp_path, url):
    with pytest.raises(InvalidInput) as told:
        SQLiteBackend.open(url, tmp_path)
    (problem,) = told.value.problems
    assert (problem.field, problem.value) == ("storage", url)
    assert problem.accepted


@pytest.mark.requirement("F4")
@pytest.mark.parametrize(
    "url",
    [
        "postgresql:",
        "postgresql://host",
        "postgresql://user:geheim@host/",
        "postgresql://user:geheim@host/desk?colour=red",
        "postgresql://user@host/desk?password=geheim&colour=red",
    ],
)
def test_a_url_that_names_no_database_is_refused_without_its_password(tmp_path, url):
    with pytest.raises(InvalidInput) as told:
        PostgreSQLBackend.open(url, tmp_path)
    assert told.value.problems[0].field == "storage"
    assert "geheim" not in told.value.text("en") + told.value.text("zh")


def test_a_server_that_is_not_there_is_named_without_the_password(tmp_path):
    with pytest.raises(Unavailable) as told:
        PostgreSQLBackend.open(f"postgresql://me:geheim@/desk?host={tmp_path}", tmp_path)
    assert f"{tmp_path}/desk" in str(told.value)
    assert "geheim" not in str(told.value)


def test_a_missing_driver_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(backend, "find_spec", lambda name: None)
    with pytest.raises(InvalidInput, match=r"pip install 'ruledesk\[postgresql\]'") as told:
        PostgreSQLBackend.open("postgresql://me:geheim@host/desk", tmp_path)
    assert "geheim" not in str(told.value)


def test_paths_are_relative_to_the_desk_or_absolute(tmp_path):
    for url, path in (
        ("sqlite:///data/desk.db", tmp_path / "data" / "desk.db"),
        (f"sqlite:///{tmp_path}/other%20one.db", tmp_path / "other one.db"),
    ):
        SQLiteBackend.open(url, tmp_path).close()
        assert path.is_file()
        assert path.with_suffix(".blobs").is_dir()


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "desk.db").write_text("some words " * 1000)
    with pytest.raises(StorageFault, match="is no SQLite database"):
        SQLiteBackend.open("sqlite:///desk.db", tmp_path)


def test_a_folder_in_the_way_is_named(tmp_path):
    (tmp_path / "desk.db").mkdir()
    with pytest.raises(StorageFault, match=r"desk\.db: cannot be opened"):
        SQLiteBackend.open("sqlite:///desk.db", tmp_path)
