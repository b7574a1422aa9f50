"""Chooses who comes and what is said; the same seed chooses the same in the same order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, TypeVar

from attrs import frozen

T = TypeVar("T")


@frozen
class Customer:
    """Somebody who calls, writes, or fills in a form."""

    name: str
    phone: str
    email: str
    region: str
    level: str
    company: str = ""

    @property
    def sender(self) -> tuple[str, str]:
        """Name and address, for mails."""
        return self.name, self.email

    def told(self, *keys: str) -> dict[str, str]:
        """Say what a customer says of these; what there is not is left out."""
        known = {key: getattr(self, key) for key in ("name", *keys)}
        return {key: value for key, value in known.items() if value}


class Chooser:
    """Chooses from texts.

    Args:
        random: The recording's.
        texts: A document with ``surnames``, ``given`` and, in ``talk``, what is said by group.
    """

    def __init__(self, random: Random, texts: Mapping[str, Any]) -> None:
        self.random = random
        self.texts = texts
        self._phones: set[str] = set()

    def chance(self, share: float) -> bool:
        """Decide whether something happens that happens so often."""
        return self.random.random() < share

    def choose(self, options: Sequence[T]) -> T:
        """Choose one of several."""
        return self.random.choice(options)

    def say(self, group: str, filling: Mapping[str, str]) -> str:
        """Choose something that is said while a case is dealt with."""
        return str(self.random.choice(self.texts["talk"][group])).format_map(filling)

    def name(self) -> str:
        """Invent a Chinese name."""
        return str(self.random.choice(self.texts["surnames"])) + str(
            self.random.choice(self.texts["given"])
        )

    def phone(self) -> str:
        """Invent a mobile number of a range that is given to nobody; no two are the same."""
        phone = ""
        while not phone or phone in self._phones:
            phone = f"1{self.random.choice('3578')}{self.random.randrange(9)}0000"
            phone += f"{self.random.randrange(10**4):04}"
        self._phones.add(phone)
        return phone

    @property
    def invented(self) -> int:
        """How many people have been invented."""
        return len(self._phones)

    def rating(self) -> dict[str, Any]:
        """Choose a rating and what goes with it, as the fields of ``confirm`` and ``rate``."""
        rating = self.random.choices((5, 4, 3, 2, 1), (52, 28, 11, 6, 3))[0]
        comment = self.random.choice(self.texts["talk"]["comments"][str(rating)])
        return {"rating": rating, **({"comment": comment} if comment else {})}
