"""Everything that is wrong with a file, collected and told together."""

from __future__ import annotations

from attrs import define, field

from ruledesk.errors import InvalidInput, Problem, RuleDeskError


@define
class Problems:
    """What is wrong with a file, in the order found."""

    found: list[Problem] = field(factory=list)

    def add(self, problem: Problem) -> None:
        """Remember a problem; the same one is told once."""
        if problem not in self.found:
            self.found.append(problem)

    def extend(self, error: RuleDeskError) -> None:
        """Remember all problems of an error."""
        for problem in error.problems:
            self.add(problem)

    def raise_if_any(self, error: type[RuleDeskError] = InvalidInput) -> None:
        """Raise everything found as one error.

        Raises:
            InvalidInput: Something is wrong (or the class given as `error`).
        """
        if self.found:
            raise error(*self.found)
