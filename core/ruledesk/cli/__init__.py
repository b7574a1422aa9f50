"""The command line: ``ruledesk`` and ``python -m ruledesk``."""

from ruledesk.cli.app import main

__all__ = ["main"]
