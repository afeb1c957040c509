"""Verdicts of earlier runs: every part of the key, damage, size, and what is never kept."""

import dataclasses
import json
import os

import pytest

from proofs_checks import verdict_cache
from proofs_checks.checking import Checker, check_paper
from proofs_checks.checks.outcome import Outcome
from proofs_checks.claims.reading import read_claims
from proofs_checks.cli.run import run
from proofs_checks.kept_verdicts import KeptReports, KeptVerdicts
from proofs_checks.law_report import LawReport, WrongStep
from proofs_checks.verdict import Counterexample, Diagnosis, Verdict
from proofs_checks.verdict_cache import VerdictCache, cache_folder, our_code, versions
from theory.catalogue import law_named
from theory.models import model_named

CHECKS = (
    Outcome("normal_form", True, "after writing out q", seconds=0.1),
    Outcome("modular", None, "x", "2e-27", {"n": 11}, 0, {"indices": {"i": 1}, "left": 2}, 0.2),
)
PROVED = Verdict("proved", "normal_form", ("sum_c y_ic = 1",), CHECKS, sizes={"n": 2})
REFUTED = Verdict(
    "refuted",
    "exact",
    (),
    CHECKS,
    Counterexample({"n": 1}, {"a_1": "1/2"}, {"i": 1}, "1", "2"),
    "-1",
    Diagnosis("sign", "the sign is wrong"),
    "q = p",
)
OWN = "\n\n".join(
    ["$$q = 2 p$$", "$$q + p = 3 p$$", "$$q - p = p$$", "$$q + 2 p = 5 p$$", "$$q p = 2 p^2$$"]
)


@pytest.fixture
def cache(tmp_path):
    return VerdictCache(tmp_path / "verdicts")


def entries(cache):
    return sorted(cache.folder.glob("*/*.json"))


class NoPool:
    """Judging processes that nobody may ask."""

    def __getattr__(self, name):
        if name in ("close", "abandon"):
            return lambda: None
        raise AssertionError(f"{name}: something was judged")


@pytest.mark.parametrize("verdict", [PROVED, REFUTED])
def test_a_verdict_comes_back_as_it_was(cache, verdict):
    key = cache.key("x")
    assert cache.get(key) is None
    cache.put(key, dataclasses.replace(verdict, seconds=3.0), "note")
    assert VerdictCache(cache.folder).get(key) == (verdict, "note")


@pytest.mark.parametrize(
    "verdict",
    [
        dataclasses.replace(PROVED, status="inconsistent"),
        dataclasses.replace(REFUTED, diagnosis=None),
        Verdict("undecided", "", detail="stopped after the time limit of 20 s"),
        dataclasses.replace(PROVED, checks=(Outcome("exact", True, worst={"left": {1, 2}}),)),
        dataclasses.replace(PROVED, checks=(Outcome("exact", True, worst={"left": (1, 2)}),)),
    ],
    ids=["inconsistent", "no diagnosis", "out of time", "no JSON", "not as it was"],
)
def test_what_is_not_kept(cache, verdict):
    cache.put(cache.key("x"), verdict)
    assert entries(cache) == []
    cache.put(None, PROVED)
    assert entries(cache) == []
    assert cache.get(None) is None
    assert cache.key(object()) is None


def damaged(text):
    yield text[:-20]
    yield "no JSON"
    yield ""
    yield "[]"
    yield text.replace("normal_form", "normal_farm", 1)
    entry = json.loads(text)
    yield json.dumps({**entry, "key": "0" * 64})
    yield json.dumps({k: v for k, v in entry.items() if k != "sum"})
    body = {**entry["body"], "verdict": {**entry["body"]["verdict"], "unknown": 1}}
    yield json.dumps({**entry, "body": body, "sum": verdict_cache._checksum(body)})


@pytest.mark.parametrize("case", range(8))
def test_a_damaged_entry_is_removed(cache, case):
    key = cache.key("x")
    cache.put(key, PROVED)
    (path,) = entries(cache)
    path.write_text(list(damaged(path.read_text()))[case])
    assert cache.get(key) is None
    assert entries(cache) == []
    cache.put(key, PROVED)
    assert cache.get(key) == (PROVED, "")


def test_an_entry_of_another_key_is_not_taken(cache):
    first, second = cache.key("x"), cache.key("y")
    cache.put(first, PROVED)
    (path,) = entries(cache)
    cache._path(second).parent.mkdir(parents=True, exist_ok=True)
    cache._path(second).write_bytes(path.read_bytes())
    assert cache.get(second) is None


