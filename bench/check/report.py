"""The report of a check: its verdict, as JSON, and as JUnit XML for a CI's page of tests."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import msgspec

from bench.check.findings import Finding
from bench.core.text import one_line

FORMAT = 1
"""Version of the JSON file. 1: the first."""


@dataclass
class Report:
    """All findings about a function."""

    target: str
    definition: str
    backend: str
    version: str = ""
    findings: list[Finding] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether nothing fails."""
        return all(finding.status != "fails" for finding in self.findings)

    @property
    def heading(self) -> str:
        """The function, the definition, and where it runs."""
        return f"{self.target} as {self.definition} on {self.backend} {self.version}"

    @property
    def verdict(self) -> str:
        """The verdict in one line."""
        failing = [finding for finding in self.findings if finding.status == "fails"]
        if not failing:
            inputs = sum(finding.inputs for finding in self.findings if finding.name.partition(" ")[0] in PARTS)
            skipped = [finding.name for finding in self.findings if finding.status == "skipped"]
            rest = f"; not judged: {', '.join(skipped)}" if skipped else ""
            return f"HOLDS: {self.target} is {self.definition} at {inputs:,} judged results{rest}"
        first = failing[0]
        case = f"; {first.cases[0]}" if first.cases else ""
        more = f" (and {len(failing) - 1} more)" if len(failing) > 1 else ""
        return f"DOES NOT HOLD: {self.target} as {self.definition}: {first.name}: {first.figure}{case}{more}"

    def write_json(self, path: Path) -> None:
        """Write all findings as JSON; a number that JSON lacks, such as NaN, is text."""
        content = {
            "format": FORMAT,
            "target": self.target,
            "definition": self.definition,
            "backend": self.backend,
            "version": self.version,
            "holds": self.holds,
            "verdict": self.verdict,
            "findings": [finite(msgspec.to_builtins(finding)) for finding in self.findings],
        }
        path.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n")

    def write_junit(self, path: Path) -> None:
        """Write the findings as JUnit XML: one test case for each, in the elements that all its readers know."""
        counts = Counter(finding.status for finding in self.findings)
        suite = ElementTree.Element(
            "testsuite",
            name=one_line(self.heading),
            tests=str(len(self.findings)),
            failures=str(counts["fails"]),
            errors="0",
            skipped=str(counts["skipped"]),
            time="0",
        )
        for finding in self.findings:
            suite.append(test_case(finding, f"{self.backend}.{self.definition}"))
        root = ElementTree.Element("testsuites")
        root.append(suite)
        ElementTree.indent(root)
        ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


PARTS = ("value", "gradient")
"""The first words of findings whose inputs were all judged."""


def test_case(finding: Finding, class_name: str) -> ElementTree.Element:
    """Return the test case of a finding."""
    case = ElementTree.Element("testcase", name=finding.name, classname=class_name, time="0")
    text = "\n".join([finding.figure, *map(str, finding.cases)])
    if finding.status == "fails":
        failure = ElementTree.SubElement(case, "failure", message=one_line(finding.figure), type="failure")
        failure.text = text
    elif finding.status == "skipped":
        ElementTree.SubElement(case, "skipped", message=one_line(finding.figure))
    else:
        ElementTree.SubElement(case, "system-out").text = text
    return case


def finite(value: object) -> object:
    """Return built-in types in which NaN and infinities are text."""
    if isinstance(value, dict):
        return {key: finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [finite(entry) for entry in value]
    if isinstance(value, float) and not -float("inf") < value < float("inf"):
        return str(value)
    return value
