"""check_catalog.py PAGE CATALOG [--write]   compares the reference with what tests/docs/catalog.sql printed, both ways.

Each block of the catalog stands on the page, between its marks, to the letter (--write puts it there), followed by
prose; each argument, column, setting and value has a row in a table that says what it means; and the page has no other.
"""

import json
import re
import sys
from pathlib import Path

from page import read

BLOCK = re.compile(r"<!-- catalog: (.*?) -->\n.*?<!-- /catalog -->", re.DOTALL)
KINDS = ("argument", "column", "setting", "event trigger", "found by")
LEAST_WORDS = 8


def fenced(name, text):
    return f"<!-- catalog: {name} -->\n\n```text\n{text}\n```\n\n<!-- /catalog -->"


def wrong_blocks(source, blocks):
    marked = BLOCK.findall(source)
    yield from (f"the catalog has {name}, the page has not" for name in blocks if name not in marked)
    yield from (f"the page has {name}, the catalog has not" for name in marked if name not in blocks)
    for found in BLOCK.finditer(source):
        name = found[1]
        if name in blocks and found[0] != fenced(name, blocks[name]):
            yield f"{name} is in the catalog:\n{blocks[name]}\nand on the page:\n{found[0]}"


def wrong_parts(page, parts):
    told = {(row.object, row.header, name) for row in page.rows if row.header in KINDS for name in row.names}
    yield from (f"not explained: {' / '.join(part)}" for part in sorted(parts - told))
    yield from (f"explained, but not in the catalog: {' / '.join(part)}" for part in sorted(told - parts))
    for row in page.rows:
        if row.header in KINDS and not row.prose.strip():
            yield f"line {row.line + 1}: {row.names} is not explained"


def without_prose(page, blocks):
    for name in blocks:
        if page.prose.get(name, 0) < LEAST_WORDS:
            yield f"nothing is said about {name}"


def main():
    path = Path(sys.argv[1])
    lines = [json.loads(line) for line in Path(sys.argv[2]).read_text().splitlines() if line]
    blocks = {line["block"]: line["text"] for line in lines if "block" in line}
    parts = {(line["object"], line["kind"], line["name"]) for line in lines if "kind" in line}
    assert blocks and parts, "the catalog says nothing"
    source = path.read_text()
    if sys.argv[3:] == ["--write"]:
        source = BLOCK.sub(lambda found: fenced(found[1], blocks[found[1]]) if found[1] in blocks else found[0], source)
        path.write_text(source)
    page = read(path)
    wrong = [*wrong_blocks(source, blocks), *wrong_parts(page, parts), *without_prose(page, blocks)]
    print("\n".join(wrong) or f"{len(blocks)} blocks, {len(parts)} parts")
    sys.exit(bool(wrong))


main()
