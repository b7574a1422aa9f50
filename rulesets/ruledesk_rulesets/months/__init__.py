"""One recorded month of each pilot line, made up: who writes, what happens, what goes wrong (E9).

No ruleset. The recordings lie beside the rulesets of the lines; ``python -m
ruledesk_rulesets.months.make`` makes them again.
"""
