"""From a resolved document to a checked ruleset, part by part, in the order of their needs."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from ruledesk.calendar import WorkCalendar, business_calendar, from_mapping
from ruledesk.errors import InvalidInput, suggestion
from ruledesk.model.ticket import Status
from ruledesk.model.values import Text
from ruledesk.rules.expression.types import Expression
from ruledesk.rules.load.actions import read_actions
from ruledesk.rules.load.attachments import read_attachments
from ruledesk.rules.load.context import Context
from ruledesk.rules.load.form import read_fields
from ruledesk.rules.load.manual import take_manual, with_manual, without_manual
from ruledesk.rules.load.names import check_rule_names, stripped
from ruledesk.rules.load.reactions import read_reactions
from ruledesk.rules.load.schema import read_schema
from ruledesk.rules.load.stages import FALLBACKS, read_stages
from ruledesk.rules.load.survey import read_survey
from ruledesk.rules.load.targets import read_targets
from ruledesk.rules.load.templates import read_templates
from ruledesk.rules.number import check_number_format
from ruledesk.rules.retention import Retention
from ruledesk.rules.ruleset import ChannelPolicy, Correlation, DispatchPolicy, Policy, Ruleset
from ruledesk.targets.limit import Limit
from ruledesk.toml import Problems, Table, joined

_LONGEST_CODE: Final = 20
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def ruleset_from_document(document: Mapping[str, Any], where: str = "ruleset") -> Ruleset:
    """Check a resolved document and build the ruleset.

    Args:
        document: The document, with what it extends laid under it.
        where: What errors call it.

    Returns:
        The ruleset.

    Raises:
        InvalidInput: Everything that is wrong.
    """
    problems = Problems()
    taken = take_manual(document, where, problems)
    root = Table(taken.document, where, problems)
    head = root.table("ruleset")
    name = head.text("name", required=True)
    if name and not _NAME.fullmatch(name):
        head.problem("name", "not a name", "名称无效", name, ("lower-case-words",))
    version = head.text("version", required=True)
    title = head.localized("title", Text(name, name))
    head.text("extends")
    head.done()
    calendars = _calendars(root)
    schema = read_schema(root)
    targets = frozenset(root.mapping("targets"))
    context = Context(schema=schema, calendars=frozenset(calendars), targets=targets)
    form = read_fields(root, context)
    templates = read_templates(root, context)
    context = context.with_templates(templates)
    ruleset = Ruleset(
        name=name,
        version=version,
        hash=content_hash(document),
        document=document,
        title=title,
        number=_number(root),
        department=root.table("number").text("department"),
        schema=schema,
        form=form,
        stages=read_stages(root, context),
        targets=read_targets(root, context),
        reactions=read_reactions(root, context),
        correlations=_correlations(root, context),
        channels=_channels(root, context),
        dispatch=_dispatch(root),
        templates=templates,
        calendars=calendars,
        policy=_policy(root, context),
        categories={key: root.table("categories").localized(key) for key in _keys(root)},
        type_codes=_type_codes(root),
        attachments=read_attachments(root),
        origin=where,
        origins=taken.origins,
        actions=read_actions(root, context),
        survey=read_survey(root),
    )
    root.done()
    check_rule_names(ruleset, root)
    problems.raise_if_any(InvalidInput)
    return with_manual(ruleset, taken.lines)


def content_hash(document: Mapping[str, Any]) -> str:
    """Identify what a resolved document says, whichever files it came from."""
    # Keys are sorted, except that stages decide in the order in which they are written.
    stages = document.get("stages")
    order = list(stages) if isinstance(stages, Mapping) else []
    said = [stripped(without_manual(document)), order]
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _keys(root: Table) -> list[str]:
    return list(root.mapping("categories"))


def _number(root: Table) -> str:
    table = root.table("number")
    text = table.text("format", "{date:%Y%m%d}{seq:03}")
    for problem in check_number_format(text):
        table.problem("format", problem.en, problem.zh, text, problem.accepted)
    department = table.text("department")
    if len(department) > _LONGEST_CODE or not department.isprintable():
        said = ("cannot be part of a number", "不能用于编号")
        table.problem("department", *said, department, (f"≤ {_LONGEST_CODE}",))
    table.done()
    return text


def _calendars(root: Table) -> dict[str, WorkCalendar]:
    calendars = {"business": business_calendar()}
    for name, table in root.children("calendars").items():
        try:
            calendars[name] = from_mapping(table.data, table.field())
        except InvalidInput as error:
            root.problems.extend(error)
    return calendars


def _correlations(root: Table, context: Context) -> dict[str, Correlation]:
    found = {}
    for name, table in root.children("correlations").items():
        key = table.texts("key", required=True)
        if not key:
            table.problem("key", "names no field", "没有字段", accepted=("a list of fields",))
        known = [field for field in context.schema.fields if not field.startswith("counts.")]
        for one in key:
            if one not in known:
                table.problem("key", "unknown field", "未知字段", one, suggestion(one, known))
        window = context.limit(table, "window", required=True) or Limit.parse("1d", "")
        found[name] = Correlation(name, key, window, context.condition(table, "when"))
        table.done()
    return found


def _channels(root: Table, context: Context) -> dict[str, ChannelPolicy]:
    found = {}
    for name, table in root.children("channels").items():
        found[name] = ChannelPolicy(name, context.calendar(table, "hours"))
        table.done()
    return found


def _dispatch(root: Table) -> DispatchPolicy:
    table = root.table("dispatch")
    policy = DispatchPolicy(
        strategy=table.text("strategy", "least_loaded"),
        spill=table.flag("spill"),
        automatic=table.flag("automatic", default=True),
        fallback=table.enum("fallback", FALLBACKS, "pool"),  # type: ignore[arg-type]
    )
    table.done()
    return policy


def _policy(root: Table, context: Context) -> Policy:
    table = root.table("policy")
    approval: Expression | None = None
    if "plan_approval" in table:
        approval = context.condition(table, "plan_approval")
    policy = Policy(
        calendar=context.calendar(table, "calendar") or "business",
        on_decline=Status(table.enum("on_decline", ("in_progress", "follow_up"), "in_progress")),
        edit=table.enum("edit", ("own", "team", "any"), "team"),  # type: ignore[arg-type]
        plan_approval=approval,
        task_owner=table.flag("task_owner"),
        retention=_retention(table),
    )
    table.done()
    return policy


def _retention(table: Table) -> Retention | None:
    text = table.text("retention")
    try:
        return Retention.parse(text, table.field("retention")) if text else None
    except InvalidInput as error:
        table.problems.extend(error)
        return None


def _type_codes(root: Table) -> dict[str, str]:
    """Read what stands for each type in numbers: a text of its own."""
    table = root.table("fields").table("type")
    words = table.value("values")
    codes: dict[str, str] = {}
    for word, label in words.items() if isinstance(words, Mapping) else ():
        if not isinstance(label, Mapping) or "code" not in label:
            continue
        code = str(label["code"])
        if code and code in codes.values():
            other = next(one for one, known in codes.items() if known == code)
            said = (f"the type {other} has this code", f"与类型 {other} 的编号代码重复")
            table.problem(f"{joined('values', word)}.code", *said, label["code"])
        codes[word] = code
    return codes


__all__ = ["content_hash", "ruleset_from_document"]
