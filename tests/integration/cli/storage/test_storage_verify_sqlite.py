"""``ruledesk storage verify`` finds what was changed in the tables of an SQLite store."""

import json
import sqlite3
from zlib import crc32

import pytest

pytestmark = pytest.mark.requirement("F3")


class Database:
    """Tables that somebody edits by hand."""

    def __init__(self, path):
        self.path = path

    def run(self, statement, *values):
        """Run a statement; returns the rows it gives, and checks that it changed some."""
        db = sqlite3.connect(self.path, isolation_level=None)
        try:
            cursor = db.execute(statement, values)
            rows = cursor.fetchall()
            assert rows or cursor.rowcount, statement
            return rows
        finally:
            db.close()

    def edit(self, table, key, value, change):
        """Change the JSON of a row, with the checksum that belongs to it."""
        ((body,),) = self.run(f"SELECT body FROM {table} WHERE {key} = ?", value)
        data = json.loads(body)
        change(data)
        text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        self.run(f"UPDATE {table} SET body = ? WHERE {key} = ?", text, value)
        if any(name == "crc" for _, name, *_ in self.run(f"PRAGMA table_info({table})")):
            crc = crc32(text.encode())
            self.run(f"UPDATE {table} SET crc = ? WHERE {key} = ?", crc, value)


@pytest.fixture
def database(home, few):
    one = home("sqlite")
    one.filled(few)
    return Database(one.folder / "1.db")


@pytest.fixture
def found(ruledesk, database, bare_desk):
    """Verify the edited tables; returns the findings."""

    def verify():
        url = f"sqlite:///{database.path}"
        result = ruledesk("storage", "verify", url, "--desk", bare_desk, "--json")
        assert result.err == ""
        data = json.loads(result.out)
        assert (result.status, data["ok"]) == ((0, True) if not data["findings"] else (1, False))
        return data["findings"]

    return verify


@pytest.fixture
def number(database):
    """A ticket that is open, with targets."""
    ((number,),) = database.run(
        "SELECT number FROM tickets WHERE next_due IS NOT NULL ORDER BY number LIMIT 1"
    )
    return number


def only(findings, **wanted):
    matching = [f for f in findings if all(f[key] == value for key, value in wanted.items())]
    assert matching, findings
    return matching[0]


def test_nothing_is_wrong(found):
    assert found() == []


# -- events --------------------------------------------------------------------------------------


def test_the_text_of_an_event(database, found, number):
    ((position, body),) = database.run(
        "SELECT position, body FROM events WHERE ticket = ? AND version = 1", number
    )
    data = json.loads(body)
    data["data"]["fields"]["description"] = "something else"
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    database.run("UPDATE events SET body = ? WHERE position = ?", text, position)
    findings = found()
    one = only(findings, kind="ticket", ticket=number, field="description")
    assert "something else" in one["expected"]
    assert any(f["kind"] == "store" and f"{number}/1" in f["key"] for f in findings)


def test_an_event_that_is_no_json(database, found, number):
    database.run("UPDATE events SET body = '{' WHERE ticket = ? AND version = 2", number)
    one = only(found(), kind="event", ticket=number)
    assert one["event"] == 2
    assert "cannot be read" in one["message_en"]


@pytest.mark.parametrize("version", [2, "last"])
def test_a_dropped_event(database, found, number, version):
    if version == "last":
        ((version,),) = database.run("SELECT version FROM tickets WHERE number = ?", number)
    database.run("DELETE FROM events WHERE ticket = ? AND version = ?", number, version)
    one = only(found(), kind="event", ticket=number)
    assert (one["event"], one["message_en"]) == (version, "the event is missing")


def test_an_event_that_was_added(database, found, number):
    ((version,),) = database.run("SELECT version FROM tickets WHERE number = ?", number)
    database.run(
        "INSERT INTO events (ticket, version, at, kind, body, digest) "
        "SELECT ticket, version + 1, at, kind, "
        f"replace(body, '\"version\":{version}', '\"version\":{version + 1}'), digest "
        "FROM events WHERE ticket = ? AND version = ?",
        number,
        version,
    )
    one = only(found(), kind="ticket", ticket=number, field="version")
    assert (one["stored"], one["expected"]) == (str(version), str(version + 1))


# -- views ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"), [("team", "nobody"), ("status", "cancelled"), ("subject", "else")]
)
def test_a_value_of_a_view(database, found, number, field, value):
    database.edit("tickets", "number", number, lambda data: data.update({field: value}))
    assert value in only(found(), kind="ticket", ticket=number, field=field)["stored"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("team", "nobody"),
        ("status", "waiting_requester"),
        ("agent", "nobody"),
        ("next_due", "2001-01-01T00:00:00.000000Z"),
        ("next_due", None),
        ("requester", "R-none"),
    ],
)
def test_a_column_of_a_view(database, found, number, column, value):
    database.run(f"UPDATE tickets SET {column} = ? WHERE number = ?", value, number)
    assert any(number in (f["key"] + (f["ticket"] or "")) for f in found())


def test_when_a_ticket_was_over(database, found):
    ((number,),) = database.run("SELECT number FROM tickets WHERE over_at IS NOT NULL LIMIT 1")
    early = "2001-01-01T00:00:00.000000Z"
    database.run("UPDATE tickets SET over_at = ? WHERE number = ?", early, number)
    assert any(number in (f["key"] + (f["ticket"] or "")) for f in found())


def test_a_lost_ticket(database, found, number):
    database.run("DELETE FROM tickets WHERE number = ?", number)
    assert "of a ticket that is not" in only(found(), kind="event", key=number)["message_en"]


