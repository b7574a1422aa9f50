"""Sample mails, made by code: each with what must come of it.

`MAILS` names them; a test with an argument `any_mail` runs once for each of them.
"""

from __future__ import annotations

import base64
import quopri
from collections.abc import Callable

import pytest

from ruledesk import RawInput, Settings
from ruledesk.testing.doubles import FakeChannelContext
from ruledesk_plugins.email.channel import EmailChannel

DESK = "support@desk.example"
PNG = b"\x89PNG\r\n\x1a\n\0\0"


def mail(
    body: str | bytes = "It is broken.",
    *extra: str | bytes,
    sender: str | bytes | None = "Zhang <zhang@example.com>",
    subject: str | bytes | None = "Help",
    message_id: str | None = "<m1@example.com>",
    charset: str = "utf-8",
) -> bytes:
    """Make a mail; `extra` are further header lines."""
    named = [(b"From", sender), (b"Subject", subject), (b"Message-ID", message_id)]
    lines = [name + b": " + as_bytes(value) for name, value in named if value is not None]
    lines += [as_bytes(line) for line in extra]
    text = as_bytes(body, charset).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return b"\r\n".join([*lines, b"", b""]) + text


def as_bytes(value: str | bytes, charset: str = "utf-8") -> bytes:
    return value if isinstance(value, bytes) else value.encode(charset)


def typed(charset: str, body: str | bytes, codec: str | None = None) -> bytes:
    """Make a mail whose text is declared as `charset` and is in `codec`."""
    return mail(body, f"Content-Type: text/plain; charset={charset}", charset=codec or charset)


def part(header: str | bytes, content: bytes) -> bytes:
    return as_bytes(header) + b"\r\n\r\n" + content


def b64(header: str, content: bytes) -> bytes:
    return part(f"{header}\r\nContent-Transfer-Encoding: base64", base64.encodebytes(content))


def multi(*parts: bytes, kind: str = "mixed", boundary: str = "b0", end: bool = True) -> bytes:
    """Make the header line and body of a multipart."""
    delimiter = b"\r\n--" + boundary.encode()
    body = b"".join(delimiter + b"\r\n" + one for one in parts)
    closing = delimiter + b"--\r\n" if end else b""
    return (
        f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode() + body + closing
    )


def compound(*parts: bytes, **how: str | bool) -> bytes:
    """Make a mail of several parts."""
    return mail(b"").removesuffix(b"\r\n") + multi(*parts, **how)


def nested(levels: int) -> bytes:
    inner = part("Content-Type: text/plain", b"deep inside")
    for level in range(levels):
        inner = multi(inner, boundary=f"b{level}")
    return mail(b"").removesuffix(b"\r\n") + inner


def html(markup: str) -> bytes:
    return mail(markup, "Content-Type: text/html; charset=utf-8")


TEXT = part("Content-Type: text/plain; charset=utf-8", "正文".encode())
ZH_QUOTE = (
    "好的，谢谢。\n\n在 2026年11月2日 10:00，客服 <support@desk.example> 写道：\n> 您好\n> 请补充"
)
OUTLOOK_ZH = (
    "请尽快处理。\n\n________________________________\n发件人: 客服\n"
    "发送时间: 2026年11月2日 10:00\n"
    "收件人: 张三\n主题: 您的工单\n\n您好，请补充型号。"
)
BOUNCE = (
    part("Content-Type: text/plain", b"not delivered"),
    part("Content-Type: message/delivery-status", b"Action: failed"),
    part("Content-Type: message/rfc822", b"Subject: x\r\nMessage-ID: <sent-9@desk>\r\n\r\nhello"),
)

