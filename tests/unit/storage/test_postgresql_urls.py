"""URLs of PostgreSQL: what libpq is told, what is refused, and that no password is shown."""

from pathlib import Path

import pytest

from ruledesk.errors import InvalidInput, StorageFault
from ruledesk_plugins.sql import PostgreSQLBackend
from ruledesk_plugins.sql.backend import without_password

#: Nothing listens there; what is told of it names the database as libpq read it.
NOBODY = "127.0.0.1:1"


@pytest.mark.requirement("F4")
@pytest.mark.parametrize("odd", "@/?#[]% ")
@pytest.mark.parametrize("rest", ["host/db", f"{NOBODY}/db", "[::1]:5432/db?blobs=/srv/a"])
def test_a_password_that_is_not_quoted_is_refused_and_not_shown(odd, rest):
    """libpq would take the half of it for a host, and errors would tell it."""
    url = f"postgresql://desk:ge{odd}heim@{rest}"
    with pytest.raises(InvalidInput) as caught:
        PostgreSQLBackend.exists(url, Path())
    (problem,) = caught.value.problems
    assert problem.field == "storage"
    assert problem.value == f"postgresql://desk@{rest}"
    assert "%40 for @" in problem.accepted
    for text in (problem.text("en"), problem.text("zh")):
        assert "heim" not in text


@pytest.mark.parametrize(
    ("url", "named"),
    [
        (f"postgresql://desk:ge%40heim@{NOBODY}/db", f"postgresql {NOBODY}/db"),
        (f"postgresql://{NOBODY}/db?application_name=a@b", f"postgresql {NOBODY}/db"),
        ("postgresql:///db?host=/no+such&blobs=/srv/a%20b", "postgresql /no+such/db"),
        ("postgresql:///db?host=127.0.0.1&port=1&password=geheim", f"postgresql {NOBODY}/db"),
    ],
)
def test_libpq_is_told_what_was_written(url, named):
    with pytest.raises(StorageFault) as caught:
        PostgreSQLBackend.exists(url, Path())
    (problem,) = caught.value.problems
    assert problem.field == named
    assert "heim" not in problem.text("en")


def test_an_option_that_libpq_does_not_know_is_named():
    with pytest.raises(InvalidInput, match='"blah"') as caught:
        PostgreSQLBackend.exists("postgresql://desk:geheim@host/db?blah=1", Path())
    assert "names no database" not in str(caught.value)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql:///db", "postgresql:///db"),
        ("postgresql://host:5432/db?blobs=a@b", "postgresql://host:5432/db?blobs=a@b"),
        ("postgresql://u:geheim@host/db?blobs=a", "postgresql://u@host/db?blobs=a"),
        ("postgresql:///db?password=geheim", "postgresql:///db"),
        ("postgresql:///db?pass%77ord=geheim&port=1", "postgresql:///db?port=1"),
    ],
)
def test_a_url_without_its_password(url, shown):
    assert without_password(url) == shown
