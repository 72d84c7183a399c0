"""tools/totals adds up the reports of ctest and GoogleTest, and lists what was skipped with its reason."""
from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

TOTALS = Path(__file__).with_name("totals")

# The shapes that ctest 3.25 and GoogleTest 1.12 write.
CTEST = """<testsuite>
  <testcase name="fleet" classname="fleet" status="run"/>
  <testcase name="tidy" classname="tidy" status="run"/>
  <testcase name="crashed" classname="crashed" status="fail"><failure message="Failed"/></testcase>
  <testcase name="later" classname="later" status="notrun"><skipped message="SKIP_RETURN_CODE=4"/></testcase>
</testsuite>"""
GOOGLE_TEST = """<testsuites><testsuite name="FleetTest">
  <testcase name="Serves" status="run" result="skipped" classname="FleetTest">
    <skipped message="/src/tests/fleet_test.cc:70&#x0A;haproxy is not installed:&#x0A;install it"/>
  </testcase>
  <testcase name="DISABLED_Node" status="notrun" result="suppressed" classname="FleetTest"/>
  <testcase name="Ends" status="run" result="completed" classname="FleetTest"/>
</testsuite></testsuites>"""
TESTS = {"fleet": "fleet_test", "tidy": "python3", "crashed": "crashed_test", "later": "later_test"}


class Totals(unittest.TestCase):
    def test_lists_what_was_skipped_and_counts(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            build = Path(folder)
            (build / "results").mkdir()
            (build / "results/ctest.xml").write_text(CTEST)
            (build / "results/fleet_test.xml").write_text(GOOGLE_TEST)
            listing = {"tests": [{"name": name, "command": [f"/bin/{program}"]} for name, program in TESTS.items()]}
            (build / "ctest").write_text(f"#!/bin/sh\necho '{json.dumps(listing)}'\n")
            (build / "ctest").chmod(0o755)
            with mock.patch.dict("os.environ", PATH=f"{build}:/usr/bin:/bin"):
                ran = subprocess.run([sys.executable, TOTALS, build], check=True, capture_output=True, text=True)
        self.assertEqual(ran.stdout.splitlines(), [
            "skipped: FleetTest.Serves: haproxy is not installed: install it",
            "skipped: FleetTest.DISABLED_Node: runs only as a child process of another test",
            "skipped: later: SKIP_RETURN_CODE=4",
            "2 passed, 1 failed, 3 skipped",
        ])


if __name__ == "__main__":
    unittest.main()
