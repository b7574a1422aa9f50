"""Rulesets: their format, conditions, stages and evaluation."""
