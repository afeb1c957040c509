"""A pytest plugin: every equation of your documents is a test.

    [tool.pytest.ini_options]
    testpaths = ["tests", "paper"]
    proofhead_claims = ["paper/*.tex"]

One test an equation, named after its label or its line; it fails with the report that
`proofhead check` prints.  Definitions and assumptions are no tests; what is no equality is skipped
with the reason.  Documents are found where pytest looks, so their folder belongs to `testpaths` or
to the command line.

Settings: `proofhead_claims` (patterns of paths relative to the root; * crosses folders),
`proofhead_model` (whose symbols, as `--model`), `proofhead_timeout` (seconds for each
equation, 20).
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from proofs_checks.checking import Checker
    from proofs_checks.claims.claim import Claim

__all__ = ["pytest_addoption", "pytest_collect_file", "pytest_unconfigure"]

_CHECKER: pytest.StashKey[Checker] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the settings."""
    parser.addini("proofhead_claims", "documents whose equations are tests", "args", default=[])
    parser.addini("proofhead_model", "whose symbols documents use, as proofhead check --model")
    parser.addini("proofhead_timeout", "seconds for each equation", default="20")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a document that one of the patterns matches."""
    root = parent.config.rootpath
    if not file_path.is_relative_to(root):
        return None
    relative = file_path.relative_to(root).as_posix()
    patterns: list[str] = parent.config.getini("proofhead_claims")
    if not any(fnmatchcase(relative, pattern) for pattern in patterns):
        return None
    return Document.from_parent(parent, path=file_path)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the judging process."""
    checker = config.stash.get(_CHECKER, None)
    if checker is not None:
        checker.close()


class Document(pytest.File):
    """A document; its equations are the tests."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield one test for every equation that can be right or wrong."""
        from proofs_checks.claims.claim import NOT_JUDGED
        from proofs_checks.claims.problems import ReadingError
        from proofs_checks.claims.reading import read_claims
        from proofs_checks.claims.sources.opening import document_of
        from proofs_checks.reports.wording import one_line

        name = str(self.path.relative_to(self.config.rootpath))
        model = self.config.getini("proofhead_model") or None
        try:
            paper = read_claims(document_of(self.path, name), name, model=model)
        except (ReadingError, ValueError) as error:
            raise self.CollectError(f"{name}: {error}") from None
        taken: set[str] = set()
        for claim in paper.claims:
            if claim.kind not in ("definition", "assumption"):
                title = _title(claim, taken)
                test = EquationTest.from_parent(self, name=title, file=name, claim=claim)
                if claim.kind == NOT_JUDGED:
                    test.add_marker(pytest.mark.skip(reason=one_line(claim.reason) or NOT_JUDGED))
                yield test


class EquationTest(pytest.Item):
    """One equation; the test passes if it is proved."""

    def __init__(self, *, file: str, claim: Claim, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.file, self.claim = file, claim

    def runtest(self) -> None:
        """Judge the equation."""
        found = _checker(self.config).report(self.claim)
        if found.status != "proved":
            from proofs_checks.reports.junit import told

            raise _NotProved(told(self.file, found))

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """Return the report; a traceback would say nothing about the equation."""
        if isinstance(excinfo.value, _NotProved):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return file, line (counted from 0) and name."""
        return self.path, self.claim.line - 1, f"{self.file}: {self.name}"


class _NotProved(Exception):
    """The text is the report."""


def _checker(config: pytest.Config) -> Checker:
    """Return the one checker of this run; it starts a judging process when it is first needed."""
    if _CHECKER not in config.stash:
        from proofs_checks.checking import Checker

        seconds = _seconds(config.getini("proofhead_timeout"))
        config.stash[_CHECKER] = Checker(seconds=seconds)
    return config.stash[_CHECKER]


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise pytest.UsageError(
            f"`proofhead_timeout` must be a number of seconds; got {text!r}."
        ) from None


def _title(claim: Claim, taken: set[str]) -> str:
    """Return a name for the test that no other test of the document has."""
    name = claim.label or f"{claim.file} line {claim.line}".strip()
    if claim.chain:
        name += f" step {claim.step}"
    while name in taken:
        name += "'"
    taken.add(name)
    return name
