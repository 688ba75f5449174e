"""run_examples.py PAGE [--write]   runs a page's SQL in order, each fence in a session of its own, by psql on
$PGDATABASE. Of a folder, that of all its pages, in the order in which its README lists them.

- ```sql has to end without an error.
- a transcript (its first line begins with "=# ") has to print what it shows; --write pastes what it printed.
- what cannot be run is parsed: as the body of a PL/pgSQL block, where no line of it is reached. --write leaves it.

Where something else is wrong (a statement fails, a mark is misspelt, an answer is an error that the text does not speak
of), the database may not be what the page is about: --write then pastes nothing.
"""

import re
import subprocess
import sys
from pathlib import Path

from page import is_unannounced, pages_of

PSQL = ["psql", "-X", "-q", "-P", "pager=off"]
PROMPT = re.compile(r"^=[#>] ")
BETWEEN = "--- the next statement ---"


def psql(sql, *arguments):
    done = subprocess.run([*PSQL, *arguments], input=sql, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def run(sql):
    status, output = psql(sql, "-v", "ON_ERROR_STOP=1")
    return output if status else ""


def parse(sql):
    return run(f"DO $parse$ BEGIN IF false THEN\n{sql.rstrip().rstrip(';')};\nEND IF; END $parse$;")


def statements(transcript):
    """The statements of a transcript, each as the lines in which it stands."""
    found = []
    for line in transcript.splitlines():
        if PROMPT.match(line):
            found.append([line])
        elif line.startswith(("-# ", "-> ")) and found:
            found[-1].append(line)
    return found


def sql_of(lines):
    """A statement without its prompts."""
    return "\n".join(line[3:] for line in lines)


def transcript(fence):
    """What psql answers, in the form of the page."""
    asked = statements(fence.text)
    sql = "".join(f"{sql_of(lines)}\n\\echo {BETWEEN}\n" for lines in asked)
    _, output = psql("\\set QUIET off\n" + sql)
    output = re.sub(r"\d+\.\d s elapsed", "0.0 s elapsed", output)
    answers = output.split(BETWEEN)[:-1]
    shown = []
    for lines, answer in zip(asked, answers, strict=True):
        shown.append("\n".join(lines + [line.rstrip() for line in answer.strip("\n").splitlines()]))
    return "\n\n".join(shown) + "\n"


def examine(fence):
    """What is wrong with a fence, and what it should show instead."""
    is_transcript = bool(PROMPT.match(fence.text))
    if fence.not_run:
        return parse("\n".join(map(sql_of, statements(fence.text))) if is_transcript else fence.text), None
    if not is_transcript:
        return run(fence.text) if fence.info in ("sql", "hidden") else "", None
    shown = transcript(fence)
    if is_unannounced(fence, shown):
        return f"the text does not say that it fails:\n{shown}", None
    return "", shown if shown != fence.text else None


def write(page, changed):
    lines = page.path.read_text().splitlines()
    for fence, shown in reversed(changed):
        lines[fence.line + 1 : fence.end - 1] = shown.splitlines()
    page.path.write_text("\n".join(lines) + "\n")


def run_page(page, counts):
    """What is wrong with a page, and its fences that should show something else."""
    wrong = [f"{page.path.name}, line {line + 1}: {what}" for line, what in page.wrong_marks]
    changed = []
    for fence in page.steps:
        if fence.info not in ("sql", "hidden") and not PROMPT.match(fence.text):
            continue
        where = f"{page.path.name}, line {fence.line + 1}"
        counts["parsed" if fence.not_run else "run"] += 1
        problem, shown = examine(fence)
        if fence.not_run:
            print(f"only parsed: {where}: {fence.not_run}")
        if problem:
            wrong.append(f"{where}: {problem}")
        if shown:
            changed.append((fence, shown))
    return wrong, changed


def main():
    counts = {"run": 0, "parsed": 0}
    done = [(page, *run_page(page, counts)) for page in pages_of(Path(sys.argv[1]))]
    wrong = [problem for _, problems, _ in done for problem in problems]
    assert counts["run"], "there is nothing to run"
    if sys.argv[2:] == ["--write"] and not wrong:
        for page, _, changed in done:
            if changed:
                write(page, changed)
    for page, _, changed in done:
        wrong += [f"{page.path.name}, line {fence.line + 1}: it prints\n{shown}" for fence, shown in changed]
    print("\n".join(wrong) or f"{counts['run']} run, {counts['parsed']} only parsed")
    sys.exit(bool(wrong))


main()
