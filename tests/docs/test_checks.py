"""test_checks.py   pages that are wrong, made here: run_examples.py and check_answers.py say so, and --write leaves
alone what nobody should read for an answer. Runs their SQL on $PGDATABASE.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
STALE = "```\n=# SELECT 1 AS n;\nold\n```\n"
FRESH = "```\n=# SELECT 1 AS n;\n n\n---\n 1\n(1 row)\n```\n"
NOT_RUN = "<!-- not run: it is another server's -->\n\n```\n=# SELECT 1 AS n;\nanother server's answer\n```\n"
ERROR = """```
=# SELECT nothing;
ERROR:  column "nothing" does not exist
LINE 1: SELECT nothing;
               ^
```
"""
OLD_ERROR = "```\n=# SELECT nothing;\nold\n```\n"

# What it is, the page, and what --write makes of it; none: nothing.
WRITTEN = [
    ("a stale answer is replaced", STALE, FRESH),
    ("what is not run stays", NOT_RUN + "\n" + STALE, NOT_RUN + "\n" + FRESH),
    ("an error that the text speaks of is pasted", "It fails:\n\n" + OLD_ERROR, "It fails:\n\n" + ERROR),
    ("an error that a mark speaks of is pasted", "<!-- error -->\n\n" + OLD_ERROR, "<!-- error -->\n\n" + ERROR),
    ("an error that nobody expects is not", "Look:\n\n" + OLD_ERROR + "\n" + STALE, None),
    ("nor what comes beside it", STALE + "\nLook:\n\n" + OLD_ERROR, None),
    ("nor what comes after a hidden statement that fails", "<!-- run SELECT nothing; -->\n\n" + STALE, None),
    ("nor what comes after a statement that fails", "```sql\nSELECT nothing;\n```\n\n" + STALE, None),
    ("nor what stands below a mark that is misspelt", "<!-- not-run: it is another server's -->\n\n" + STALE, None),
    ("nor where a mark has no fence", "<!-- not run: it is another server's -->\n\nText.\n\n" + STALE, None),
    ("nor where a mark stands amid a line", "See: <!-- not run: it is another server's -->\n\n" + STALE, None),
]
# Beside an error that is all right, without which the check finds nothing to look at.
ANNOUNCED = "It fails:\n\n" + ERROR + "\n"
ANSWERS = [
    ("spoken of", "", True),
    ("by a mark", "<!-- error -->\n\n" + ERROR, True),
    ("refused", "Then it is refused:\n\n" + ERROR, True),
    ("not spoken of", "Totals differ, and:\n\n" + ERROR, False),
    ("not spoken of, and not run", "Look:\n\n<!-- not run: it is a dump's -->\n\n" + ERROR, False),
    ("spoken of a heading before", "It fails.\n\n## Then\n\n" + ERROR, False),
    ("spoken of a block before", "It fails:\n\n" + FRESH + "\n" + ERROR, False),
    ("spoken of a paragraph before", "It fails.\n\nThen:\n\n" + ERROR, False),
    ("in a block with a name", "Look:\n\n" + ERROR.replace("```\n=", "```text name\n="), False),
    ("in a log", "The log:\n\n```\nFATAL:  out of memory\n```\n", False),
]


def runs(check, page, *arguments):
    return subprocess.run([sys.executable, HERE / f"{check}.py", page, *arguments], capture_output=True, text=True)


def wrong_writes(page):
    for what, before, after in WRITTEN:
        page.write_text(before)
        done = runs("run_examples", page, "--write")
        if page.read_text() != (after or before):
            yield f"--write: {what}, but it wrote\n{page.read_text()}"
        if done.returncode != 1:
            yield f"--write: {what}, but it said nothing of it: {done.stdout}{done.stderr}"
        if after and (again := runs("run_examples", page)).returncode != 0:
            yield f"--write: {what}, but what it wrote is wrong: {again.stdout}{again.stderr}"


def wrong_answers(page):
    for what, text, is_right in ANSWERS:
        page.write_text(ANNOUNCED + text)
        done = runs("check_answers", page)
        if done.returncode != (0 if is_right else 1) or done.stderr:
            yield f"an error {what}: {done.stdout}{done.stderr}"


def wrong_folders(folder):
    """Pages run in the order in which README lists them, the second with what the first has made; none is left out."""
    (folder / "README.md").write_text("[Z](z.md), [a](a.md)\n")
    (folder / "z.md").write_text("```sql\nCREATE TABLE z ();\n```\n")
    (folder / "a.md").write_text("```sql\nDROP TABLE z;\n```\n")
    if (done := runs("run_examples", folder)).returncode != 0:
        yield f"a folder, in order: {done.stdout}{done.stderr}"
    (folder / "README.md").write_text("[Z](z.md)\n")
    if runs("run_examples", folder).returncode == 0:
        yield "a folder: a page that README does not list is left out in silence"


def main():
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.md"
        wrong = [*wrong_writes(page), *wrong_answers(page)]
        page.unlink()
        wrong += wrong_folders(page.parent)
    print("\n".join(wrong) or f"{len(WRITTEN) + len(ANSWERS)} pages")
    sys.exit(bool(wrong))


main()
