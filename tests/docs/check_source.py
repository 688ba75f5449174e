"""check_source.py FOLDER SRC ERRCODES   every error that src/errors.rs can raise, every finding of src/check.rs and
every way a binding can be broken stands on a page of the folder, as the source words it; and these have no other.

The lists are read from the source by its shape. Where that finds fewer than the plain words say there are, it fails.
"""

import re
import sys
from pathlib import Path

from page import pages_of

LITERAL = r'(?:format!\(\s*)?"((?:[^"\\]|\\.)*)"'

# Of PostgreSQL's own errors nothing is raised here (they pass through whole); the last arm is the compiler's.
NEVER_RAISED = {"an error passed through", "{self:?}"}


def text(literal):
    return re.sub(r"\\\n\s*", "", literal).replace('\\"', '"')


def all_of(found, source, word, but=0):
    """What was found, if it is as many as the word occurs."""
    expected = len(re.findall(word, source)) - but
    assert found and len(found) == expected, f"{len(found)} of {expected} {word} can be read: mend check_source.py"
    return found


def errors(source, codes):
    parts = re.findall(r"Parts::new\(\s*Code::(ERRCODE_\w+),\s*" + LITERAL, source)
    all_of(parts, source, r"Parts::new\(")
    return {(codes[code], text(message)) for code, message in parts if text(message) not in NEVER_RAISED}


def findings(source):
    bodies = re.split(r"\bFinding \{", source)[1:]
    found = [
        (severity[1], text(problem[1]))
        for body in bodies
        if (severity := re.search(r'severity: "(\w+)"', body))
        and (problem := re.search(r"problem:\s*" + LITERAL, body))
    ]
    # The other one is the struct itself.
    return set(all_of(found, source, r"\bFinding \{", but=1))


def broken(sources):
    """The problems of a binding that the tables have left behind: the argument of `broken`."""
    source = "\n".join(sources)
    calls = re.findall(r"\bbroken\(\s*&?\w+,\s*" + LITERAL, source)
    # The other one is the function itself.
    all_of(calls, source, r"\bbroken\(", but=1)
    return {("", text(call)) for call in calls}


def unfit(source):
    body = re.search(r"fn unfit.*?\n    }\n", source, re.DOTALL)
    found = re.findall(r'Some\(\s*"([^"]*)"', body[0])
    return {("", one) for one in all_of(found, body[0], r"Some\(")}


def compare(what, in_source, rows, header):
    rows = [row for row in rows if row.header == header]
    on_page = {("", row.names[0]) if header == "problem" else (row.names[0], row.second[0]) for row in rows}
    yield from (f"{what} not on the page: {one}" for one in sorted(in_source - on_page))
    yield from (f"{what} not in the source: {one}" for one in sorted(on_page - in_source))


def main():
    rows = [row for page in pages_of(Path(sys.argv[1])) for row in page.rows]
    src = Path(sys.argv[2])
    known = re.findall(r"^(\w{5})\s+\S+\s+(ERRCODE_\w+)", Path(sys.argv[3]).read_text(), re.M)
    codes = {name: code for code, name in known}
    of = lambda name: (src / name).read_text()
    problems = broken([of("binding.rs"), of("trigger_binding.rs")]) | unfit(of("catalog.rs"))
    wrong = [
        *compare("error", errors(of("errors.rs"), codes), rows, "SQLSTATE"),
        *compare("finding", findings(of("check.rs")), rows, "severity"),
        *compare("problem", problems, rows, "problem"),
    ]
    print("\n".join(wrong) or "all stand on the page")
    sys.exit(bool(wrong))


main()
