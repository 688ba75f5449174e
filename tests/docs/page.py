"""A page of the documentation, as its checks need it: headings, links, fences, tables, and marks in comments.

Marks, which a reader does not see:
    <!-- catalog: NAME --> ... <!-- /catalog -->   between them stands what tests/docs/catalog.sql says
    <!-- not run: REASON -->                       the next fence cannot be run here; it is parsed all the same
    <!-- run SQL -->                               runs unseen, for what the examples after it need
"""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt

PARSER = MarkdownIt("commonmark").enable("table")
COMMENT = re.compile(r"<!--\s*(.*?)\s*-->", re.DOTALL)


@dataclass
class Fence:
    line: int  # of the opening fence, from 0
    end: int  # the line after the closing one
    info: str
    text: str
    not_run: str = ""


@dataclass
class Row:
    """A row of a table: which object it stands under, what its first column is called, and its cells."""

    object: str
    header: str
    names: list  # the code spans of the first cell
    second: list  # those of the second
    prose: str  # all text beside the first cell
    line: int


@dataclass
class Page:
    path: Path
    anchors: set = field(default_factory=set)
    links: list = field(default_factory=list)
    steps: list = field(default_factory=list)  # fences, and hidden SQL as fences of the kind "hidden", in order
    rows: list = field(default_factory=list)
    prose: dict = field(default_factory=dict)  # words of paragraphs by catalog mark
    code: list = field(default_factory=list)  # (line, text) of every code span and fence


def slug(heading):
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def plain(inline):
    return "".join(child.content for child in inline.children if child.type in ("text", "code_inline", "softbreak"))


def codes(inline):
    return [child.content for child in inline.children if child.type == "code_inline"]


@cache
def read(path):
    page = Page(path)
    tokens = PARSER.parse(path.read_text())
    object_, not_run, seen = "", "", {}
    for at, token in enumerate(tokens):
        line = token.map[0] if token.map else 0
        if token.type == "heading_open":
            object_ = ""
            anchor = slug(plain(tokens[at + 1]))
            seen[anchor] = seen.get(anchor, -1) + 1
            page.anchors.add(anchor if seen[anchor] == 0 else f"{anchor}-{seen[anchor]}")
        elif token.type == "fence":
            fence = Fence(line, token.map[1], token.info.strip(), token.content, not_run)
            page.steps.append(fence)
            page.code.append((line, token.content))
            not_run = ""
        elif token.type == "html_block":
            page.links += [(line, link) for link in re.findall(r'(?:src|href)="([^"]*)"', token.content)]
            for mark in COMMENT.findall(token.content):
                verb, rest = [*mark.split(None, 1), ""][:2]
                if verb == "catalog:":
                    object_ = rest
                    page.prose[object_] = 0
                elif verb == "run":
                    page.steps.append(Fence(line, line, "hidden", rest))
                elif mark.startswith("not run:"):
                    not_run = mark.removeprefix("not run:").strip()
        elif token.type == "inline":
            read_inline(page, tokens[at - 1].type, token, object_)
        elif token.type == "tr_open" and tokens[at - 1].type != "thead_open":
            page.rows.append(row(tokens, at, object_))
    return page


def read_inline(page, kind, inline, object_):
    line = inline.map[0] if inline.map else 0
    for child in inline.children:
        if child.type == "link_open":
            page.links.append((line, child.attrGet("href")))
        elif child.type == "image":
            page.links.append((line, child.attrGet("src")))
        elif child.type == "code_inline":
            page.code.append((line, child.content))
    if kind == "paragraph_open" and object_:
        page.prose[object_] += len(plain(inline).split())


def row(tokens, at, object_):
    table = max(i for i in range(at) if tokens[i].type == "table_open")
    header = next(token for token in tokens[table:] if token.type == "inline")
    end = next(i for i in range(at, len(tokens)) if tokens[i].type == "tr_close")
    cells = [token for token in tokens[at:end] if token.type == "inline"]
    second = codes(cells[1]) if len(cells) > 1 else []
    prose = " ".join(plain(cell) for cell in cells[1:])
    return Row(object_, plain(header), codes(cells[0]), second, prose, tokens[at].map[0])
