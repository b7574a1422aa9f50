"""Static analysis of rulesets: what never fires, always fires, overlaps, is shadowed, is missing.

`analyse` cuts the fields that conditions read into elementary cells, writes each condition as boxes
over them and compares boxes. Claims that something *cannot* happen follow from the boxes alone,
which hold every ticket there can be. Claims that something *can* happen come with a witness that
was played through form and stages, or are not made.
"""

from ruledesk.rules.analysis.analyse import analyse
from ruledesk.rules.analysis.finding import Code, Finding, Level, Witness

__all__ = ["Code", "Finding", "Level", "Witness", "analyse"]
