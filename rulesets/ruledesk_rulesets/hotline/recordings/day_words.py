"""What the people of the recorded day are called, own, and say; chosen from ``day_texts.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Final

from attrs import frozen

from ruledesk_rulesets.recorder.words import Chooser, Customer

_TEXTS: Final = Path(__file__).with_name("day_texts.toml")
_KINDS: Final = {
    "repair": 34,
    "consult": 24,
    "logistics": 16,
    "refund": 8,
    "complaint": 11,
    "suggestion": 5,
    "english": 2,
}


@frozen
class Problem:
    """What a customer wants.

    Attributes:
        kind: Which part of the texts it was chosen from.
        type: The need type that an agent registers; empty where nobody says.
        filling: What the braces of further texts of the same case are filled with.
    """

    kind: str
    type: str
    urgency: str
    subject: str
    description: str
    filling: Mapping[str, str]

    def remarks(self) -> dict[str, str]:
        """Write the problem down as the fields of a submission."""
        mentioned = self.filling["order"] in self.description
        repair = self.filling if self.kind == "repair" else {}
        given = {
            "type": self.type,
            "urgency": "" if self.urgency == "normal" else self.urgency,
            "description": self.description,
            "order": self.filling["order"] if mentioned else "",
            "product": repair.get("product", ""),
            "model": repair.get("model", ""),
        }
        return {name: value for name, value in given.items() if value}


class Words(Chooser):
    """Chooses the texts of the day."""

    def __init__(self, random: Random) -> None:
        super().__init__(random, tomllib.loads(_TEXTS.read_text(encoding="utf-8")))

    def customer(self) -> Customer:
        """Invent a customer; no two have the same number."""
        return self._customer(self.name(), f"user{self.invented + 1:03}")

    def foreigner(self) -> Customer:
        """Invent a customer who writes English."""
        first, last = self.random.choice(self.texts["latin"])
        return self._customer(f"{first} {last}", f"{first.lower()}{self.invented + 1:03}")

    def _customer(self, name: str, mailbox: str) -> Customer:
        return Customer(
            name=name,
            phone=self.phone(),
            email=f"{mailbox}@example.net",
            region=self.random.choice(self.texts["regions"]),
            level="vip" if self.chance(0.06) else "",
        )

    def problem(self, customer: Customer) -> Problem:
        """Invent what a customer wants."""
        kind = self.random.choices(list(_KINDS), list(_KINDS.values()))[0]
        if customer.name.isascii():
            kind = "english"
        elif kind == "english":
            kind = "consult"
        filling = self._filling(customer)
        description = self.random.choice(self.texts[kind]["texts"]).format_map(filling)
        subjects = self.texts["subjects"].get(kind, ["Question about my order or product"])
        weights = {"complaint": (40, 45, 15), "repair": (60, 28, 12), "logistics": (65, 30, 5)}
        return Problem(
            kind=kind,
            type={"logistics": "consult", "refund": "complaint", "english": ""}.get(kind, kind),
            urgency=self.random.choices(
                ("normal", "urgent", "critical"), weights.get(kind, (90, 9, 1))
            )[0],
            subject=self.random.choice(subjects).format_map(filling),
            description=description,
            filling=filling,
        )

    def solution(self, problem: Problem) -> dict[str, str]:
        """Choose how a case ends, as the fields of ``resolve``."""
        kind = "consult" if problem.kind == "english" else problem.kind
        solution, steps, cautions = self.random.choice(self.texts[kind]["solutions"])
        fields = {"solution": solution, "steps": steps, "cautions": cautions}
        return {key: text.format_map(problem.filling) for key, text in fields.items() if text}

    def _filling(self, customer: Customer) -> dict[str, str]:
        product = self.random.choice(self.texts["products"])
        return {
            "product": product["name"],
            "model": self.random.choice(product["models"]),
            "fault": self.random.choice(product["faults"]),
            "part": self.random.choice(self.texts["repair"]["parts"]),
            "order": f"DD2026{self.random.randrange(1, 4):02}{self.random.randrange(10**5):05}",
            "waybill": f"{self.random.randrange(10**10):010}",
            "days": str(self.random.randrange(2, 9)),
            "months": str(self.random.randrange(2, 11)),
            "region": customer.region,
            "street": self.random.choice(self.texts["streets"]),
            "moment": self.random.choice(self.texts["moments"]),
        }
