"""The attachment policy: which files a ticket takes, judged by content, and what they are called.

A name that says something else than the content is refused (A3). On intake a file is named by kind,
sequence and order number, as the policy says (B5).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from string import Formatter
from typing import Final

from attrs import evolve, field, frozen

from ruledesk.errors import Problem, Refused
from ruledesk.model.ticket import Attachment
from ruledesk.model.values import Text
from ruledesk.rules.labels import labelled
from ruledesk.rules.sizes import shown_size
from ruledesk.rules.sniff import TYPES, UNKNOWN_MEDIA, expanded, sniff, type_of_suffix
from ruledesk.strict import clean_text, legible

#: What a template of names may hold.
NAME_PARTS: Final = ("kind", "seq", "order", "name")
#: What a file of no kind is called.
_NO_KIND: Final = "file"
_NO_NAME: Final = "unnamed"
_LONGEST_NAME: Final = 200
_LONGEST_ORDER: Final = 60
_SUFFIX: Final = re.compile(r"\.([A-Za-z0-9]{1,10})$")
#: Line ends, and marks that turn the direction of writing, so that an ending seems another one.
_BROKEN: Final = re.compile("[\t\n\r\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_UNSAFE: Final = re.compile(r"[^\w.-]+")
_GAPS: Final = re.compile(r"([-_. ])[-_. ]+")


@frozen
class AttachmentKind:
    """A kind of attachment: a screenshot, a recording.

    Attributes:
        types: The types of file that it holds; empty where only whoever hands it in can say.
        label: What people call it.
    """

    types: tuple[str, ...] = ()
    label: Text = field(default=Text("", ""))


@frozen
class AttachmentPolicy:
    """Which files a ticket takes.

    Attributes:
        types: Words of `ruledesk.rules.sniff.TYPES`; empty for any type.
        max_size: Largest file, in bytes; 0 for no limit.
        max_count: Most files of one ticket; 0 for no limit.
        kinds: By word, in the order in which a file's content is looked up.
        name: Template of names; empty to keep those given.
    """

    types: tuple[str, ...] = ()
    max_size: int = 0
    max_count: int = 0
    kinds: Mapping[str, AttachmentKind] = field(factory=dict)
    name: str = ""


@frozen
class Judged:
    """What a policy makes of one file.

    Attributes:
        name: Its name as given, without folders.
        media_type: By its content; empty where no policy looked at it.
        kind: By whoever handed it in, or by its content; empty for none.
        problems: Why it is not taken; empty where it is.
    """

    name: str
    media_type: str = ""
    kind: str = ""
    problems: tuple[Problem, ...] = ()


def judge(
    policy: AttachmentPolicy | None,
    name: str,
    content: bytes,
    *,
    kind: str = "",
    where: str = "",
    lenient: bool = False,
) -> Judged:
    """Judge one file.

    Args:
        policy: The line's policy; without one only the name is looked at.
        name: As given.
        content: All its bytes.
        kind: What whoever handed it in calls it; empty to go by its content.
        where: What errors call it: ``attachments[1]``.
        lenient: Mend a name that cannot be kept instead of refusing the file for it.

    Returns:
        What it is, and why it is not taken.
    """
    problems = () if lenient else _name_problems(name, where)
    name = _plain(name)
    if policy is None:
        return Judged(name, "", kind, problems)
    if policy.max_size and len(content) > policy.max_size:
        # What is too large is not read through.
        return Judged(name, problems=(*problems, _too_large(policy, name, len(content), where)))
    types = sniff(content)
    said = _suffix(name)
    word = type_of_suffix(said)
    if said and word not in types and (word or policy.types):
        problem = _false_name(policy, name, types, where)
        return Judged(name, problems=(*problems, problem))
    word = word or (types[0] if types else "")
    if policy.types and word not in policy.types:
        problem = _not_taken(policy, name, word, where)
        return Judged(name, problems=(*problems, problem))
    problem_of_kind = _kind_problem(policy, kind, word, where)
    return Judged(
        name,
        TYPES[word].media if word else UNKNOWN_MEDIA,
        kind or _kind_of(policy, word),
        (*problems, problem_of_kind) if problem_of_kind else problems,
    )


def count_problem(policy: AttachmentPolicy | None, count: int) -> Problem | None:
    """Say that a ticket would have more files than it may; None where it would not.

    Args:
        policy: The line's policy.
        count: The files that it has and is to get.
    """
    if policy is None or not policy.max_count or count <= policy.max_count:
        return None
    return Problem(
        "too many attachments", "附件过多", "attachments", count, (f"≤ {policy.max_count}",)
    )


def name_all(
    policy: AttachmentPolicy | None,
    fresh: Sequence[Attachment],
    existing: Iterable[Attachment] = (),
    order: str = "",
) -> tuple[Attachment, ...]:
    """Name files as the policy says (B5).

    Args:
        policy: The line's policy.
        fresh: New files of a ticket, under the names given.
        existing: The files that it has; each kind has a sequence of its own, where names tell it.
        order: The ticket's order number; empty for none.

    Returns:
        The new files under their names; the name given is kept as ``original``.
    """
    if policy is None or not policy.name:
        return tuple(fresh)
    tells = any(part == "kind" for _, part, _, _ in Formatter().parse(policy.name))
    counts = Counter(one.kind if tells else "" for one in existing)
    result = []
    for one in fresh:
        kind = one.kind if tells else ""
        counts[kind] += 1
        name = _filled(policy.name, one, counts[kind], order)
        result.append(evolve(one, name=name, original=one.name if one.name != name else ""))
    return tuple(result)


def check_name_template(text: str) -> Problem | None:
    """Say what is wrong with a template of names; None where nothing is."""
    accepted = tuple(f"{{{part}}}" for part in NAME_PARTS)
    try:
        parts = [(name, spec) for _, name, spec, _ in Formatter().parse(text) if name is not None]
        for name, spec in parts:
            format(1 if name == "seq" else "x", spec or "")
    except ValueError as error:
        return Problem(f"cannot be filled in ({error})", "无法填写", accepted=accepted)
    unknown = [name for name, _ in parts if name not in NAME_PARTS]
    if unknown:
        return Problem("unknown part", "未知部分", value=unknown[0], accepted=accepted)
    if "seq" not in dict(parts):
        return Problem("needs {seq}", "必须包含 {seq}", accepted=("{kind}-{seq:02}",))
    return None


# -- names ------------------------------------------------------------------------------------


def _filled(template: str, one: Attachment, sequence: int, order: str) -> str:
    """Fill in a name; what is in front of a part that is not there goes with it."""
    suffix = _SUFFIX.search(one.name)
    values: dict[str, str | int] = {
        "kind": one.kind or _NO_KIND,
        "seq": sequence,
        "order": _UNSAFE.sub("-", order)[:_LONGEST_ORDER].strip("-."),
        "name": _SUFFIX.sub("", one.name),
    }
    pieces = []
    for literal, name, spec, _ in Formatter().parse(template):
        pieces.append(literal)
        if name is not None:
            pieces.append(format(values[name], spec or ""))
    stem = _GAPS.sub(r"\1", "".join(pieces)).strip("-_. ")
    ending = f".{suffix[1].lower()}" if suffix else _usual_suffix(one.media_type)
    return stem[: _LONGEST_NAME - len(ending)] + ending


def _usual_suffix(media: str) -> str:
    found = (f".{one.suffixes[0]}" for one in TYPES.values() if one.media == media)
    return next(found, "")


def _suffix(name: str) -> str:
    """Return what a name ends with, where it says a type (``v1.2`` does not); in lower case."""
    found = _SUFFIX.search(name)
    return "" if found is None or found[1].isdigit() else found[1].lower()


def _plain(name: str) -> str:
    """Drop folders from a name, and what stores and file systems do not take, or lists show."""
    shown = _BROKEN.sub(" ", legible(name))
    last = shown.replace("\\", "/").rstrip("/ ").rpartition("/")[2].strip()
    stem, suffix = last[:_LONGEST_NAME], _SUFFIX.search(last)
    if len(last) > _LONGEST_NAME and suffix:
        stem = last[: _LONGEST_NAME - len(suffix[0])] + suffix[0]
    return stem if stem.strip(".") else _NO_NAME


def _name_problems(name: str, where: str) -> tuple[Problem, ...]:
    try:
        clean_text(name, f"{where}.name")
    except Refused as error:
        return error.problems
    return ()


# -- problems ---------------------------------------------------------------------------------


def _too_large(policy: AttachmentPolicy, name: str, size: int, where: str) -> Problem:
    return Problem(
        f"is too large: {shown_size(size)} ({size} bytes)",
        f"文件过大：{shown_size(size)}（{size} 字节）",
        where,
        name,
        (f"≤ {shown_size(policy.max_size)}",),
    )


def _false_name(policy: AttachmentPolicy, name: str, types: tuple[str, ...], where: str) -> Problem:
    en, zh = _said(types[0]) if types else ("something else", "其他类型")
    return Problem(
        f"is named .{_suffix(name)}, but its content is {en}",
        f"文件名为 .{_suffix(name)}，内容却是{zh}",
        where,
        name,
        policy.types or ("a name that agrees with the content 名称与内容一致",),
    )


def _not_taken(policy: AttachmentPolicy, name: str, word: str, where: str) -> Problem:
    en, zh = _said(word) if word else ("of no known type", "未知类型")
    return Problem(f"its content is {en}", f"内容是{zh}", where, name, policy.types)


def _said(word: str) -> tuple[str, str]:
    """Say what a content is; of text only that it is text, since its name tells the rest."""
    return ("plain text", "纯文本") if TYPES[word].text else (word, f" {word}")


# -- kinds ------------------------------------------------------------------------------------


def _kind_of(policy: AttachmentPolicy, word: str) -> str:
    return next((name for name, kind in policy.kinds.items() if word in kind.types), "")


def _kind_problem(policy: AttachmentPolicy, kind: str, word: str, where: str) -> Problem | None:
    if not kind:
        return None
    known = policy.kinds.get(kind)
    if known is None:
        accepted = tuple(labelled(name, one.label) for name, one in policy.kinds.items())
        return Problem("unknown kind", "未知的附件种类", f"{where}.kind", kind, accepted)
    if known.types and word not in known.types:
        en, zh = _said(word) if word else ("of no known type", "未知类型")
        said = labelled(kind, known.label)
        return Problem(
            f"is no {said}: its content is {en}",
            f"不是{said}：内容是{zh}",
            f"{where}.kind",
            kind,
            known.types,
        )
    return None


def types_of(patterns: Iterable[str]) -> tuple[str, ...]:
    """Name the types that words and media patterns mean, each once."""
    return tuple(dict.fromkeys(word for one in patterns for word in expanded(one)))
