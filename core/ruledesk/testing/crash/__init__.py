"""Killing processes that write, deliver or keep the data, and checking what is left (F3).

`ruledesk.testing.crash.host` runs rounds in a process of its own, which imports everything once and
forks a child for each; `ruledesk.testing.crash.checks` compares what a store holds with what it was
told to have stored.
"""
