"""The lifecycle of a ticket: who may do what in which status, and what follows from it."""
