#!/usr/bin/env python3
"""Tests of the tests of the documents: that they see what is there, and fail where they must.

  self_test.py WEIR SAMPLES"""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import markdown
import sandbox
import terminal

WEIR, SAMPLES = sys.argv[1:3]

PAGE = """# A page

Text.

    weir list
    weir query \\
      sip

1. An item

       weir status

   <!-- not run: another program -->

       docker run weir

<!-- exits 1: nothing is there -->
```sh
weir db check -d /nowhere
```

```toml
[collect]
```

## A `second` (heading)

[here](#a-second-heading), [not here](#third), [nor there](other.md), `[no link](nowhere.md)`, [far](https://example.com/)
"""

WRONG = """# Commands that must be found wrong

    weir lsit
    weir query --no-such-option sip
    weir list -d /nowhere
    echo fine
    no-such-program

<!-- exits 1: it does not -->
    weir list

<!-- not run: only tried -->
    no-such-program
    weir collect --no-such-option

```
weir list
```

```toml
[collect]
lisetn = ["udp://[::]:2055"]
```
"""
WRONG_LINES = [3, 4, 5, 7, 10, 14, 17, 21]


def page(text):
    directory = tempfile.TemporaryDirectory(prefix="weir-docs-")
    path = Path(directory.name) / "page.md"
    path.write_text(text)
    return directory, path


class Markdown(unittest.TestCase):
    def setUp(self):
        self.directory, self.path = page(PAGE)
        self.addCleanup(self.directory.cleanup)

    def test_blocks(self):
        found = [(b.line, b.kind, b.lines[0], b.not_run, b.exit_code) for b in markdown.blocks(self.path)]
        self.assertEqual(found, [
            (5, "sh", "weir list", "", 0),
            (11, "sh", "weir status", "", 0),
            (15, "sh", "docker run weir", "another program", 0),
            (19, "sh", "weir db check -d /nowhere", "", 1),
            (23, "toml", "[collect]", "", 0),
        ])

    def test_links(self):
        self.assertEqual(markdown.anchors(self.path), {"a-page", "a-second-heading"})
        self.assertEqual(markdown.broken_links(self.path), [
            "page.md:28: page.md has no heading #third", "page.md:28: there is no other.md"])


class Statements(unittest.TestCase):
    def test_whole_commands(self):
        lines = ["# comment", "weir query \\", "  sip", "", "for i in 1 2; do", "  echo $i", "done", "cat <<EOT", "x", "EOT"]
        self.assertEqual([begin for begin, _ in terminal.statements(lines)], [1, 4, 7])
        with self.assertRaises(ValueError):
            list(terminal.statements(["echo 'open"]))

    def test_examples_of_help(self):
        text = "Usage\n\nExamples:\n  weir list      all\n  weir collect --to a \\\n    --to b   both\n\nMore\n"
        self.assertEqual(terminal.commands_of_help(text), ["weir list", "weir collect --to a --to b"])

    def test_what_stays(self):
        for text in ("weir collect", "sudo weir export -i eth0", "A=b weir collect", "weir collect | jq .", "./goflow2 -x"):
            self.assertTrue(terminal.STAYS.search(text), text)
        for text in ("weir query sip", "ln -s weir goflow2", "man weir collect"):
            self.assertFalse(terminal.STAYS.search(text), text)


class Commands(unittest.TestCase):
    def test_wrong_ones_are_found(self):
        directory, path = page(WRONG)
        with directory:
            checker = Path(__file__).with_name("check_docs.py")
            done = subprocess.run([sys.executable, "-B", checker, "commands", WEIR, SAMPLES, path],
                                  capture_output=True, text=True)
        if done.returncode == sandbox.SKIPPED:
            self.skipTest(done.stdout)
        found = [line.split(":")[1] for line in done.stdout.splitlines() if line.startswith("page.md:")]
        self.assertEqual(found, [str(line) for line in WRONG_LINES], done.stdout)
        self.assertEqual(done.returncode, 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
