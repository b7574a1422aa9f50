"""The handling report and the three forms say what the manual asks of them."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from ruledesk.documents import FORMS, make_document, to_html, to_markdown
from ruledesk.documents.model import Choice, Facts, Passage, Table

START = datetime(2026, 11, 2, 1, 0, 30, tzinfo=UTC)
EVIL = '<img src=x onerror="alert(1)"> | **bold** `x`\n# head\n- item & [a](http://b)'


def section(document, title):
    return next(one for one in document.sections if one.title == title)


def facts(document, title):
    part = next(one for one in section(document, title).parts if isinstance(one, Facts))
    return dict(part.rows)


def rows(document, title):
    (part,) = (one for one in section(document, title).parts if isinstance(one, Table))
    return part.rows


@pytest.mark.requirement("A13")
def test_the_handling_report_names_time_people_solution_and_satisfaction(paper, life):
    document = make_document("handling", paper(life))
    assert document.subtitle == f"Desk <1> · {life}"
    times = facts(document, "Handling time")
    assert times["Handling time"] == "3 h 20 min"
    assert times["First response"] == "2026-11-02 09:45 (45 min)"
    assert (times["Until closing"], times["Re-opened"]) == ("3 h 30 min", "1")
    people = {row[0]: row[1] for row in rows(document, "Who took part")}
    assert people == {
        "Li (A)": "registered it, handler, solved it",
        "Zhao (B)": "collaborated",
        "Qian (P)": "collaborated",
        "Sun (Q)": "reviewed",
    }
    (solution,) = (p for p in section(document, "Solution").parts if isinstance(p, Passage))
    assert (solution.label, solution.text) == ("Solution", "bearing changed")
    satisfaction = facts(document, "Satisfaction")
    assert satisfaction == {"Rating": "4 of 5", "Attitude": "5 of 5"}
    assert rows(document, "Quality reviews")[0][2:] == (
        "to be improved", "belt was not it", "look longer",
    )  # fmt: skip


@pytest.mark.requirement("A13", "E7")
def test_the_report_has_the_log_the_targets_and_the_tasks(paper, life):
    document = make_document("handling", paper(life))
    log = rows(document, "What happened")
    assert ("2026-11-02 10:35", "requester Zhang", "declined", "still noisy") in log
    assert [row[2] for row in log][:3] == ["submitted", "assigned", "target missed"]
    assert rows(document, "Targets")[0][:4] == ("Response", "30m", "2026-11-02 09:30", "missed")
    task = rows(document, "Collaboration tasks")[0]
    assert task[:4] == ("1", "配件部", "send a belt", "Qian (P)")
    assert task[6] == "sent"


@pytest.mark.requirement("A11")
def test_a_task_that_is_late_says_so(desk, paper, submit, act):
    number = submit(description="does not start")
    due = (START + timedelta(hours=1)).isoformat()
    task = {"team": "parts", "duty": "a belt", "due": due}
    act(number, (45, "agent:A", "accept", {}), (50, "agent:A", "collaborate", task))
    desk.advance(START + timedelta(hours=2))
    handling = make_document("handling", paper(number))
    assert rows(handling, "Collaboration tasks")[0][4] == "2026-11-02 10:00 · missed"
    entry = ("2026-11-02 10:00", "system", "task not answered in time", "Task 1 (2026-11-02 10:00)")
    assert entry in rows(handling, "What happened")
    progress = make_document("progress", paper(number, "zh"))
    assert "协同超时" in [row[2] for row in rows(progress, "进展记录")]


@pytest.mark.requirement("A13", "F5")
def test_the_report_speaks_chinese(paper, life):
    text = to_markdown(make_document("handling", paper(life, "zh")))
    for word in (
        "# 问题处理报告", "维修部", "处理时长", "参与人员", "4 分（满分 5）", "颜色", "服务态度",
        "3小时 20分钟", "需改进",
    ):  # fmt: skip
        assert word in text


@pytest.mark.requirement("C14", "C4")
def test_the_registration_form_has_receiver_time_of_receipt_and_expected_time(paper, submit):
    number = submit(colour="blue")
    document = make_document("registration", paper(number))
    receipt = facts(document, "Receipt")
    assert (receipt["Received by"], receipt["Time of receipt"]) == ("Li (A)", "2026-11-02 09:00")
    ticket = facts(document, "Ticket")
    assert (ticket["Need"], ticket["Wanted by"]) == ("Repair", "as soon as possible")
    assert facts(document, "Problem")["Colour"] == "blue"
    # What is not known yet is a line to write on.
    assert facts(document, "Requester")["Company or department"] == ""
    dated = submit(expected_by="2026-11-05T18:00:00+08:00")
    wanted = facts(make_document("registration", paper(dated)), "Ticket")
    assert wanted["Wanted by"] == "2026-11-05 18:00"


@pytest.mark.requirement("C14")
def test_who_took_in_what_the_requester_handed_in(paper, submit, act):
    number = submit(by="requester")
    received = facts(make_document("registration", paper(number)), "Receipt")
    assert received["Received by"] == "handed in by the requester"
    act(number, (5, "agent:A", "acknowledge", {"opinion": "belt"}))
    received = facts(make_document("registration", paper(number)), "Receipt")
    assert received["Received by"] == "handed in by the requester → Li (A)"


@pytest.mark.requirement("C14", "C10")
def test_the_progress_form_has_the_progress_and_what_the_requester_was_told(paper, life):
    document = make_document("progress", paper(life))
    assert [row[2] for row in rows(document, "Progress")][-1] == "confirmed"
    told = rows(document, "What the requester was told")
    assert told[0] == ("2026-11-02 09:00", "SMS", "已收到。")
    assert facts(document, "Where it stands")["Status"] == "closed"


@pytest.mark.requirement("C14", "C12")
def test_the_survey_asks_for_the_scores_of_the_ruleset(paper, life, submit):
    title = "Please answer with 1 (poor) to 5 (very good)"
    empty = section(make_document("survey", paper(submit())), title)
    asked = [part for part in empty.parts if isinstance(part, Choice)]
    assert [(one.question, one.chosen) for one in asked] == [("Attitude", None), ("Speed", None)]
    answered = section(make_document("survey", paper(life)), title)
    asked = [part for part in answered.parts if isinstance(part, Choice)]
    assert [(one.question, one.chosen) for one in asked] == [
        ("Attitude", 5), ("Speed", None), ("Overall satisfaction", 4),
    ]  # fmt: skip
    text = to_markdown(make_document("survey", paper(life)))
    assert "- Attitude: ☐ 1 ☐ 2 ☐ 3 ☐ 4 ☑ 5" in text


def test_a_ticket_whose_ruleset_is_not_kept_prints_all_the_same(paper, life):
    for form in FORMS:
        assert to_markdown(make_document(form, paper(life, ruleset=None)))


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.open = set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        assert not [key for key, _ in attrs if key.startswith("on") or key in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.requirement("A13", "F5")
def test_flags_are_called_as_people_call_them(paper, life):
    document = make_document("handling", paper(life, "zh"))
    assert facts(document, "工单信息")["标记"] == "超时"


@pytest.mark.requirement("C14")
@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("1. one\n2) two", "1\\. one  \n2\\) two"),
        ("- item\n+ more\n=====", "\\- item  \n\\+ more  \n\\====="),
        ("2026-11-05\n3.5 hours", "2026-11-05  \n3.5 hours"),
    ],
)
def test_lists_of_people_stay_what_they_typed(text, written, paper, submit):
    """A backslash before a digit would be printed itself."""
    assert written in to_markdown(make_document("handling", paper(submit(description=text))))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.requirement("C14", "A13")
def test_nothing_that_people_wrote_becomes_markup(form, paper, submit, act):
    number = submit(description=EVIL, colour=EVIL, requester={"name": EVIL, "phone": "138"})
    act(
        number,
        (5, "agent:A", "accept", {}),
        (6, "agent:A", "note", {"text": EVIL, "public": True}),
        (7, "agent:A", "resolve", {"solution": EVIL}),
        (8, "requester", "confirm", {"rating": 1, "comment": EVIL}),
    )
    document = make_document(form, paper(number))
    page = _Page()
    page.feed(to_html(document))
    assert page.open == []
    assert not {"img", "b", "strong", "a", "script"} & page.tags
    text = to_markdown(document)
    assert "<img" not in text
    assert "**bold**" not in text
    assert "[a](http" not in text
    assert not [line for line in text.splitlines() if line.startswith(("# head", "- item"))]
    # A cell stays a cell: every row of a table has as many as its head.
    for block in text.split("\n\n"):
        if block.startswith("| "):
            widths = {line.replace("\\|", "").count("|") for line in block.splitlines()}
            assert len(widths) == 1
