"""Counts what a client checked, one line for each check, and says what was expected where one fails."""

import sys
import traceback


class Checks:
    def __init__(self, client):
        self.client, self.passed, self.failed = client, 0, 0

    def check(self, name, function, *arguments):
        try:
            function(*arguments)
        except Exception:
            self.failed += 1
            print(f"FAILED  {self.client}: {name}\n{traceback.format_exc()}", flush=True)
        else:
            self.passed += 1
            print(f"ok      {self.client}: {name}", flush=True)

    def finish(self):
        print(f"{self.client}: {self.passed} checks passed, {self.failed} failed")
        sys.exit(self.failed > 0)


def equal(actual, expected):
    """Equal in value and in type: 1.0 and Decimal("1.0") are not."""
    if type(actual) is not type(expected) or actual != expected:
        raise AssertionError(f"expected {expected!r}, got {actual!r}")
