"""Scenarios, recordings, and their replay on a virtual clock."""
