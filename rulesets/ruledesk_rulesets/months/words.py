"""Who writes to the lines in the recorded months, about what, and in which words."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any, Final

from attrs import evolve, frozen

from ruledesk_rulesets.recorder.words import Chooser, Customer

_FOLDER: Final = Path(__file__).parent
_URGENCIES: Final = ("general", "urgent", "major")


def read_texts(line: str) -> dict[str, Any]:
    """Read what is said on a line: what all lines share, and its own."""
    common, own = (
        tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
        for name in ("common", line)
    )
    return {**common, **own}


@frozen
class Problem:
    """What a customer wants.

    Attributes:
        kind: What it really is, as the types of the line: ``quality``, ``service`` …
        subject: What a mail is headed.
        fault: What the fault is called, of quality problems.
        filling: What the braces of further texts of the same case are filled with.
        batch: Whether many have it at once; then everybody calls it by its name.
    """

    kind: str
    urgency: str
    subject: str
    description: str
    fault: str
    filling: Mapping[str, str]
    batch: bool = False

    @property
    def product(self) -> str:
        """The product that it is about."""
        return self.filling["product"]


class Words(Chooser):
    """Chooses the texts of a month.

    Args:
        random: The recording's.
        line: The name of the line.
    """

    def __init__(self, random: Random, line: str) -> None:
        super().__init__(random, read_texts(line))

    def customer(self) -> Customer:
        """Invent a customer; no two have the same number."""
        number = self.invented + 1
        level = self.texts["level"]
        companies = self.texts.get("companies", ())
        return Customer(
            name=self.name(),
            phone=self.phone(),
            email=f"user{number:04}@example.net",
            region=self.choose(self.texts["regions"]),
            level=level["name"] if self.chance(level["share"]) else "",
            company=self.choose(companies) if companies else "",
        )

    def problem(self, customer: Customer, kind: str = "") -> Problem:
        """Invent what a customer wants.

        Args:
            customer: Who wants it.
            kind: Of which kind; empty for any.
        """
        kinds: Mapping[str, int] = self.texts["kinds"]
        kind = kind or self.random.choices(list(kinds), list(kinds.values()))[0]
        product = self.choose(self.texts["products"])
        fault, symptom = self.choose(product["faults"])
        filling = self._filling(customer, product, fault, symptom)
        return Problem(
            kind=kind,
            urgency=self.random.choices(_URGENCIES, self.texts[kind]["weights"])[0],
            subject=self.choose(self.texts[kind]["subjects"]).format_map(filling),
            description=self.choose(self.texts[kind]["texts"]).format_map(filling),
            fault=fault if kind == "quality" else "",
            filling=filling,
        )

    def batch_problem(self, customer: Customer, batch: Mapping[str, Any]) -> Problem:
        """Invent one report of a batch fault.

        Args:
            customer: Who reports it.
            batch: One of the line's ``batches``.
        """
        products = {product["name"]: product for product in self.texts["products"]}
        product = products[batch["product"]]
        filling = self._filling(customer, product, batch["fault"], batch["text"])
        return Problem(
            kind="quality",
            urgency=self.random.choices(_URGENCIES, (60, 40, 0))[0],
            subject=f"{batch['product']}{batch['fault']}",
            description=str(batch["text"]).format_map(filling),
            fault=batch["fault"],
            filling=filling,
            batch=True,
        )

    def again(self, problem: Problem) -> Problem:
        """Say the same once more, in other words."""
        text = self.choose(self.texts[problem.kind]["texts"]).format_map(problem.filling)
        return evolve(problem, description=text)

    def solution(self, problem: Problem) -> dict[str, str]:
        """Choose how a case ends, as the fields of ``resolve``."""
        solution, steps, cautions = self.choose(self.texts[problem.kind]["solutions"])
        fields = {"solution": solution, "steps": steps, "cautions": cautions}
        return {key: text.format_map(problem.filling) for key, text in fields.items() if text}

    def _filling(
        self, customer: Customer, product: Mapping[str, Any], fault: str, symptom: str
    ) -> dict[str, str]:
        months = self.random.randrange(2, 20)
        year, month = divmod(2026 * 12 + 9 - months, 12)
        return {
            "product": product["name"],
            "model": self.choose(product["models"]),
            "fault": fault,
            "symptom": symptom,
            "part": self.choose(self.texts["quality"]["parts"]),
            "serial": f"SN{self.random.randrange(10**7):07}",
            "order": f"DD{year}{month + 1:02}{self.random.randrange(10**5):05}",
            "purchased_on": f"{year}-{month + 1:02}-{self.random.randrange(1, 28):02}",
            "waybill": f"{self.random.randrange(10**10):010}",
            "days": str(self.random.randrange(2, 9)),
            "months": str(months),
            "region": customer.region,
            "street": self.choose(self.texts["streets"]),
            "moment": self.choose(self.texts["moments"]),
        }
