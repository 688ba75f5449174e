"""check_source.py FOLDER ERRORS SRC ERRCODES   every error of the extension, every finding of spend_sync_check() and
every way a binding can be broken stands on a page of the folder, as the source words it; and these have no other.

ERRORS is what the Rust test every_error_is_listed prints. Findings and broken bindings are read from the source by its
shape. Where that finds fewer than the plain words say there are, it fails.
"""

import re
import sys
from pathlib import Path

from page import pages_of

LITERAL = r'(?:format!\(\s*)?"((?:[^"\\]|\\.)*)"'

def text(literal):
    return re.sub(r"\\\n\s*", "", literal).replace('\\"', '"')


def all_of(found, source, word, but=0):
    """What was found, if it is as many as the word occurs."""
    expected = len(re.findall(word, source)) - but
    assert found and len(found) == expected, f"{len(found)} of {expected} {word} can be read: mend check_source.py"
    return found


def errors(listed, codes):
    rows = [line.split("\t") for line in listed.splitlines()]
    found = {(codes[code], message) for kind, code, message in (row for row in rows if row[0] == "error")}
    assert found, "the list of errors is empty"
    return found


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


def broken(source):
    """The problems of a binding that the tables have left behind: the argument of `broken`."""
    calls = re.findall(r"\bbroken\(\s*&?\w+,\s*" + LITERAL, source)
    # The other one is the function itself.
    all_of(calls, source, r"\bbroken\(", but=1)
    return {("", text(call)) for call in calls}


def unfit(source):
    bodies = "".join(re.findall(r"fn unfit.*?\n    }\n", source, re.DOTALL))
    found = re.findall(r'Some\(\s*"([^"]*)"', bodies)
    return {("", one) for one in all_of(found, bodies, r"Some\(")}


def compare(what, in_source, rows, header):
    rows = [row for row in rows if row.header == header]
    on_page = {("", row.names[0]) if header == "problem" else (row.names[0], row.second[0]) for row in rows}
    yield from (f"{what} not on the page: {one}" for one in sorted(in_source - on_page))
    yield from (f"{what} not in the source: {one}" for one in sorted(on_page - in_source))


def main():
    rows = [row for page in pages_of(Path(sys.argv[1])) for row in page.rows]
    listed, src = Path(sys.argv[2]).read_text(), Path(sys.argv[3])
    known = re.findall(r"^(\w{5})\s+\S+\s+(ERRCODE_\w+)", Path(sys.argv[4]).read_text(), re.M)
    codes = {name: code for code, name in known}
    of = lambda *names: "\n".join((src / name).read_text() for name in names)
    problems = broken(of("binding/load.rs", "binding/of_trigger.rs")) | unfit(of("catalog/tables.rs"))
    wrong = [
        *compare("error", errors(listed, codes), rows, "SQLSTATE"),
        *compare("finding", findings(of("manage/check.rs", "manage/advice.rs", "manage/grants.rs")), rows, "severity"),
        *compare("problem", problems, rows, "problem"),
    ]
    print("\n".join(wrong) or "all stand on the page")
    sys.exit(bool(wrong))


main()
