"""Frozen values: tickets, people, actions, events, messages, decisions."""
