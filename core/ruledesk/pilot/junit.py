"""The pilot's answer as JUnit XML, for build servers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from ruledesk.errors import RuleDeskError
from ruledesk.pilot.json_report import failure_data
from ruledesk.pilot.replayed import Replayed
from ruledesk.pilot.result import Outcome
from ruledesk.pilot.values import Head

#: What XML 1.0 has no way to write.
_ILLEGAL: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class JUnitReport:
    """Collects a test case a scenario, a suite a file."""

    def __init__(self) -> None:
        self._suites: dict[Path, ET.Element] = {}

    def started(self, head: Head, size: int) -> None:
        """Nothing is collected yet."""

    def finished(self, outcome: Outcome, desk: Replayed) -> None:
        """Collect a scenario."""
        zone = ZoneInfo(desk.config.timezone)
        case = self._case(outcome.file, outcome.name, outcome.seconds)
        if outcome.passed:
            return
        lines = []
        for failure in outcome.failures:
            data = failure_data(failure, zone)
            lines.append(
                f"{outcome.file}:{data['line']}: step {data['step']} at {data['at']}: "
                f"{data['key']}: expected {data['expected']!r}, actual {data['actual']!r}"
            )
        first = lines[0].partition(": ")[2]
        element = ET.SubElement(case, "failure", message=_legal(first), type="expectation")
        element.text = _legal("\n".join(lines))

    def unusable(self, file: Path, name: str, error: RuleDeskError) -> None:
        """Collect what cannot be used."""
        case = self._case(file, name or file.name, 0.0)
        first = error.problems[0].text("en")
        element = ET.SubElement(case, "error", message=_legal(first), type=type(error).__name__)
        element.text = _legal(error.text("en"))

    def document(self) -> bytes:
        """Write the document, in UTF-8."""
        root = ET.Element("testsuites", name="ruledesk pilot")
        for suite in self._suites.values():
            root.append(_counted(suite))
        _count(root, list(root.iter("testcase")))
        return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))

    def _case(self, file: Path, name: str, seconds: float) -> ET.Element:
        suite = self._suites.get(file)
        if suite is None:
            suite = self._suites[file] = ET.Element("testsuite", name=_legal(str(file)))
        return ET.SubElement(
            suite,
            "testcase",
            name=_legal(name),
            classname=_legal(file.stem),
            file=_legal(str(file)),
            time=f"{seconds:.3f}",
        )


def _counted(suite: ET.Element) -> ET.Element:
    _count(suite, suite.findall("testcase"))
    return suite


def _count(element: ET.Element, cases: list[ET.Element]) -> None:
    element.set("tests", str(len(cases)))
    element.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    element.set("errors", str(sum(case.find("error") is not None for case in cases)))
    element.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")


def _legal(text: str) -> str:
    return _ILLEGAL.sub("�", text)