def test_what_has_not_been_asked_for_makes_room(cache):
    for n in range(6):
        cache.put(cache.key(n), PROVED)
        os.utime(cache._path(cache.key(n)), (n, n))
    cache.get(cache.key(0))  # now the youngest
    cache.most = 3 * cache._path(cache.key(0)).stat().st_size
    cache.trim()
    assert [n for n in range(6) if cache.get(cache.key(n))] == [0, 4, 5]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_nobody_else_may_look(cache):
    cache.put(cache.key("x"), PROVED)
    assert cache.folder.stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_to_is_no_error(tmp_path):
    (tmp_path / "file").touch()
    cache = VerdictCache(tmp_path / "file")
    cache.put(cache.key("x"), PROVED)
    cache.trim()
    assert cache.get(cache.key("x")) is None


def test_the_folder(tmp_path, monkeypatch):
    assert cache_folder() is None  # tests judge
    monkeypatch.setenv("PROOFHEAD_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("PROOFHEAD_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert "proofhead" in str(cache_folder())


# -- the key --------------------------------------------------------------------------------


@pytest.fixture
def own_code(tmp_path, monkeypatch):
    for name in ("theory/a.py", "theory/deep/grammar.lark", "proofs_checks/b.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1")
    module = tmp_path / "proofs_checks" / "verdict_cache.py"
    monkeypatch.setattr(verdict_cache, "__file__", str(module))
    our_code.cache_clear()
    yield tmp_path
    our_code.cache_clear()


@pytest.mark.parametrize("name", ["theory/a.py", "theory/deep/grammar.lark", "proofs_checks/b.py"])
def test_every_file_of_our_own_counts(own_code, cache, name):
    before = cache.key("x")
    (own_code / name).write_text("2")
    assert cache.key("x") == before  # a process keeps to the code that it has imported
    our_code.cache_clear()
    assert cache.key("x") != before


def test_a_file_that_comes_or_goes_counts_and_bytecode_does_not(own_code, cache):
    before = cache.key("x")
    (own_code / "theory" / "__pycache__").mkdir()
    (own_code / "theory" / "__pycache__" / "a.pyc").write_text("3")
    our_code.cache_clear()
    assert cache.key("x") == before
    (own_code / "theory" / "new.py").touch()
    our_code.cache_clear()
    assert cache.key("x") != before


def test_every_version_counts(cache, monkeypatch):
    before = cache.key("x")
    assert set(versions()) == {"python", "machine", *verdict_cache.LIBRARIES}
    assert versions()["sympy"] != "none"
    for name in versions():
        with monkeypatch.context() as patch:
            patch.setattr(verdict_cache, "versions", lambda n=name: {**versions(), n: "other"})
            assert cache.key("x") != before
    monkeypatch.setattr(verdict_cache, "FORMAT", 0)
    assert cache.key("x") != before


def claims():
    return read_claims(OWN, "own.md", model="none").claims


def variants(claim):
    head = model_named("attention-head")
    other = claims()[2]
    yield dataclasses.replace(claim, equation=other.equation)
    yield dataclasses.replace(claim, model=dataclasses.replace(head, name="other"))
    yield dataclasses.replace(claim, source=claim.source + " ")
    yield dataclasses.replace(claim, order=r"O(\eta^2)")
    yield dataclasses.replace(claim, axes=("i", "j"))
    yield dataclasses.replace(claim, hedge="nothing says what q is")


def test_every_part_of_a_claim_counts(cache):
    claim = claims()[1]
    KeptVerdicts(cache, 0, 20).keep_claim(claim, PROVED, "")
    assert KeptVerdicts(cache, 0, 20).of_claim(claim) == PROVED
    assert KeptVerdicts(cache, 1, 20).of_claim(claim) is None
    assert KeptVerdicts(cache, 0, 21).of_claim(claim) is None
    assert KeptVerdicts(cache, 0, 20).of_equation(claim.model, claim.equation, True) is None
    for other in variants(claim):
        assert KeptVerdicts(cache, 0, 20).of_claim(other) is None
    assert KeptVerdicts(None, 0, 20).of_claim(claim) is None


def test_a_hypothesis_more_or_less_counts(cache):
    text = "% proofhead: assume a_i = 1\n" + "$$a_i b_i = b_i$$"
    (claim,) = (c for c in read_claims(text, "own.md", model="none").claims if c.kind == "claim")
    assert claim.model.constraints
    kept = KeptVerdicts(cache, 0, 20)
    kept.keep_claim(claim, PROVED, "")
    without = dataclasses.replace(claim.model, constraints=())
    assert kept.of_claim(dataclasses.replace(claim, model=without)) is None
    assert kept.of_claim(claim) == PROVED


def test_a_correction_has_to_mean_what_it_meant(cache):
    claim = claims()[3]
    assert claim.written is not None
    kept = KeptVerdicts(cache, 0, 20)
    kept.keep_claim(claim, REFUTED, "")  # no correction: with more time there might be one
    assert kept.of_claim(claim) is None
    corrected = dataclasses.replace(REFUTED, correction="q + 2 p = 4 p")
    kept.keep_claim(claim, corrected, "q + 2 p = 4 p")
    assert kept.of_claim(claim) == corrected
    for read in (lambda *_: None, lambda *_: claims()[1].equation, lambda *_: object()):
        written = dataclasses.replace(claim.written, read=read)
        assert kept.of_claim(dataclasses.replace(claim, written=written)) is None


# -- laws -----------------------------------------------------------------------------------


def test_laws_are_kept_when_all_is_proved_and_only_on_request(tmp_path, monkeypatch, capsys):
    def audited(*words):
        assert run(["audit", "bijection-count", "--json", *words]) == 0
        return json.loads(capsys.readouterr().out)

    monkeypatch.setenv("PROOFHEAD_CACHE", str(tmp_path))
    assert audited()["from_cache"] == 0
    assert not any(tmp_path.iterdir())
    first = audited("--cache")
    again = audited("--cache")
    models = len(law_named("bijection-count").models)
    assert (first["from_cache"], again["from_cache"]) == (0, models)
    assert again["laws"][0]["statement"] == first["laws"][0]["statement"]
    assert audited("--cache", "--seed", "1")["from_cache"] == 0
    assert audited()["from_cache"] == 0


def test_what_is_not_kept_of_a_law(cache):
    law = law_named("advantage-routing")
    report = LawReport(law, law.models[0], PROVED, 3, None, 1.0)
    wrong = WrongStep(2, "contract", Verdict("undecided", ""))
    kept = KeptReports(cache, 0)
    for other in (
        dataclasses.replace(report, wrong_step=wrong),
        dataclasses.replace(report, verdict=REFUTED),
    ):
        kept.keep(other)
        assert entries(cache) == []
    kept.keep(report)
    assert len(entries(cache)) == 1
    assert kept.of_law(law) is None  # the other models are not known
    single = dataclasses.replace(law, models=law.models[:1])
    (found,) = kept.of_law(single)
    assert (found.verdict, found.steps, found.is_kept) == (PROVED, 3, True)
    assert KeptReports(cache, 1).of_law(single) is None


# -- documents ------------------------------------------------------------------------------


def test_an_edited_document_is_judged_where_it_changed(cache):
    first = check_paper(read_claims(OWN, "own.md", model="none"), cache=cache)
    assert first.kept == 0
    statuses = [r.status for r in first.claims]
    assert statuses == ["definition", "proved", "proved", "refuted", "proved"]

    same = read_claims("Words.\n\n" + OWN, "own.md", model="none")
    again = check_paper(same, cache=cache, pool=NoPool())
    assert again.kept == 4
    for one, other in zip(first.claims, again.claims, strict=True):
        assert said(one) == said(other)

    edited = OWN.replace("q + p = 3 p", "q + p = 4 p")
    third = check_paper(read_claims(edited, "own.md", model="none"), cache=cache)
    assert third.kept == 3
    assert [r.is_kept for r in third.claims] == [False, False, True, True, True]
    assert [r.status for r in third.claims][1] == "refuted"

    redefined = OWN.replace("q = 2 p", "q = 3 p")
    fourth = check_paper(read_claims(redefined, "own.md", model="none"), cache=cache)
    assert fourth.kept == 0
    assert [r.status for r in fourth.claims][1:] == ["refuted", "refuted", "proved", "refuted"]


def said(report):
    """Return all that a report says but for times."""
    verdict = report.verdict
    if verdict is None:
        return report.status
    checks = tuple(dataclasses.replace(o, seconds=0.0) for o in verdict.checks)
    return dataclasses.replace(verdict, checks=checks, seconds=0.0, repaired=None)


def test_another_seed_or_time_is_another_verdict(cache):
    paper = read_claims(OWN.partition("$$q - p")[0], "own.md", model="none")
    assert check_paper(paper, cache=cache).kept == 0
    with Checker(cache=cache, pool=NoPool()) as checker:
        assert checker.report(paper.claims[1]).is_kept
    for options in ({"seed": 1}, {"seconds": 30.0}):
        with (
            Checker(cache=cache, pool=NoPool(), **options) as checker,
            pytest.raises(AssertionError, match="something was judged"),
        ):
            checker.report(paper.claims[1])
