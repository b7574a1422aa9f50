"""The stores in databases keep what every store promises."""

from __future__ import annotations

import os
import shutil
import tempfile
from itertools import count
from pathlib import Path

import psycopg
import pytest

from ruledesk.testing.postgres import PostgresServer
from ruledesk.testing.storage import DurableStoreSuite, StoreFactory
from ruledesk_plugins.sql import PostgreSQLBackend, SQLiteBackend
from ruledesk_plugins.sql.schema import metadata


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """An empty database, to be copied: making its tables takes longer than most tests."""
    folder = tmp_path_factory.mktemp("sqlite")
    SQLiteBackend.open("sqlite:///desk.db", folder).close()
    return folder / "desk.db"


@pytest.fixture
def quick_folder(tmp_path):
    """A folder in memory, where there is one; what survives a crash is tested elsewhere."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="ruledesk-", dir=memory) as folder:
        yield Path(folder)


@pytest.mark.requirement("A5", "F3")
class TestSQLite(DurableStoreSuite):
    @pytest.fixture
    def store_factory(self, quick_folder, sqlite_template):
        numbers = count()

        def fresh():
            path = quick_folder / f"{next(numbers)}.db"
            shutil.copy(sqlite_template, path)
            return SQLiteBackend.open(f"sqlite:///{path}", quick_folder)

        def reopen(store):
            store.close()
            return SQLiteBackend.open(f"sqlite:///{store.database.where}", quick_folder)

        return StoreFactory(fresh, reopen)


class Databases:
    """Databases whose tables are there; one that no open store uses is emptied and used again."""

    def __init__(self, server, folder):
        self._server = server
        self._folder = folder
        self._stores = {}
        self._numbers = count()

    def fresh(self):
        free = [url for url, store in self._stores.items() if store.database.closed]
        url = free[0] if free else self._server.database()
        if free:
            self._empty(url)
        return self._open(url, self._folder / str(next(self._numbers)))

    def reopen(self, store):
        store.close()
        url = next(url for url, one in self._stores.items() if one is store)
        return self._open(url, store.folder.path)

    def _open(self, url, folder):
        self._stores[url] = PostgreSQLBackend.open(f"{url}&blobs={folder}", self._folder)
        return self._stores[url]

    @staticmethod
    def _empty(url):
        """Forget everything but whose store it is."""
        tables = [name for name in metadata.tables if name != "meta"]
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("; ".join(f"DELETE FROM {table}" for table in tables))


@pytest.fixture(scope="session")
def databases(tmp_path_factory):
    """On a server that is quick and not durable; what survives a crash is tested elsewhere."""
    with PostgresServer(settings={"fsync": "off", "full_page_writes": "off"}) as server:
        yield Databases(server, tmp_path_factory.mktemp("postgresql"))


@pytest.mark.requirement("A5", "F3")
class TestPostgreSQL(DurableStoreSuite):
    @pytest.fixture
    def store_factory(self, databases):
        return StoreFactory(databases.fresh, databases.reopen)
