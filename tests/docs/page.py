"""A page of the documentation, as its checks need it: headings, links, fences, tables, and marks in comments.

Marks, which a reader does not see:
    <!-- catalog: NAME --> ... <!-- /catalog -->   between them stands what tests/docs/catalog.sql says
    <!-- not run: REASON -->                       the next fence cannot be run here; it is parsed all the same
    <!-- run SQL -->                               runs unseen, for what the examples after it need
    <!-- error -->                                 the next fence shows an error, which the text before it does not say

An error that nobody expected must not pass for an answer: a fence that shows one stands below a paragraph that says so.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt

PARSER = MarkdownIt("commonmark").enable("table")
COMMENT = re.compile(r"<!--\s*(.*?)\s*-->", re.DOTALL)
MARK = re.compile(r"catalog: \S|/catalog$|not run: \S|run\s+\S|error$")
SHOWS_ERROR = re.compile(r"^\s*(?:psql:.*: )?(?:ERROR|FATAL|PANIC): ", re.M)
SAYS_ERROR = re.compile(r"\b(?:fail|error|refus)", re.I)


@dataclass
class Fence:
    line: int  # of the opening fence, from 0
    end: int  # the line after the closing one
    info: str
    text: str
    not_run: str = ""
    says_error: bool = False  # the paragraph just before it does, or a mark


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
    wrong_marks: list = field(default_factory=list)  # (line, what is wrong)


def pages_of(path):
    """The pages that a path names: itself, or a folder's README and the others in the order of its links."""
    if not path.is_dir():
        return [read(path)]
    index = read(path / "README.md")
    listed = list(dict.fromkeys(link for _, link in index.links if re.fullmatch(r"[\w-]+\.md", link)))
    there = sorted(page.name for page in path.glob("*.md"))
    assert sorted([index.path.name, *listed]) == there, f"{index.path} lists {listed}, in the folder are {there}"
    return [index, *(read(path / name) for name in listed)]


def slug(heading):
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def plain(inline):
    return "".join(child.content for child in inline.children if child.type in ("text", "code_inline", "softbreak"))


def codes(inline):
    return [child.content for child in inline.children if child.type == "code_inline"]


def is_unannounced(fence, text):
    """Whether this text, as a fence's, shows an error that the page does not speak of."""
    return bool(SHOWS_ERROR.search(text)) and not fence.says_error


@cache
def read(path):
    page = Page(path)
    tokens = PARSER.parse(path.read_text())
    object_, said, seen, marks = "", "", {}, {}
    for at, token in enumerate(tokens):
        line = token.map[0] if token.map else 0
        if token.type in ("heading_open", "paragraph_open", "table_open"):
            said = ""
            lose(page, marks)
        if token.type == "heading_open":
            object_ = ""
            anchor = slug(plain(tokens[at + 1]))
            seen[anchor] = seen.get(anchor, -1) + 1
            page.anchors.add(anchor if seen[anchor] == 0 else f"{anchor}-{seen[anchor]}")
        elif token.type == "fence":
            says_error = bool(SAYS_ERROR.search(said)) or "error" in marks
            not_run = marks.get("not run", (line, ""))[1]
            page.steps.append(Fence(line, token.map[1], token.info.strip(), token.content, not_run, says_error))
            page.code.append((line, token.content))
            said, marks = "", {}
        elif token.type == "html_block":
            page.links += [(line, link) for link in re.findall(r'(?:src|href)="([^"]*)"', token.content)]
            for mark in COMMENT.findall(token.content):
                verb, rest = [*mark.split(None, 1), ""][:2]
                if not MARK.match(mark):
                    page.wrong_marks.append((line, f"there is no such mark: {mark}"))
                elif verb == "catalog:":
                    object_ = rest
                    page.prose[object_] = 0
                elif verb == "run":
                    page.steps.append(Fence(line, line, "hidden", rest))
                elif verb == "error":
                    marks["error"] = line, ""
                elif verb == "not":
                    marks["not run"] = line, mark.removeprefix("not run:").strip()
        elif token.type == "inline":
            if tokens[at - 1].type == "paragraph_open":
                said = plain(token)
            read_inline(page, tokens[at - 1].type, token, object_)
        elif token.type == "tr_open" and tokens[at - 1].type != "thead_open":
            page.rows.append(row(tokens, at, object_))
    lose(page, marks)
    return page


def lose(page, marks):
    """Marks for a fence that does not follow: it would be taken for another one's, or for none."""
    page.wrong_marks += [(line, f"no fence follows: {mark}") for mark, (line, _) in marks.items()]
    marks.clear()


def read_inline(page, kind, inline, object_):
    line = inline.map[0] if inline.map else 0
    for child in inline.children:
        if child.type == "link_open":
            page.links.append((line, child.attrGet("href")))
        elif child.type == "image":
            page.links.append((line, child.attrGet("src")))
        elif child.type == "code_inline":
            page.code.append((line, child.content))
        elif child.type == "html_inline" and COMMENT.match(child.content):
            page.wrong_marks.append((line, f"a mark stands amid a line: {child.content}"))
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
