"""Reading TOML files for people: every problem at once, each with file, key path and value (F4).

`read_toml` reads a file; `Table` hands out typed values and remembers what was asked for, so that
`Table.done` can name the keys that nobody knows. Problems of all tables of a file are collected in
one `Problems` and raised together.
"""

from ruledesk.toml.problems import Problems
from ruledesk.toml.reading import parse_toml, read_toml
from ruledesk.toml.table import Table, joined

__all__ = ["Problems", "Table", "joined", "parse_toml", "read_toml"]
