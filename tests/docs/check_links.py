"""check_links.py ROOT PAGE...   every relative link of these pages leads to a file that is there, and to a heading of
that page where it names one; every `make` target that a page mentions is one.
"""

import re
import subprocess
import sys
from pathlib import Path

from page import read

MAKE = re.compile(r"^\s*(?:\$ )?make ([a-z][a-z-]*)", re.M)


def wrong_links(page):
    for line, link in page.links:
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.path.parent / name if name else page.path).resolve()
        where = f"{page.path}:{line + 1}: {link}"
        if not target.exists():
            yield f"{where}: there is no such file"
        elif anchor and anchor not in read(target).anchors:
            yield f"{where}: there is no such heading"


def wrong_targets(page, targets):
    for line, code in page.code:
        for command in MAKE.findall(code):
            if command not in targets:
                yield f"{page.path}:{line + 1}: make {command}: there is no such target"


def make_targets(root):
    """All that make knows, those too that a pattern makes. It is asked for nothing, so it runs nothing."""
    command = ["make", "--directory", root, "--print-data-base", "--question", "help"]
    known = subprocess.run(command, capture_output=True, text=True).stdout
    return set(re.findall(r"^([a-z][a-z-]*):", known, re.M))


def main():
    root, paths = Path(sys.argv[1]), [Path(path).resolve() for path in sys.argv[2:]]
    targets = make_targets(root)
    pages = [read(path) for path in paths]
    links = sum(len(page.links) for page in pages)
    assert targets and links, "no target, or no link, was found"
    wrong = [problem for page in pages for problem in [*wrong_links(page), *wrong_targets(page, targets)]]
    print("\n".join(wrong) or f"{links} links")
    sys.exit(bool(wrong))


main()
