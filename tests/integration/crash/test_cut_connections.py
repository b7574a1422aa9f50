"""The connection is lost at a commit: before it reaches PostgreSQL, or before the answer (F3).

Whoever asked is told the truth: what is acknowledged is stored, once; what is said not to be stored
is not.
"""

from __future__ import annotations

from contextlib import suppress

import psycopg
import pytest

from ruledesk.desk.assembly import open_desk
from ruledesk.desk.delivering import LEASE
from ruledesk.errors import Unavailable
from ruledesk.testing.crash.checks import problems
from ruledesk.testing.crash.desk import crash_desk
from ruledesk.testing.crash.said import Told
from ruledesk.testing.crash.stage import START
from ruledesk.testing.crash.writing import Writer
from ruledesk.testing.postgres import CuttingProxy

pytestmark = pytest.mark.requirement("F3")


@pytest.fixture
def proxy(server):
    with CuttingProxy(server.database()) as proxy:
        yield proxy


@pytest.fixture
def desk(folder, proxy):
    desk = open_desk(crash_desk(folder), storage=proxy.url)
    yield desk
    desk.close()


@pytest.fixture
def said():
    return []


@pytest.fixture
def writer(desk, said):
    writer = Writer(desk, "w", said.append, lambda: START)
    writer.life()
    return writer


@pytest.fixture(params=["server stays", "server is killed", "numbers come again"])
def meanwhile(request, server, proxy):
    """What happens to the server before the client learns that its connection is gone."""

    def killed():
        server.kill()
        server.start()

    def used_up():
        """Others are given the transaction ids that the crash has made free again."""
        killed()
        direct = server.url(proxy.url.partition("@/")[2].partition("?")[0])
        with psycopg.connect(direct, autocommit=True) as connection:
            for _ in range(50):
                connection.execute("SELECT pg_current_xact_id()")

    ways = {
        "server stays": lambda: None,
        "server is killed": killed,
        "numbers come again": used_up,
    }
    return ways[request.param]


def deliver(desk, at):
    """Deliver what waits; a worker tries again in a while where the store was out of reach."""
    for _ in range(2):
        with suppress(Unavailable):
            desk.deliver(at)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", ["submit", "note", "claim", "record"])
def test_a_lost_connection_loses_and_doubles_nothing(
    desk, writer, said, proxy, meanwhile, folder, moment, step
):
    number = said[-1].split()[2]
    proxy.cut(moment, meanwhile, passing=step == "record")
    if step == "submit":
        assert writer.submit(1) is not None
    elif step == "note":
        assert writer.note(number) is not None
    else:
        deliver(desk, START)
    assert proxy.has_cut
    deliver(desk, START + LEASE)  # a claim whose answer was lost is free again by then
    told = Told()
    told.add(said)
    assert len(told.acknowledged) == len(told.begun)
    assert problems(desk.store, told) == []
    lines = (folder / "messages.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(set(lines)) == desk.store.counts()["messages"]
    assert {one.state for one in desk.store.messages(number)} == {"sent"}


def test_a_block_says_truly_whether_it_is_stored(desk, writer, proxy, meanwhile):
    store = desk.store
    proxy.cut("before", meanwhile)
    with pytest.raises(Unavailable), store.transaction() as transaction:
        transaction.save_document("before", {"a": 1})
    assert store.document("before") is None
    proxy.cut("after", meanwhile)
    with store.transaction() as transaction:
        transaction.save_document("after", {"a": 1})
    assert store.document("after") == {"a": 1}
