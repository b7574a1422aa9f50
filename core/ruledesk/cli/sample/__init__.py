"""What ``ruledesk init`` writes: a desk with people for the teams that a ruleset names."""
