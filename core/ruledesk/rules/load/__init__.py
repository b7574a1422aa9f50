"""Loading rulesets: TOML files to a resolved, checked `ruledesk.rules.ruleset.Ruleset`."""

from ruledesk.rules.load.build import ruleset_from_document
from ruledesk.rules.load.resolve import Finder, load_ruleset

__all__ = ["Finder", "load_ruleset", "ruleset_from_document"]
