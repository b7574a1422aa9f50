"""What was written, apart from what it answers."""

from __future__ import annotations

import pytest

from ruledesk_plugins.email.quotes import Folded, fold

pytestmark = pytest.mark.requirement("E2")

EN = "On Mon, Nov 2, 2026 at 10:00 AM Desk <d@desk.example> wrote:"
OUTLOOK = "From: Desk\nSent: Monday\nTo: Zhang\nSubject: Your ticket\n\nHello"


@pytest.mark.parametrize(
    "quoted",
    [
        f"{EN}\n> Hello\n> there",
        f"{EN}\n\nHello there",
        "On Mon, Nov 2, 2026 at 10:00 AM Desk\n<d@desk.example> wrote:\n> Hello",
        "在 2026年11月2日 10:00，客服 <d@desk.example> 写道：\n> 您好",
        "2026年11月2日 10:00，客服 写道：\n> 您好",
        "客服 <d@desk.example> 于2026年11月2日周一 10:00写道：\n\n您好",
        "At 2026-11-02 10:00:00, Desk <d@desk.example> wrote:\n您好",
        "-----Original Message-----\nFrom: Desk\n\nHello",
        "------------------ 原始邮件 ------------------\n发件人: 客服\n\n您好",
        OUTLOOK,
        "发件人: 客服\n发送时间: 周一\n收件人: 张三\n主题: 工单\n\n您好",
        "Am 02.11.2026 um 10:00 schrieb Desk:\n> Hallo",
        "> Hello\n> there",
    ],
)
def test_is_put_apart(quoted):
    assert fold(f"Thanks.\n\n{quoted}\n") == Folded("Thanks.", quoted)


@pytest.mark.parametrize(
    "text",
    [
        "no quotation at all",
        "> which model?\nBCD-210\n> which order?\n77",
        f"Thanks.\n{EN}\n> which model?\nBCD-210",
        "> only\n> this",
        f"{EN}\n> only this",
        "The printer wrote:\nerror 500",
        "From: here to there\nit rains",
        f"See below.\n---------- Forwarded message ---------\n{OUTLOOK}",
        "-----Original Message-----",
    ],
)
def test_is_kept_whole_if_unsure(text):
    assert fold(text) == Folded(text)


def test_a_new_ticket_has_it_as_a_file(receive):
    intake = receive("quote_outlook_zh")
    assert intake.fields["description"] == "请尽快处理。"
    (file,) = intake.files
    assert file.name == "quoted.txt"
    assert "请补充型号" in file.content.decode()


def test_a_follow_up_leaves_it_out(receive):
    intake = receive("quote_zh", sources={"mail:<m0@x>": "T1"})
    assert intake.fields["description"] == "好的，谢谢。"


def test_html_quotations_too(receive):
    assert receive("html_quote").fields["description"] == "Thanks"


def test_a_forwarded_mail_is_the_matter_itself(receive):
    assert "请补充型号" in receive("forwarded").fields["description"]


def test_inline_answers_are_kept(receive):
    assert "BCD-210" in receive("quote_inline_answers").fields["description"]
