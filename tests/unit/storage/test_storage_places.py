"""Stores named on the command line: no password is ever shown, one store is known by any name."""

from pathlib import Path
from urllib.parse import unquote

import pytest

from ruledesk.cli.storage_places import Place, masked, same
from ruledesk.errors import InvalidInput, StorageFault


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("tinydb:data/desk.json", "tinydb:data/desk.json"),
        ("sqlite:////srv/desk.db", "sqlite:////srv/desk.db"),
        ("postgresql://desk@host/db", "postgresql://desk@host/db"),
        ("postgresql://desk:geheim@host:5432/db", "postgresql://desk:***@host:5432/db"),
        ("postgresql://desk:ge/h@e:im@host/db", "postgresql://desk:***@host/db"),
        ("postgresql://:geheim@host/db", "postgresql://:***@host/db"),
        ("postgresql://host:5432/db", "postgresql://host:5432/db"),
        (
            "postgresql://h/db?user=a&password=geheim&x=1",
            "postgresql://h/db?user=a&password=***&x=1",
        ),
        ("postgresql:///db?sslpassword=geheim", "postgresql:///db?sslpassword=***"),
    ],
)
def test_no_password_is_shown(url, shown):
    assert masked(url) == shown


@pytest.mark.parametrize("secret", ["geheim", "ge%2Fheim"])
def test_no_password_is_in_an_error(secret):
    class Backend:
        @staticmethod
        def open(url, folder):
            raise StorageFault.of(
                f"cannot connect with {url}", f"password {unquote(secret)}", field=url, value=url,
                accepted=(url,),
            )  # fmt: skip

    place = Place(f"postgresql://desk:{secret}@host/db", Path(), Backend)
    with pytest.raises(StorageFault) as caught, place.open():
        pass
    for text in (caught.value.text("en"), caught.value.text("zh")):
        assert secret not in text
        assert unquote(secret) not in text
        assert "desk:***@host" in text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tinydb:a.json", "tinydb:./a.json"),
        ("tinydb:a.json", "tinydb:/desk/a.json"),
        ("sqlite:///a.db", "sqlite:////desk/a.db"),
        ("sqlite:///b/../a.db", "sqlite:///a.db"),
        ("postgresql://host/db", "postgresql://host/db/"),
    ],
)
def test_one_store_by_two_names(one, other):
    desk = Path("/desk")
    assert same(Place(one, desk, None), Place(other, desk, None))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tinydb:a.json", "tinydb:b.json"),
        ("tinydb:a.json", "sqlite:///a.json"),
        ("postgresql://host/a", "postgresql://host/b"),
        ("postgresql:///a?host=x", "postgresql:///a?host=y"),
    ],
)
def test_two_stores(one, other):
    desk = Path("/desk")
    assert not same(Place(one, desk, None), Place(other, desk, None))


def test_a_backend_that_says_there_is_none_is_not_opened():
    class Backend:
        exists = staticmethod(lambda url, folder: False)

    with (
        pytest.raises(InvalidInput, match="there is no such store"),
        Place("x://a:b@c", Path(), Backend).existing(),
    ):
        pass


def test_upgrading():
    class Backend:
        upgrade = staticmethod(lambda url, folder: ["0002", "0003"])

    assert Place("x:", Path(), Backend).upgrade() == ("0002", "0003")
    assert Place("x:", Path(), object()).upgrade() is None
