"""Reading TOML files: what cannot be read names file and line (F4)."""

import pytest

from ruledesk.errors import InvalidInput
from ruledesk.toml import parse_toml, read_toml

pytestmark = pytest.mark.requirement("F4")


def test_a_file_is_read(tmp_path):
    path = tmp_path / "desk.toml"
    path.write_text('[desk]\nname = "服务"\n', encoding="utf-8")
    assert read_toml(path) == {"desk": {"name": "服务"}}


def test_a_byte_order_mark_is_tolerated():
    assert parse_toml(b"\xef\xbb\xbfx = 1\r\n", "desk.toml") == {"x": 1}


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InvalidInput) as caught:
        read_toml(tmp_path / "desk.toml")
    assert caught.value.problems[0].field == str(tmp_path / "desk.toml")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_toml(tmp_path)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x = 1\ny = = 2\n", 2),
        ("x = 1\n[a\n", 2),
        ('x = "open\n', 1),
        ("[a]\nb = 1\nb = 2\n", 3),
        ("[a.b]\n[a.c]\n[a.b]\n", 3),
        ("x = [\n1,\n", 2),
    ],
)
def test_syntax_errors_name_file_and_line(text, line):
    with pytest.raises(InvalidInput) as caught:
        parse_toml(text.encode(), "desk.toml")
    assert caught.value.problems[0].field == f"desk.toml:{line}"
    assert "TOML" in caught.value.text("zh")


def test_a_wrong_encoding_names_the_line():
    with pytest.raises(InvalidInput) as caught:
        parse_toml(b'a = 1\nname = "' + "服务".encode("gbk") + b'"\n', "desk.toml")
    assert caught.value.problems[0].field == "desk.toml:2"
    assert caught.value.problems[0].accepted == ("UTF-8",)


def test_deep_nesting_is_no_crash():
    with pytest.raises(InvalidInput, match="nested too deeply"):
        parse_toml(b"x = " + b"[" * 100_000, "desk.toml")


@pytest.mark.parametrize(
    "line",
    [
        'storage = "postgresql://desk:ge/h@eim@host/db',
        'storage = postgresql://host/db?password=geheim"',
    ],
)
def test_a_line_that_is_shown_has_no_password(line):
    with pytest.raises(InvalidInput, match=r"desk\.toml:2: .*\*\*\*") as caught:
        parse_toml(f"[desk]\n{line}\n".encode(), "desk.toml")
    assert "eim" not in str(caught.value)
