"""Old records in a folder of their own, read through a mapping."""

import pytest
from attrs import frozen

from ruledesk.reports.records.cases import Intake, read_cases
from ruledesk.reports.records.reading import load_mapping

MAPPING = """\
[file]
timezone = "Asia/Shanghai"
dates = ["%Y-%m-%d %H:%M"]
[columns]
"No" = "number"
"Made" = "created_at"
"Solved" = "resolved_at"
"State" = "status"
"Phone" = "requester.phone"
"Stars" = "rating"
"""


@frozen
class Read:
    cases: tuple
    intake: Intake


@pytest.fixture
def records(tmp_path):
    """Read a CSV text (or bytes) through the mapping, extended by more TOML."""

    def read(content, more="", mapping=MAPPING, lenient=False):
        file, toml = tmp_path / "old.csv", tmp_path / "map.toml"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        toml.write_text(mapping + more, "utf-8")
        intake = Intake()
        read = load_mapping(toml, "Asia/Shanghai")
        return Read(tuple(read_cases(file, read, intake, lenient=lenient)), intake)

    return read
