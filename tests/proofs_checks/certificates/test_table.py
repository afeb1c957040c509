"""docs/certified_laws.md and docs/trust.md say what is so."""

from pathlib import Path

import pytest

from benchmarks import certificates as bench
from benchmarks.certificates import TABLE, digest, digests_of, rows_of
from proofs_checks.certificates import NotCertified
from proofs_checks.certificates.kernel import Judgement
from tests.proofs_checks.certificates.sample import NO_COQ, SAMPLE, certificate_of
from theory.catalogue import LAWS

ROWS = rows_of(TABLE.read_text(encoding="utf-8"))
DOCS = Path(__file__).parents[3] / "docs"


def test_the_table_is_about_laws_of_the_catalogue():
    assert ROWS.keys() <= {law.name for law in LAWS}
    assert set(ROWS.values()) <= {"certified", "not certified"}


def test_the_sample_is_certified_in_the_table():
    assert {ROWS[name] for name in SAMPLE} == {"certified"}


@pytest.mark.parametrize("name", [n for n, verdict in ROWS.items() if verdict == "certified"])
def test_what_the_table_calls_certified_can_be_written(name):
    assert certificate_of(name).text.count("Theorem") == 1


def changed_since(known):
    return [n for n, text in known.items() if digest(certificate_of(n).text) != text]


@pytest.mark.skipif(bool(NO_COQ), reason=NO_COQ)
def test_what_has_changed_since_the_table_was_written_is_certified(kernel):
    changed = changed_since(digests_of(TABLE.read_text(encoding="utf-8")))
    found = {name: kernel.judge(certificate_of(name)) for name in changed}
    assert {n: j.reason for n, j in found.items() if not j.is_certified} == {}


def test_a_changed_certificate_is_found():
    text = TABLE.read_text(encoding="utf-8")
    before = digests_of(text)["advantage-routing"]
    other = digests_of(text.replace(before, "0" * 16))["advantage-routing"]
    assert "advantage-routing" in changed_since({"advantage-routing": other})


def test_the_table_gives_the_reason_where_no_certificate_is_written():
    text = TABLE.read_text(encoding="utf-8")
    for name, verdict in ROWS.items():
        try:
            certificate_of(name)
        except NotCertified as reason:
            assert verdict == "not certified"
            assert f"| {name} | not certified | {str(reason).replace('|', '/')} |  |" in text


def test_the_page_counts_the_lines_that_have_to_be_read():
    library = Path(__file__).parents[3] / "proofs_checks" / "certificates" / "library"
    lines = len((library / "Definitions.v").read_text(encoding="utf-8").splitlines())
    assert f"{lines} lines of [Definitions.v]" in (DOCS / "trust.md").read_text(encoding="utf-8")


def test_rows_of_laws_that_were_not_tried_stay(tmp_path, monkeypatch):
    table = tmp_path / "table.md"
    table.write_text(TABLE.read_text(encoding="utf-8"))
    monkeypatch.setattr(bench, "TABLE", table)
    problem = certificate_of("advantage-routing").problem
    bench.write([(problem, Judgement(False, "coqc | line 1"))])
    new = rows_of(table.read_text())
    assert new.pop("advantage-routing") == "not certified"
    assert new == {n: v for n, v in ROWS.items() if n != "advantage-routing"}
    assert "| advantage-routing | not certified | coqc / line 1 |  |" in table.read_text()


def test_a_law_that_is_not_in_the_catalogue_is_named():
    with pytest.raises(SystemExit, match="`no-such-law` is no law of the catalogue"):
        bench.all_laws(["no-such-law"])
