"""Writes recordings of invented days: people's lives are played on a desk while they are written.

No ruleset: what the generators beside the shipped recordings share.
"""
