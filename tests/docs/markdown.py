"""What the tests of the documents read in Markdown: blocks of code, headings, links."""
import re
from dataclasses import dataclass, field
from pathlib import Path

SHELL = {"sh", "bash"}
NOTE = re.compile(r"^\s*<!-- (not run|exits (\d+)): (.+) -->$")


@dataclass
class Block:
    line: int  # of its first line, from 1
    kind: str  # "sh", "toml", ...; "" for a bare fence
    lines: list = field(default_factory=list)
    not_run: str = ""  # why
    exit_code: int = 0  # of its last command


def documents(root):
    return [root / "README.md", *sorted((root / "docs").glob("*.md"))]


def blocks(path):
    """Blocks of code. One that is only indented is for the shell; so is one fenced by ```sh."""
    found, block, fence, note, blank = [], None, None, None, True
    for number, line in enumerate(path.read_text().splitlines(), 1):
        text = line.strip()
        if fence is not None:
            if text.startswith("```"):
                fence = None
            else:
                fence.lines.append(line)
        elif text.startswith("```"):
            fence = begin(number + 1, text[3:].strip(), note)
            found.append(fence)
            note = block = None
        elif block is not None and (not text or line.startswith("    ")):
            block.lines.append(line)
            continue
        elif blank and line.startswith("    "):
            block = begin(number, "sh", note, [line])
            found.append(block)
            note = None
        elif text:
            note = NOTE.match(line) or (note if block is None and text.startswith("<!--") else None)
        if text and fence is None and not line.startswith("    "):
            block = None
        blank = not text or note is not None
    for block in found:
        lines = [line for line in block.lines if line.strip()]
        indent = min((len(line) - len(line.lstrip()) for line in lines), default=0)
        block.lines = [line[indent:] for line in block.lines]
    return found


def begin(line, kind, note, lines=()):
    block = Block(line, kind, list(lines))
    if note and note[2]:
        block.exit_code = int(note[2])
    elif note:
        block.not_run = note[3]
    return block


def prose(path):
    """The text without its blocks of code, line by line; an empty line in the place of each line of code."""
    lines, code = [], set()
    for block in blocks(path):
        code.update(range(block.line, block.line + len(block.lines)))
    for number, line in enumerate(path.read_text().splitlines(), 1):
        lines.append("" if number in code else line)
    return lines


def anchors(path):
    """The names that GitHub gives to headings."""
    seen, names = {}, set()
    for line in prose(path):
        heading = re.match(r"#{1,6} (.*)", line)
        if not heading:
            continue
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading[1])
        name = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        count = seen[name] = seen.get(name, -1) + 1
        names.add(name if count == 0 else f"{name}-{count}")
    return names


def links(path):
    """(line, target) of every link to another file or place of this project."""
    for number, line in enumerate(prose(path), 1):
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
            if not re.match(r"[a-z]+:", target):
                yield number, target


def broken_links(path):
    wrong = []
    for line, target in links(path):
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        if not file.exists():
            wrong.append(f"{path.name}:{line}: there is no {name}")
        elif anchor and file.suffix == ".md" and anchor not in anchors(file):
            wrong.append(f"{path.name}:{line}: {file.name} has no heading #{anchor}")
    return wrong
