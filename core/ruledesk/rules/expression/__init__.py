"""Conditions: a typed, safe subset of Python's expression syntax."""