MAILS: dict[str, Callable[[], bytes]] = {
    # -- plain and incomplete ---------------------------------------------------------------
    "plain": mail,
    "empty_input": lambda: b"",
    "only_newline": lambda: b"\r\n",
    "no_sender": lambda: mail(sender=None),
    "empty_sender": lambda: mail(sender="<>"),
    "sender_name_only": lambda: mail(sender="Zhang San"),
    "no_subject": lambda: mail("The lift is stuck.\nAgain.", subject=None),
    "no_subject_no_body": lambda: mail("", subject=None),
    "empty_body": lambda: mail(""),
    "blank_body": lambda: mail(" \n\t\n\n"),
    "no_message_id": lambda: mail(message_id=None),
    "bad_date": lambda: mail("x", "Date: the day after tomorrow"),
    "reply_to_empty": lambda: mail("x", "Reply-To: <>"),
    "reply_to_other": lambda: mail("x", "Reply-To: wang@example.org"),
    "no_reply_sender": lambda: mail(
        "x", "Reply-To: Wang <WANG@example.org>", sender="Form <noreply@shop.example>"
    ),
    "no_blank_line": lambda: b"From: a@example.com\nSubject: s\nThis is the body",
    "no_header": lambda: b"hello, is there anybody?\n\nplease answer\n",
    "unix_from_line": lambda: (
        b"From zhang@example.com Mon Nov 2\n" + mail().replace(b"\r\n", b"\n")
    ),
    "lone_line_feeds": lambda: mail().replace(b"\r\n", b"\n"),
    "lone_carriage_returns": lambda: mail().replace(b"\r\n", b"\r"),
    # -- charsets ---------------------------------------------------------------------------
    "gb2312": lambda: typed("gb2312", "冰箱不制冷"),
    "gb2312_wider": lambda: typed("gb2312", "镕基和喆", "gb18030"),
    "gbk": lambda: typed("x-gbk", "冰箱", "gbk"),
    "big5": lambda: typed("big5", "冰箱壞了"),
    "iso_2022_jp": lambda: typed("iso-2022-jp", "冷蔵庫が冷えない"),
    "shift_jis": lambda: typed("Shift_JIS", "冷蔵庫①", "cp932"),
    "koi8_r": lambda: typed("koi8-r", "Холодильник"),
    "utf_7": lambda: typed("utf-7", b"+UbB7sQ- works"),
    "utf_7_surrogate": lambda: typed("utf-7", b"half +2AA- here"),
    "utf_16": lambda: typed("utf-16", "冰箱".encode("utf-16").replace(b"\n", b"")),
    "latin_1": lambda: typed("iso-8859-1", "Kühlschrank"),
    "cp1252_as_latin_1": lambda: typed("iso-8859-1", "“quoted”", "cp1252"),
    "nonsense_charset_utf8": lambda: typed("x-nonsense", "冰箱", "utf-8"),
    "nonsense_charset_gb": lambda: typed("klingon", "冰箱不制冷", "gb18030"),
    "codec_that_is_no_charset": lambda: typed("unicode_escape", b"\\ud800 \\q"),
    "compressing_codec": lambda: typed("zlib", b"x\x9c"),
    "charset_with_nul": lambda: typed("utf\0-8", "冰箱", "utf-8"),
    "declared_utf8_is_gb": lambda: typed("utf-8", "冰箱不制冷", "gb18030"),
    "undeclared_gb": lambda: mail("冰箱不制冷", charset="gb18030"),
    "no_charset_at_all": lambda: mail(b"\xff\xfe\xfd broken \x80"),
    "nul_and_emoji": lambda: mail("a\0b 🧊\x1b[31m end"),
    "surrogate_in_utf8": lambda: mail(b"half \xed\xa0\x80 end"),
    # -- headers ----------------------------------------------------------------------------
    "encoded_words": lambda: mail(
        subject="=?utf-8?B?5Yaw566x?= =?utf-8?Q?_broken?= =?gb2312?B?wfk=?=",
        sender="=?gb2312?B?1cXI/Q==?= <zhang@example.cn>",
    ),
    "split_character": lambda: mail(subject="=?utf-8?B?5Ya=?=\r\n =?utf-8?B?sOeusQ==?="),
    "broken_encoded_words": lambda: mail(subject="=?utf-8?B?5Yaw566x= =?x?Q?=ZZ?= =?=?= =?utf-8?"),
    "spaces_in_encoded_word": lambda: mail(subject="=?utf-8?Q?no longer cools?="),
    "raw_utf8_header": lambda: mail(subject="冰箱", sender="张三 <zhang@example.com>"),
    "raw_gb_header": lambda: mail(subject="冰箱".encode("gb18030")),
    "wholly_encoded_sender": lambda: mail(
        sender=b"=?utf-8?B?" + base64.b64encode(b'"Li" <li@example.com>') + b"?="
    ),
    "long_subject": lambda: mail(subject="x" * 5000),
    "folded_subject": lambda: mail(subject="one\r\n two\r\n\tthree"),
    "nested_comments": lambda: mail(sender="(" * 900 + "a@example.com"),
    "nested_groups": lambda: mail(sender="a:" * 900 + "a@example.com;"),
    "header_bomb_lines": lambda: b"X-Spam: y\r\n" * 60_000 + mail(),
    "header_bomb_value": lambda: mail("x", "X-Big: " + "y" * 600_000),
    "huge_continuation_number": lambda: mail(
        "x", "Content-Type: text/plain; charset*" + "9" * 4500 + "*=utf-8"
    ),
    # -- parts ------------------------------------------------------------------------------
    "attachments": lambda: compound(
        TEXT,
        b64("Content-Type: image/png\r\nContent-Disposition: attachment; filename=a.png", PNG),
        b64("Content-Type: application/pdf; name=../../etc/x.pdf", b"%PDF"),
        b64("Content-Type: image/jpeg\r\nContent-Disposition: attachment", b"\xff\xd8"),
    ),
    "names_2231": lambda: compound(
        TEXT,
        b64(
            "Content-Type: text/plain\r\nContent-Disposition: attachment;\r\n"
            " filename*0*=utf-8''%E6%97%A5;\r\n filename*1*=%E5%BF%97.txt",
            b"log",
        ),
    ),
    "names_2047": lambda: compound(
        TEXT, b64('Content-Type: text/csv; name="=?gb2312?B?yNXWvg==?=.csv"', b"1,2")
    ),
    "names_raw_gb": lambda: compound(
        TEXT,
        part('Content-Type: a/b; name="日志.log"'.encode("gb18030"), b"x"),
    ),
    "names_hostile": lambda: compound(
        TEXT,
        b64('Content-Type: a/b; name="C:\\\\dir\\\\evil\u202egnp.exe"', b"x"),
        b64('Content-Type: a/b; name="..."', b"y"),
        b64('Content-Type: a/b; name="' + "n" * 400 + '.txt"', b"z"),
    ),
    "inline_image": lambda: compound(
        part("Content-Type: text/html", b"<p>see</p><img src='cid:1'>"),
        b64("Content-Type: image/png\r\nContent-ID: <1>\r\nContent-Disposition: inline", PNG),
        kind="related",
    ),
    "alternative": lambda: compound(
        part("Content-Type: text/plain", b"plain words"),
        part("Content-Type: text/html", b"<b>html words</b>"),
        kind="alternative",
    ),
    "alternative_blank_plain": lambda: compound(
        part("Content-Type: text/plain", b" \r\n"),
        part("Content-Type: text/html", b"<b>html words</b>"),
        kind="alternative",
    ),
    "forwarded_as_file": lambda: compound(
        TEXT, part("Content-Type: message/rfc822", b"Subject: inner\r\n\r\nthe inner mail")
    ),
    "calendar": lambda: compound(TEXT, part("Content-Type: text/calendar", b"BEGIN:VCALENDAR")),
    "broken_base64": lambda: compound(TEXT, b64("Content-Type: image/png", PNG)[:-4] + b"!!\r\n"),
    "base64_text": lambda: mail(
        base64.encodebytes("冰箱".encode()),
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: base64",
    ),
    "quoted_printable": lambda: mail(
        quopri.encodestring("冰箱 = broken".encode()),
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: quoted-printable",
    ),
    "unknown_transfer_encoding": lambda: mail("still here", "Content-Transfer-Encoding: x-rot"),
    "no_boundary": lambda: mail("the text", "Content-Type: multipart/mixed"),
    "boundary_never_comes": lambda: mail("the text", "Content-Type: multipart/mixed; boundary=q"),
    "no_closing_boundary": lambda: compound(TEXT, part("Content-Type: a/b", b"cut"), end=False),
    "boundary_is_prefix": lambda: compound(
        part("Content-Type: text/plain", b"one\r\n--b0x\r\ntwo"), TEXT
    ),
    "empty_multipart": compound,
    "nested_10": lambda: nested(10),
    "nested_100": lambda: nested(100),
    "nested_1000": lambda: nested(1000),
    "many_parts": lambda: compound(*[part("Content-Type: text/plain", b"w")] * 1500),
    # -- html -------------------------------------------------------------------------------
    "html": lambda: html(
        "<html><head><title>no</title><style>p{}</style></head><body><p>One<br>two</p>"
        "<script>alert(1)</script><ul><li>a</li><li>b</li></ul>"
        "<a href='https://example.com/x'>link</a> &amp; &#20912;&nbsp;end<!-- hidden --></body>"
    ),
    "html_broken": lambda: html("<p>one <b>two <a href='x>three</p> 1 < 2 && 3 > 2 &#99999999999;"),
    "html_unclosed_comment": lambda: html("<p>seen</p><!-- the rest"),
    "html_entity_bomb": lambda: html("&#" + "9" * 5000 + "; end"),
    "html_quote": lambda: html(
        "<div>Thanks</div><div>On Mon, Nov 2, 2026 at 10:00 Desk wrote:</div>"
        "<blockquote><p>Please</p><p>answer</p></blockquote>"
    ),
    # -- quotations -------------------------------------------------------------------------
    "quote_zh": lambda: mail(ZH_QUOTE),
    "quote_outlook_zh": lambda: mail(OUTLOOK_ZH),
    "quote_inline_answers": lambda: mail("> which model?\nBCD-210\n> which order?\n77"),
    "quote_only": lambda: mail("> nothing\n> but this"),
    "forwarded": lambda: mail(OUTLOOK_ZH, subject="转发: 您的工单"),
    # -- automatic --------------------------------------------------------------------------
    "auto_submitted": lambda: mail("x", "Auto-Submitted: auto-replied"),
    "auto_submitted_no": lambda: mail("x", "Auto-Submitted: no"),
    "precedence_bulk": lambda: mail("x", "Precedence: bulk"),
    "precedence_list": lambda: mail("x", "Precedence: LIST"),
    "list_id": lambda: mail("x", "List-Id: <l.example.com>"),
    "x_autoreply": lambda: mail("x", "X-Autoreply: yes"),
    "response_suppress": lambda: mail("x", "X-Auto-Response-Suppress: All"),
    "response_suppress_none": lambda: mail("x", "X-Auto-Response-Suppress: None"),
    "empty_return_path": lambda: b"Return-Path: <>\r\n" + mail(),
    "mailer_daemon": lambda: mail(sender="Mail Delivery <MAILER-DAEMON@mx.example>"),
    "own_header": lambda: mail("x", "X-RuleDesk: T1/1"),
    "own_address": lambda: mail(sender=f"Desk <{DESK.upper()}>"),
    "bounce": lambda: b"Return-Path: <>\r\n" + compound(*BOUNCE, kind="report"),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "any_mail" in metafunc.fixturenames:
        metafunc.parametrize("any_mail", MAILS, indirect=True)


@pytest.fixture
def any_mail(request):
    return MAILS[request.param]()


@pytest.fixture
def make():
    """The functions that make mails."""
    return type("Make", (), {"mail": staticmethod(mail), "html": staticmethod(html)})


@pytest.fixture
def channel():
    return EmailChannel(
        Settings(
            {"line": "support", "mailbox": DESK, "fields": {"type": "consult"}},
            where="desk.toml: channels.email",
        )
    )


@pytest.fixture
def receive(channel):
    """Give a mail, by its name or its bytes, and get the one intake that comes of it."""

    def one(name_or_mail, **known):
        content = MAILS[name_or_mail]() if isinstance(name_or_mail, str) else name_or_mail
        (intake,) = channel.receive(
            RawInput(content, "message/rfc822"), FakeChannelContext(**known)
        )
        return intake

    return one
