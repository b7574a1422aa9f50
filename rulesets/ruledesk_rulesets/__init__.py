"""The rulesets that ship with RuleDesk: one folder each, data only.

A folder with a ``ruleset.toml`` is a ruleset, named after the folder; lines name it in
``desk.toml``. Beside it stand a sample desk, scenarios and recordings. The folders without one,
`recorder` and `months`, hold what makes the recordings.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ruledesk import hookimpl

RULEDESK_API = "1.0"


@hookimpl
def ruledesk_rulesets() -> Mapping[str, Path]:
    """Provide every ruleset folder beside this file, by name."""
    here = Path(__file__).parent
    return {found.parent.name: found.parent for found in sorted(here.glob("*/ruleset.toml"))}
