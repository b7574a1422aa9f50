"""``ruledesk storage verify`` finds what was changed in the tables of a PostgreSQL store."""

import json

import psycopg
import pytest

pytestmark = pytest.mark.requirement("F3")

#: What is done to the ticket ``%(n)s``, and what is found then: kind, and a part of key or ticket.
DAMAGE = [
    ("UPDATE events SET body = replace(body, 'description', 'expected') "
     "WHERE ticket = %(n)s AND version = 1", "ticket"),
    ("DELETE FROM events WHERE ticket = %(n)s AND version = 2", "event"),
    ("UPDATE tickets SET team = 'nobody' WHERE number = %(n)s", "store"),
    ("UPDATE tickets SET body = replace(body, '\"status\"', '\"solution\"') WHERE number = %(n)s",
     "ticket"),
    ("DELETE FROM deliveries WHERE ticket = %(n)s", "delivery"),
    ("UPDATE tickets SET next_due = '2001-01-01T00:00:00Z' WHERE number = %(n)s", "store"),
    ("UPDATE totals SET n = n + 1", "store"),
    ("UPDATE counters SET n = n + 1", "store"),
    ("UPDATE loads SET open = open + 1", "store"),
]  # fmt: skip


@pytest.fixture
def store(home, few):
    one = home("postgresql")
    url = one.filled(few)
    return one, url


@pytest.mark.parametrize(("statement", "kind"), DAMAGE)
def test_damage_is_found(ruledesk, store, bare_desk, few, statement, kind):
    url = store[1]
    conninfo = url.replace("&blobs=", "?blobs=").partition("?blobs=")[0]
    with psycopg.connect(conninfo, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT number FROM tickets WHERE next_due IS NOT NULL ORDER BY number LIMIT 1"
        ).fetchall()
        number = rows[0][0]
        assert connection.execute(statement, {"n": number}).rowcount > 0
    result = ruledesk("storage", "verify", url, "--desk", bare_desk, "--json")
    assert (result.status, result.err) == (1, "")
    findings = [found for found in json.loads(result.out)["findings"] if found["kind"] == kind]
    assert findings
    if "%(n)s" in statement:
        assert any(number in found["key"] + (found["ticket"] or "") for found in findings)


def test_nothing_is_wrong(ruledesk, store, bare_desk):
    result = ruledesk("storage", "verify", store[1], "--desk", bare_desk, "--locale", "en")
    assert (result.status, result.err) == (0, "")
    assert "nothing is wrong" in result.out
