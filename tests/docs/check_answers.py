"""check_answers.py PAGE...   no page shows an error that the text just before it does not speak of, whoever runs the
example; and each mark is one that page.py knows, in its place.
"""

import sys
from pathlib import Path

from page import SHOWS_ERROR, is_unannounced, read


def main():
    pages = [read(Path(path)) for path in sys.argv[1:]]
    fences = [(page, fence) for page in pages for fence in page.steps]
    shown = [fence for _, fence in fences if SHOWS_ERROR.search(fence.text)]
    assert shown, "no error was found on any page"
    wrong = [f"{page.path}:{line + 1}: {what}" for page in pages for line, what in page.wrong_marks]
    wrong += [
        f"{page.path}:{fence.line + 1}: an error that the paragraph before it does not speak of"
        for page, fence in fences
        if is_unannounced(fence, fence.text)
    ]
    print("\n".join(wrong) or f"{len(shown)} of {len(fences)} blocks show an error, and the text says so")
    sys.exit(bool(wrong))


main()
