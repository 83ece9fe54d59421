#!/usr/bin/env python3
"""Holds the documents against the program.

  check_docs.py links ROOT                       every relative link and anchor leads somewhere
  check_docs.py covers ROOT WEIR                 every command, reason of a drop, flag of goflow2 stands where it must
  check_docs.py commands WEIR SAMPLES FILE...    runs every command of these documents in a sandbox
  check_docs.py help WEIR SAMPLES                runs the examples of every --help there

A block of code that is only indented, or fenced by ```sh, is for the shell and is run, line by line; ```toml is given to
weir as its configuration file; other fences are not commands, and a bare one must not look as if it were. Before a block may stand

  <!-- not run: REASON -->     commands of weir in it are only tried (exit code 2 fails), others are not run
  <!-- exits N: REASON -->     its last command ends with this exit code, not 0
"""
import re
import shutil
import subprocess
import sys
from pathlib import Path

import markdown
import sandbox
import terminal

OF_WEIR = re.compile(r"(sudo )?(weir|goquery|goflow2)\s")


def check_links(root):
    return [wrong for path in markdown.documents(Path(root)) for wrong in markdown.broken_links(path)]


def subcommands(weir, *parents):
    """Every command, `db check` and its like included, with its help."""
    text = subprocess.run([weir, *parents, "--help"], capture_output=True, text=True, check=True).stdout
    yield " ".join(parents), text
    section = re.search(r"^Subcommands:\n((?:  .*\n)+)", text, re.M)
    for name in re.findall(r"^  ([a-z]\S*)", section[1], re.M) if section else []:
        yield from subcommands(weir, *parents, name)


def sources(root):
    """Text of the program's own code, by its file."""
    for path in sorted(Path(root).glob("*/**/*.cc")):
        if path.relative_to(root).parts[0] not in ("bench", "build", "fuzz", "tests"):
            yield path, path.read_text()


def drop_reasons(root):
    """The names that reason_name() gives, of every kind of account, by the file that has them."""
    for path, text in sources(root):
        for body in re.findall(r"reason_name\(\S+ \w+\) \{\n(.*?)\n\}", text, re.S):
            for name in re.findall(r'return "([a-z_]+)"', body):
                yield path, name


def goflow2_flags(weir):
    """Every flag that weir takes under the name of goflow2."""
    help_text = subprocess.run(["goflow2", "-help"], executable=weir, capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"(?<=\s)-[a-z][\w.-]*", help_text.partition("Example:")[0]))


def check_replacing(page, weir):
    """docs/replacing.md has a word for every flag of the programs that it speaks of, where these are installed."""
    for flag in sorted(goflow2_flags(weir)):
        if not re.search(rf"`{re.escape(flag)}[` ]", page):
            yield f"docs/replacing.md does not tell what becomes of goflow2's {flag}"
    for program in ("nfcapd", "nfdump", "softflowd"):
        if not shutil.which(program):
            continue
        said = subprocess.run([program, "-h"], capture_output=True, text=True)
        section = re.search(rf"^## {program}\n(.*?)^## ", page, re.M | re.S)[1]
        for flag in sorted(set(re.findall(r"^\s*(-\w)\b", said.stdout + said.stderr, re.M))):
            if flag not in ("-h", "-V") and not re.search(rf"`{flag}[` ]", section):
                yield f"docs/replacing.md does not tell what becomes of {program} {flag}"


def check_covers(root, weir):
    docs, wrong = Path(root) / "docs", []
    everything = "\n".join(path.read_text() for path in markdown.documents(Path(root)))
    ledger, index = (docs / "ledger.md").read_text(), (docs / "README.md").read_text()
    for name, _ in subcommands(weir):
        if name and not re.search(rf"\bweir {name}\b", everything):
            wrong.append(f"no document tells of weir {name}")
    reasons = list(drop_reasons(root))
    if len(reasons) < 30:
        wrong.append(f"only {len(reasons)} reasons found in the code: this test looks for them in the wrong way")
    for source, name in reasons:
        if name not in ("unknown", "none") and f"`{name}`" not in ledger:
            wrong.append(f"docs/ledger.md does not tell what `{name}` means ({source.relative_to(root)})")
    metrics = set(re.findall(r'"(weir_[a-z_]+)', "".join(text for _, text in sources(root))))
    for name in sorted(set(re.findall(r"\bweir_[a-z_]*[a-z]\b", everything)) - metrics):
        wrong.append(f"a document speaks of {name}, which is no metric")
    wrong.extend(check_replacing((docs / "replacing.md").read_text(), weir))
    for path in docs.glob("*.md"):
        if path.name != "README.md" and f"]({path.name})" not in index:
            wrong.append(f"docs/README.md does not list {path.name}")
    return wrong


def run_block(shell, path, block):
    if block.kind == "toml":
        Path("/root/weir.toml").write_text("\n".join(block.lines) + "\n")
        if "[collect]" in block.lines:
            shell.run(f"{path.name}:{block.line}", "weir collect --config /root/weir.toml")
        return
    if block.kind not in markdown.SHELL:
        for number, line in enumerate(block.lines):
            if OF_WEIR.match(line) and not block.kind:
                shell.wrong.append(f"{path.name}:{block.line + number}: ```sh or ```text must stand before: {line}")
        return
    found = list(terminal.statements(block.lines)) if not block.not_run else whole_lines(block.lines)
    for at, (begin, text) in enumerate(found):
        place = f"{path.name}:{block.line + begin}"
        if block.not_run:
            if OF_WEIR.match(text):
                shell.run(place, text, None)
        elif not shell.run(place, text, block.exit_code if at + 1 == len(found) else 0):
            break  # what follows would miss what this was to make


def whole_lines(lines):
    """(number, text), with what a backslash continues."""
    found, pending = [], ""
    for number, line in enumerate(lines):
        pending += line
        if pending.endswith("\\"):
            pending = pending[:-1]
        else:
            found.append((number, pending))
            pending = ""
    return found


def check_commands(weir, samples, files):
    texts = [(Path(name), markdown.blocks(Path(name))) for name in files]
    if any(block.kind in markdown.SHELL or block.kind == "toml" for _, found in texts for block in found):
        sandbox.build(weir, samples)
    shell = terminal.Terminal()
    for path, found in texts:
        for block in found:
            try:
                run_block(shell, path, block)
            except ValueError as error:
                shell.wrong.append(f"{path.name}:{block.line}: {error}")
    shell.close()
    print(f"{shell.count} commands run")
    return shell.wrong


def check_help(weir, samples):
    sandbox.build(weir, samples)
    shell = terminal.Terminal()
    for name, text in subcommands("weir"):
        for command in terminal.commands_of_help(text):
            shell.run(f"weir {name} --help", command, None)
    shell.close()
    print(f"{shell.count} commands run")
    return shell.wrong if shell.count > 30 else [*shell.wrong, "too few examples were found"]


def main(arguments):
    kind, *rest = arguments[1:]
    if kind == "links":
        wrong = check_links(*rest)
    elif kind == "covers":
        wrong = check_covers(*rest)
    elif "--inside" not in rest:
        sandbox.enter([*arguments, "--inside"])
    else:
        weir, samples, *files = rest[:-1]
        wrong = check_commands(weir, samples, files) if kind == "commands" else check_help(weir, samples)
    for text in wrong:
        print(text)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
