"""Lets the tests run from a working copy of RuleDesk in which the example is not installed."""

import sys
from importlib.util import find_spec
from pathlib import Path

from ruledesk.testing.plugin import load

__all__ = ["load"]

if find_spec("ruledesk_example") is None:
    sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
