"""check_catalog.py FOLDER CATALOG [--write]   compares the reference with what catalog.sql printed, both ways.

Each block of the catalog stands on a page, between its marks, to the letter (--write puts it there), followed by
prose; each argument, column, setting and value has a row in a table that says what it means; and there is no other.
"""

import json
import re
import sys
from pathlib import Path

from page import pages_of

BLOCK = re.compile(r"<!-- catalog: (.*?) -->\n.*?<!-- /catalog -->", re.DOTALL)
KINDS = ("argument", "column", "setting", "event trigger", "found by")
LEAST_WORDS = 8


def fenced(name, text):
    return f"<!-- catalog: {name} -->\n\n```text\n{text}\n```\n\n<!-- /catalog -->"


def written(text, blocks):
    """The page with the catalog's blocks; one that the catalog has not is left, to be found wrong."""
    return BLOCK.sub(lambda found: fenced(found[1], blocks[found[1]]) if found[1] in blocks else found[0], text)


def wrong_blocks(text, blocks):
    marked = BLOCK.findall(text)
    yield from (f"the catalog has {name}, no page has" for name in blocks if name not in marked)
    yield from (f"a page has {name}, the catalog has not" for name in marked if name not in blocks)
    yield from (f"{name} stands there twice" for name in blocks if marked.count(name) > 1)
    for found in BLOCK.finditer(text):
        name = found[1]
        if name in blocks and found[0] != fenced(name, blocks[name]):
            yield f"{name} is in the catalog:\n{blocks[name]}\nand on the page:\n{found[0]}"


def wrong_parts(pages, parts):
    rows = [(page, row) for page in pages for row in page.rows if row.header in KINDS]
    told = {(row.object, row.header, name) for _, row in rows for name in row.names}
    yield from (f"not explained: {' / '.join(part)}" for part in sorted(parts - told))
    yield from (f"explained, but not in the catalog: {' / '.join(part)}" for part in sorted(told - parts))
    for page, row in rows:
        if not row.prose.strip():
            yield f"{page.path.name}, line {row.line + 1}: {row.names} is not explained"


def without_prose(pages, blocks):
    for name in blocks:
        if max(page.prose.get(name, 0) for page in pages) < LEAST_WORDS:
            yield f"nothing is said about {name}"


def main():
    folder = Path(sys.argv[1])
    lines = [json.loads(line) for line in Path(sys.argv[2]).read_text().splitlines() if line]
    blocks = {line["block"]: line["text"] for line in lines if "block" in line}
    parts = {(line["object"], line["kind"], line["name"]) for line in lines if "kind" in line}
    assert blocks and parts, "the catalog says nothing"
    if sys.argv[3:] == ["--write"]:
        for path in folder.glob("*.md"):
            path.write_text(written(path.read_text(), blocks))
    pages = pages_of(folder)
    text = "\n".join(page.path.read_text() for page in pages)
    wrong = [*wrong_blocks(text, blocks), *wrong_parts(pages, parts), *without_prose(pages, blocks)]
    print("\n".join(wrong) or f"{len(blocks)} blocks, {len(parts)} parts, {len(pages)} pages")
    sys.exit(bool(wrong))


main()
