"""Files that come with a submission or an action: judged, kept as blobs, and named (A3, B5)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from attrs import evolve, frozen

from ruledesk.desk.parts import Parts
from ruledesk.errors import Problem, Refused
from ruledesk.hooks.kinds import File
from ruledesk.model.action import AnswerTask, Note, ProvideInfo, Submit
from ruledesk.model.ticket import Attachment
from ruledesk.rules.attachments import AttachmentPolicy, Judged, count_problem, judge

#: Actions that files may come with.
WITH_FILES: Final = tuple(one.action for one in (Submit, ProvideInfo, Note, AnswerTask))


@frozen
class Examined:
    """Files after the policy looked at them.

    Attributes:
        taken: Those that may be kept, with what they are.
        problems: What is wrong with the others.
    """

    taken: tuple[tuple[File, Judged], ...] = ()
    problems: tuple[Problem, ...] = ()

    def refuse(self) -> None:
        """Refuse what is wrong.

        Raises:
            Refused: At least one file may not be kept.
        """
        if self.problems:
            raise Refused(*self.problems)

    def announced(self) -> tuple[Attachment, ...]:
        """Say of what may be kept what tickets say, before any of it is kept."""
        return tuple(
            Attachment(
                name=judged.name,
                media_type=judged.media_type or file.media_type,
                size=len(file.content),
                sha256="",
                kind=judged.kind,
            )
            for file, judged in self.taken
        )

    def left_out(self) -> Note | None:
        """Make the note that says which files were left out, where nobody could be told."""
        if not self.problems:
            return None
        lines = [f"{problem.text('en')}\n{problem.text('zh')}" for problem in self.problems]
        return Note(text="\n".join(["Attachments left out 未收取的附件:", *lines]), public=False)


def examine(
    policy: AttachmentPolicy | None,
    files: Sequence[File],
    *,
    existing: int = 0,
    lenient: bool = False,
) -> Examined:
    """Let a policy look at files.

    Args:
        policy: The line's; None takes any file.
        files: As handed in.
        existing: How many files the ticket has.
        lenient: Mend a name that cannot be kept instead of refusing the file for it.

    Returns:
        What may be kept, and what is wrong with the rest.
    """
    taken: list[tuple[File, Judged]] = []
    problems: list[Problem] = []
    for place, file in enumerate(files, start=1):
        where = f"attachments[{place}]"
        judged = judge(
            policy, file.name, file.content, kind=file.kind, where=where, lenient=lenient
        )
        if judged.problems:
            problems += judged.problems
        else:
            taken.append((file, judged))
    too_many = count_problem(policy, existing + len(taken))
    if too_many is not None and policy is not None:
        problems.append(too_many)
        taken = taken[: max(policy.max_count - existing, 0)]
    return Examined(tuple(taken), tuple(problems))


def keep(parts: Parts, examined: Examined) -> tuple[Attachment, ...]:
    """Keep files as blobs; returns what tickets say of them, under the names given."""
    return tuple(
        evolve(one, sha256=parts.again(partial(parts.store.put_blob, file.content)))
        for one, (file, _) in zip(examined.announced(), examined.taken, strict=True)
    )


def no_files(action: str) -> Refused:
    """Say that an action takes no files."""
    return Refused.of(
        f"{action!r} takes no attachments",
        f"{action} 不接受附件",
        field="attachments",
        value=action,
        accepted=WITH_FILES,
    )