# -- messages ------------------------------------------------------------------------------------


def test_a_lost_delivery(database, found, number):
    ((name,),) = database.run("SELECT id FROM deliveries WHERE ticket = ? LIMIT 1", number)
    database.run("DELETE FROM deliveries WHERE id = ?", name)
    one = only(found(), kind="delivery", key=name)
    assert one["ticket"] == number
    assert one["event"]


def test_a_doubled_delivery(database, found, number):
    name = f"{number}/999"
    database.run(
        "INSERT INTO deliveries (id, ticket, state, not_before, body, crc) "
        "SELECT ?, ticket, state, not_before, body, crc FROM deliveries WHERE ticket = ? LIMIT 1",
        name,
        number,
    )
    findings = found()
    assert any(name in f["key"] or f["ticket"] == number for f in findings), findings


def test_a_delivery_to_somebody_else(database, found, number):
    ((name,),) = database.run("SELECT id FROM deliveries WHERE ticket = ? LIMIT 1", number)
    database.edit(
        "deliveries", "id", name, lambda data: data["message"].update(address="13900000000")
    )
    only(found(), kind="delivery", key=name, field="message.address")


def test_a_delivery_changed_without_its_checksum(database, found, number):
    ((name,),) = database.run("SELECT id FROM deliveries WHERE ticket = ? LIMIT 1", number)
    database.run("UPDATE deliveries SET body = replace(body, '1', '2') WHERE id = ?", name)
    only(found(), kind="delivery", key=name)


def test_the_state_of_a_delivery_in_its_column(database, found):
    ((name,),) = database.run("SELECT id FROM deliveries WHERE state = 'sent' LIMIT 1")
    database.run("UPDATE deliveries SET state = 'waiting' WHERE id = ?", name)
    assert any(name in f["key"] for f in found())


# -- everything else -----------------------------------------------------------------------------


def test_blobs(database, found):
    files = sorted(
        path
        for path in database.path.with_suffix(".blobs").rglob("*")
        if path.is_file() and len(path.name) == 64
    )
    content = bytearray(files[0].read_bytes())
    content[0] ^= 1
    files[0].write_bytes(content)
    files[1].unlink()
    findings = found()
    assert only(findings, kind="blob", key=files[0].name)["ticket"]
    assert "missing" in only(findings, kind="blob", key=files[1].name)["message_en"]


def test_sequences(database, found):
    database.run("UPDATE sequences SET last = 7 WHERE key = 'G20260312#'")
    one = only(found(), kind="sequence", key="G20260312#")
    assert (one["stored"], one["expected"]) == ("7", "38")
    database.run("DELETE FROM sequences WHERE key = 'G20260312#'")
    only(found(), kind="sequence", key="G20260312#")


def test_a_lost_requester(database, found, number):
    ((name,),) = database.run("SELECT requester FROM tickets WHERE number = ?", number)
    database.run("DELETE FROM requesters WHERE id = ?", name)
    only(found(), kind="requester", key=name, ticket=number)


def test_a_requester_who_is_not_found_by_phone(database, found, number):
    ((name,),) = database.run("SELECT requester FROM tickets WHERE number = ?", number)
    database.run("UPDATE requesters SET phone = '1' WHERE id = ?", name)
    assert any(name in f["key"] for f in found())


def test_tombstones(database, found, number):
    ((gone,),) = database.run("SELECT number FROM tombstones LIMIT 1")
    ((body, crc),) = database.run("SELECT body, crc FROM tombstones WHERE number = ?", gone)
    text = body.replace(gone, number)
    database.run(
        "INSERT INTO tombstones (number, body, crc) VALUES (?, ?, ?)",
        number,
        text,
        crc32(text.encode()),
    )
    assert crc == crc32(body.encode())
    only(found(), kind="tombstone", key=number)


def test_sources(database, found):
    ((source, _),) = database.run("SELECT source, ticket FROM sources LIMIT 1")
    database.run("DELETE FROM sources WHERE source = ?", source)
    only(found(), kind="index", key=source)


def test_correlations(database, found):
    ((number,),) = database.run("SELECT ticket FROM correlations LIMIT 1")
    database.run("DELETE FROM correlations WHERE ticket = ?", number)
    only(found(), kind="index", ticket=number, field="correlation_keys")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE totals SET n = n + 1 WHERE name = 'events'",
        "UPDATE totals SET n = n - 1 WHERE name = 'messages'",
        "UPDATE counters SET n = n + 1 WHERE flag = '' AND status = 'closed'",
        "DELETE FROM counters",
        "UPDATE loads SET open = open + 1 WHERE agent = (SELECT min(agent) FROM loads)",
        "DELETE FROM loads WHERE agent = (SELECT min(agent) FROM loads)",
        "DELETE FROM ticket_texts WHERE id = (SELECT min(id) FROM ticket_texts)",
        "UPDATE ticket_texts SET search = 'else' WHERE id = (SELECT min(id) FROM ticket_texts)",
        "DELETE FROM ticket_flags WHERE id = (SELECT min(id) FROM ticket_flags)",
        "DELETE FROM blob_tickets WHERE blob = (SELECT min(blob) FROM blob_tickets)",
        "DROP INDEX lists_due",
    ],
)
def test_what_is_kept_beside_the_records(database, found, statement):
    if statement.startswith("DROP"):
        with sqlite3.connect(database.path) as db:
            db.execute(statement)
        db.close()
    else:
        database.run(statement)
    assert found()
