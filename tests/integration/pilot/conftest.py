"""Small rulesets and desks that several tests of the pilot play on."""

import pytest

#: A desk of two teams with one line, ``shop``, whose ruleset the test writes.
SHOP_DESK = """
[lines.shop]
ruleset = "./shop.toml"
[teams.it]
head = "A1"
agents = ["A1"]
[teams.sales]
head = "A2"
agents = ["A2"]
[agents.A1]
name = "Li"
[agents.A2]
name = "Wang"
"""
#: One counter: repairs go to the workshop, urgent ones first.
COUNTER = """\
[ruleset]
name = "counter"
version = "1.0.0"
title = { en = "Counter", zh = "柜台" }
[number]
format = "C{date:%Y%m%d}{seq:03}"
[fields.type]
kind = "enum"
required = true
[fields.type.values]
consult = { en = "Consultation", zh = "咨询" }
repair = { en = "Repair", zh = "维修" }
[fields.urgency]
kind = "enum"
default = "normal"
[fields.urgency.values]
normal = { en = "Normal", zh = "一般" }
urgent = { en = "Urgent", zh = "紧急" }
[fields.description]
required = true
[stages.priority]
hit = "unique"
sets = ["priority"]
default = { priority = "normal" }
[[stages.priority.rules]]
name = "urgent-first"
when = 'urgency == "urgent" and type == "repair"'
set = { priority = "high" }
[stages.route]
hit = "first"
sets = ["team"]
default = { team = "desk" }
[[stages.route.rules]]
name = "repairs"
when = 'type == "repair" or contains(description, "broken")'
set = { team = "workshop" }
[targets.response]
starts = ["submitted"]
met_by = ["accepted"]
[[targets.response.limits]]
name = "response-high"
when = 'priority == "high"'
within = "30m"
[[targets.response.limits]]
name = "response-normal"
when = 'priority != "high"'
within = "2h"
[[reactions]]
name = "thanks"
on = ["submitted"]
send = [{ to = ["requester"], via = ["sms"], template = "received" }]
[[reactions]]
name = "late"
on = ["target_breached"]
send = [{ to = ["head", "role:supervisor"], via = ["message"], template = "overdue" }]
[templates.received]
subject = { en = "Ticket {number}", zh = "工单 {number}" }
text = { en = "Received.", zh = "已收到。" }
[templates.overdue]
subject = { en = "Overdue {number}", zh = "超时 {number}" }
text = { en = "{number} is overdue.", zh = "{number} 已超时。" }
"""


@pytest.fixture
def shop_desk() -> str:
    """A desk of the teams it and sales for the ruleset ``./shop.toml``."""
    return SHOP_DESK


@pytest.fixture
def counter() -> str:
    """The ruleset of a counter and its workshop."""
    return COUNTER
