"""tools/tidy reports each kind of offence with its file and line, and nothing on a clean tree."""
from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

TIDY = Path(__file__).with_name("tidy")

# A tree without an offence, to which each test adds one.
CLEAN = {
    ".clang-format": "BasedOnStyle: Google\nColumnLimit: 100\n",
    "README.md": "Rates are in `models/rates.csv`.\n",
    "models/rates.csv": "timestamp,m0\n0,1\n",
    "src/CMakeLists.txt": "starling_room(all)\n",
    "src/base/rng.h": "// Random numbers.\n#pragma once\n",
    "src/base/rng.cc": '#include "base/rng.h"\n',
    "src/control/node.h": '// A node.\n#pragma once\n\n#include "base/rng.h"\n',
    "src/control/node_test.cc": '#include "control/node.h"\n',
    "third_party/duckdb.h": "/* Not ours. */\t\n",
}


class Tidy(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        subprocess.run(["git", "init", "-q"], cwd=self.root, check=True)
        for file, text in CLEAN.items():
            self.write(file, text)

    def write(self, file: str, text: str) -> None:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run_tidy(self) -> tuple[int, list[str]]:
        ran = subprocess.run([sys.executable, TIDY, self.root], capture_output=True, text=True)
        return ran.returncode, ran.stdout.splitlines()

    def expect_only(self, file: str, line: int, words: str) -> None:
        code, report = self.run_tidy()
        self.assertEqual(code, 1, report)
        self.assertEqual(len(report), 1, report)
        self.assertTrue(report[0].startswith(f"{file}:{line}: "), report[0])
        self.assertIn(words, report[0])

    def expect_clean(self) -> None:
        code, report = self.run_tidy()
        self.assertEqual((code, len(report)), (0, 1), report)

    def test_passes_a_clean_tree(self) -> None:
        self.expect_clean()

    def test_backward_include(self) -> None:
        self.write("src/base/rng.cc", '#include "base/rng.h"\n\n#include "control/node.h"\n')
        self.expect_only("src/base/rng.cc", 3, "room base must not include control/node.h")

    def test_sideways_include(self) -> None:
        self.write("src/sim/world.h", "// The world.\n#pragma once\n")
        self.write("src/sim/world.cc", '#include "sim/world.h"\n')
        self.write("src/gateway/slots.cc", '// Slots.\n#include "sim/world.h"\n')
        self.expect_only("src/gateway/slots.cc", 2, "sim is a sibling")

    def test_unknown_room(self) -> None:
        self.write("src/utils/all.cc", '// All.\n#include "base/rng.h"\n')
        self.expect_only("src/utils/all.cc", 2, "src/utils is no room")

    def test_one_executable_includes_another(self) -> None:
        self.write("src/apps/agent/node.h", "// The agent.\n#pragma once\n")
        self.write("src/apps/cli/main.cc", '// The front.\n\n#include "apps/agent/node.h"\n')
        self.expect_only("src/apps/cli/main.cc", 3, "apps/cli must not include apps/agent/node.h")

    def test_the_shared_headers_of_the_agent_are_allowed(self) -> None:
        self.write("src/apps/agent/config.h", "// The configuration.\n#pragma once\n")
        self.write("src/apps/cli/up.h", '// Up.\n#pragma once\n\n#include "apps/agent/config.h"\n')
        self.write("src/apps/lab/demo.cc", '// Demo.\n#include "apps/cli/up.h"\n')
        self.expect_clean()

    def test_heavy_library_out_of_its_place(self) -> None:
        for header in ("torch/torch.h", "ATen/ATen.h", "duckdb.h", "nats/nats.h", "httplib.h"):
            with self.subTest(header):
                self.write("src/control/agent.cc", f"// The agent.\n#include <{header}>\n")
                self.expect_only("src/control/agent.cc", 2, "stays behind")

    def test_heavy_library_in_its_place(self) -> None:
        places = {"forecast/net": "ATen/ATen.h", "sql": "duckdb.h", "transport": "nats/nats.h", "api": "httplib.h"}
        for place, header in places.items():
            self.write(f"src/{place}/use.cc", f"// Uses it.\n#include <{header}>\n")
        self.expect_clean()

    def test_long_file(self) -> None:
        self.write("web/app.ts", "let x = 0;\n" * 401)
        self.expect_only("web/app.ts", 401, "401 lines")

    def test_formatting_that_cannot_be_checked(self) -> None:
        with tempfile.TemporaryDirectory() as programs:
            (Path(programs) / "git").symlink_to(shutil.which("git"))
            with mock.patch.dict("os.environ", PATH=programs):
                self.expect_only(".clang-format", 1, "clang-format is not installed")

    def test_unformatted_code(self) -> None:
        self.write("src/base/units.cc", "// Units.\nint a = 1;\nint  b=2;\nint  c=3;\n")
        self.expect_only("src/base/units.cc", 3, "not formatted")

    def test_unreferenced_header(self) -> None:
        self.write("src/base/units.h", "// Units.\n#pragma once\n")
        self.expect_only("src/base/units.h", 1, "no file includes")

    def test_unreferenced_data(self) -> None:
        self.write("models/old-rates.csv", "timestamp,m0\n")
        self.expect_only("models/old-rates.csv", 1, "names this file")

    def test_source_that_nothing_builds(self) -> None:
        self.write("bench/CMakeLists.txt", "add_executable(a_bench a_bench.cc)  # not b_bench.cc\n")
        self.write("bench/a_bench.cc", "// A.\n")
        self.write("bench/b_bench.cc", "// B.\n")
        self.expect_only("bench/b_bench.cc", 1, "builds this file")

    def test_ways_to_build_a_source(self) -> None:
        self.write("CMakeLists.txt", "add_executable(a a.cc ${CMAKE_SOURCE_DIR}/tests/c.cc)\n")
        self.write("tests/CMakeLists.txt", "file(GLOB s CONFIGURE_DEPENDS *.cc net/*.cc)\nfile(GLOB t *_test.cc)\n")
        self.write("fuzz/CMakeLists.txt", "add_executable(${name}_fuzz ${name}_fuzz.cc)\nstarling_fuzz(units base)\n")
        for file in ("a.cc", "tests/c.cc", "tests/net/d.cc", "tests/d_test.cc", "fuzz/units_fuzz.cc"):
            self.write(file, "// It.\n")
        self.expect_clean()
        for file in ("tests/net/d_test.cc", "tests/far/e.cc", "fuzz/other_fuzz.cc"):
            with self.subTest(file):
                self.write(file, "// It.\n")
                self.expect_only(file, 1, "builds this file")
                (self.root / file).unlink()

    def test_tool_that_nothing_runs(self) -> None:
        self.write("Makefile", "all:\n\ttools/count && tools/sum.py && tools/adder\n")
        self.write("tools/count", "#!/bin/sh\n")
        self.write("tools/sum.py", "print(1)\n")
        self.expect_clean()
        self.write("tools/add", "#!/bin/sh\n# tools/add adds\n")
        self.expect_only("tools/add", 1, "nothing in the repository runs tools/add")

    def test_placeholder_in_a_document(self) -> None:
        self.write("README.md", "`models/rates.csv`\n\nTABLE_OF_RATES\n")
        self.expect_only("README.md", 3, "TABLE_OF_RATES: a placeholder")
        self.write("README.md", "`models/rates.csv`, see\nHTTP or STARLING_FLEET.\n\nHTTP\n")
        self.expect_clean()

    def test_a_pattern_names_a_folder_of_data(self) -> None:
        self.write("tests/faults/crash.yaml", "kind: Faults\n")
        self.write("README.md", "`models/rates.csv`; faults are in tests/faults/*.yaml.\n")
        self.expect_clean()

    def test_stray_marks(self) -> None:
        offences = {
            "// TO" "DO later": "drop it",
            "int a = 1;  // FIX" "ME": "drop it",
            "// A\ttab": "tab",
            "// Blank ": "blank at the end",
            "// return a;": "code in a comment",
            "// if (a > b) {": "code in a comment",
            "// node.stop(now);": "code in a comment",
            '// #include "base/rng.h"': "code in a comment",
        }
        for line, words in offences.items():
            with self.subTest(line):
                self.write("web/app.ts", f"let x = 0;\n{line}\n")
                self.expect_only("web/app.ts", 2, words)

    def test_prose_is_no_code(self) -> None:
        self.write("web/app.ts", "// It waits (a second); then\n// it returns;\n// for two nodes, see below.\n")
        self.expect_clean()

    def test_missing_newline_at_the_end(self) -> None:
        self.write("docs.txt", "one\ntwo")
        self.expect_only("docs.txt", 2, "no newline")

    def test_missing_leading_comment(self) -> None:
        self.write("src/base/units.cc", "int a = 1;\n")
        self.expect_only("src/base/units.cc", 1, "comment")

    def test_ignored_and_deleted_files_are_not_read(self) -> None:
        self.write(".gitignore", "/build/\n")
        self.write("build/made.cc", "int  a ;\t\n")
        self.write("src/base/gone.cc", "int a ;\n")
        subprocess.run(["git", "add", "src"], cwd=self.root, check=True)
        (self.root / "src/base/gone.cc").unlink()
        self.expect_clean()

    def test_says_that_it_needs_git(self) -> None:
        shutil.rmtree(self.root / ".git")
        self.assertEqual(self.run_tidy()[0], 2)


if __name__ == "__main__":
    unittest.main()
