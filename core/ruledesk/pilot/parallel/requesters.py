"""Which numbers requesters get in a recording, told before it is replayed.

A desk numbers new requesters one after the other, whatever line they write to. Parts of a
recording that run beside each other must still give each the number that one run gives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ruledesk.desk.attachments import examine
from ruledesk.desk.requesters import SEQUENCE, linked
from ruledesk.errors import RuleDeskError
from ruledesk.hooks.kinds import File, Submission
from ruledesk.model.ticket import Requester
from ruledesk.rules.form import admit
from ruledesk.rules.ruleset import Ruleset
from ruledesk.storage.state import RequesterIndex


class KnownRequesters:
    """Requesters as a desk would know them after the submissions so far.

    It is the store and the transaction of `ruledesk.desk.requesters.linked`, which so decides here
    exactly as on a desk.

    Args:
        rulesets: The ruleset of each line.
    """

    def __init__(self, rulesets: Mapping[str, Ruleset]) -> None:
        self._rulesets = rulesets
        self._index = RequesterIndex()
        self._last = 0
        self._saved: list[Requester] = []

    def submitted(
        self, submission: Submission, around: Mapping[str, str], files: Sequence[File]
    ) -> tuple[str, int]:
        """Take the requester of a submission over.

        Args:
            submission: What is handed in, with its line.
            around: What the form's conditions may read besides: ``channel``, ``line``.
            files: Its attachments.

        Returns:
            The requester's id, empty where there is none; and the number drawn for a new one, 0
            where none is drawn. A submission that the form refuses makes nobody known.
        """
        given = self._requester(submission, around, files)
        if given is None:
            return "", 0
        before = self._last
        found = linked(self, self, given)
        for saved in self._saved:
            self._index.put(saved)
        self._saved.clear()
        return found.id, self._last if self._last > before else 0

    def _requester(
        self, submission: Submission, around: Mapping[str, str], files: Sequence[File]
    ) -> Requester | None:
        ruleset = self._rulesets.get(submission.line)
        if ruleset is None:
            return None
        examined = examine(ruleset.attachments, files, lenient=submission.lenient)
        try:
            return admit(
                ruleset,
                submission.fields,
                lenient=submission.lenient,
                textual=submission.textual,
                around=around,
                besides=examined.problems,
            ).requester
        except RuleDeskError:
            return None

    # -- what `linked` asks of a store and of a transaction ---------------------------------------

    def requester(self, *, id: str = "", phone: str = "", email: str = "") -> Requester | None:  # noqa: A002
        """Find a requester; see `Store.requester`."""
        return self._index.find(id, phone, email)

    def save_requester(self, requester: Requester) -> None:
        """Note a requester; see `Transaction.save_requester`."""
        self._saved.append(requester)

    def next_in_sequence(self, key: str) -> int:
        """Take the next number; see `Transaction.next_in_sequence`."""
        assert key == SEQUENCE, key  # noqa: S101 -- `linked` knows one sequence
        self._last += 1
        return self._last
