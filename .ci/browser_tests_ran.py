"""Fails unless tests marked ``browser`` are in a JUnit report and every one of them passed."""

import sys
from xml.etree import ElementTree

report = ElementTree.parse(sys.argv[1])  # noqa: S314 - our own report
cases = [
    case
    for case in report.iter("testcase")
    if case.find("properties/property[@name='marker'][@value='browser']") is not None
]
passed = [
    case for case in cases if not {"skipped", "failure", "error"} & {part.tag for part in case}
]
print(f"{len(passed)} of {len(cases)} browser tests ran and passed.")
sys.exit(not cases or len(passed) < len(cases))
