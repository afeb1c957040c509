"""Documents as a whole: what is judged, chains, limits, interrupts."""

import dataclasses
import threading
import time
from concurrent.futures import Future

import pytest

from proofs_checks.checking import Checker, check_paper
from proofs_checks.claims.claim import Claim, Paper, Problem
from proofs_checks.claims.reading import read_claims
from proofs_checks.pool import Pool
from proofs_checks.verdict import Verdict

DOCUMENT = r"""
\begin{equation}\label{eq:routing}
\frac{\partial L}{\partial s_{ij}} = \alpha_{ij} (b_{ij} - \mathbb{E}_{\alpha_i}[b])
\end{equation}
\[ \Delta v_j = \eta \sum_i \alpha_{ij} u_i + O(\eta^2) \]
\[ r_i := \sum_k \alpha_{ik} b_{ik} \]
\[ \frac{\partial L}{\partial s_{ij}} = \alpha_{ij} (b_{ij} - r_i) \]
\[ \frac{a}{b = igl( \]
"""
CHAIN = r"""
\begin{align}
\frac{\partial L}{\partial s_{ij}}
  &= \sum_k \frac{\partial L}{\partial \alpha_{ik}} \frac{\partial \alpha_{ik}}{\partial s_{ij}} \\
  &= \sum_k b_{ik} \alpha_{ik} (\delta_{jk} SIGN \alpha_{ij}) \\
  &= \alpha_{ij} (b_{ij} LAST \sum_k \alpha_{ik} b_{ik})
\end{align}
"""


@pytest.fixture(scope="module")
def pool():
    with Pool() as processes:
        yield processes


@pytest.fixture(scope="module")
def report(pool):
    return check_paper(read_claims(DOCUMENT, "notes.tex"), pool=pool)


def chain(pool, sign, last):
    text = CHAIN.replace("SIGN", sign).replace("LAST", last)
    return check_paper(read_claims(text, "chain.tex"), pool=pool)


def test_every_equation_has_its_status(report):
    assert [r.status for r in report.claims] == [
        "proved",
        "refuted",
        "definition",
        "proved",
        "unreadable",
    ]
    assert report.claims[2].verdict is None
    assert report.claims[4].verdict is None
    assert report.exit_status == 1
    assert not report.interrupted
    assert report.statuses == ("proved", "refuted", "proved", "unreadable")


def test_the_correction_holds_to_the_order_of_the_claim(report):
    verdict = report.claims[1].verdict
    assert verdict.diagnosis.kind == "sign"
    assert verdict.correction == r"\Delta v_j = -\eta \sum_i \alpha_{ij} u_i + O(\eta^2)"


def test_ten_equations_are_checked_in_time(pool):
    routing = r"\[ \frac{\partial L}{\partial s_{ij}} = %d \alpha_{ij} (b_{ij} - r_i) \]"
    text = r"\[ r_i := \sum_k \alpha_{ik} b_{ik} \]" + "\n".join(routing % n for n in range(1, 10))
    report = check_paper(read_claims(text, "ten.tex"), pool=pool)
    assert [r.status for r in report.claims] == ["definition", "proved", *["refuted"] * 8]
    assert all("one too many" in r.verdict.diagnosis.message for r in report.claims[2:])
    assert report.seconds < 30  # 5 s on an idle machine; here others may be busy


@pytest.mark.parametrize(
    ("sign", "last", "statuses", "step", "ends"),
    [
        ("+", "-", ["proved", "refuted", "refuted"], 2, "proved"),
        ("+", "+", ["proved", "refuted", "proved"], 2, "refuted"),
        ("-", "+", ["proved", "proved", "refuted"], 3, "refuted"),
    ],
)
def test_chains_name_the_first_wrong_step_and_what_becomes_of_the_ends(
    pool, sign, last, statuses, step, ends
):
    report = chain(pool, sign, last)
    assert [r.status for r in report.claims] == statuses
    (broken,) = report.chains
    assert (broken.number, broken.step, broken.ends.status) == (1, step, ends)


def test_a_right_chain_is_not_mentioned(pool):
    report = chain(pool, "-", "-")
    assert report.exit_status == 0
    assert report.chains == ()


def test_a_chain_with_unreadable_ends(pool):
    first = chain(pool, "+", "-").paper.claims[1]
    problem = Problem(9, 1, "cannot be read")
    last = Claim("unreadable", "", 9, 1, "?", chain=first.chain, step=3, problem=problem)
    paper = Paper("broken.tex", (first, last), "attention-head", "")
    (broken,) = check_paper(paper, pool=pool).chains
    assert (broken.step, broken.ends) == (2, None)


def test_a_chain_with_a_step_that_is_no_equality_says_nothing_of_its_ends(pool):
    text = CHAIN.replace("SIGN", "+").replace("LAST", "-")
    paper = read_claims(text, "chain.tex")
    first, second, third = paper.claims
    odd = dataclasses.replace(third, kind="not judged", notes=("an approximation",))
    report = check_paper(dataclasses.replace(paper, claims=(first, second, odd)), pool=pool)
    assert [r.status for r in report.claims] == ["proved", "refuted", "not judged"]
    assert report.statuses == ("proved", "refuted")
    (found,) = report.chains
    assert (found.step, found.ends) == (2, None)
    right = check_paper(dataclasses.replace(paper, claims=(first, odd)), pool=pool)
    assert right.chains == ()
    assert right.exit_status == 0
    assert right.claims[1].claim.reason == "an approximation"
    assert right.claims[0].claim.reason == ""


def test_identical_equations_are_judged_once(pool):
    claim = read_claims(DOCUMENT, "notes.tex").claims[0]
    with Checker(pool=pool) as checker:
        first, second = checker.report(claim), checker.report(claim)
    assert first.verdict.seconds > 0
    assert second.verdict.seconds == 0
    assert second.status == "proved"


def test_an_equation_that_comes_again_is_corrected_in_the_notation_of_its_place(pool):
    routing = (
        r"\frac{\partial L}{\partial s_{%s}} = \alpha_{%s} (b_{%s} + \sum_l \alpha_{%s} b_{%s})"
    )
    lines = [rf"\[ {routing % tuple(x.split())} \]" for x in ("ij ij ij il il", "ab ab ab al al")]
    report = check_paper(read_claims("\n".join(lines), "twice.tex"), pool=pool)
    assert [r.status for r in report.claims] == ["refuted", "refuted"]
    first, second = (r.verdict.correction for r in report.claims)
    assert "s_{ij}" in first and "s_{ab}" in second


def test_an_equation_over_its_time_is_undecided_and_the_rest_goes_on():
    paper = read_claims(DOCUMENT, "notes.tex")
    first, last = paper.claims[0], paper.claims[-1]
    report = check_paper(
        dataclasses.replace(paper, claims=(first, last)), seconds_per_equation=1e-9
    )
    assert [r.status for r in report.claims] == ["undecided", "unreadable"]
    assert "stopped after the time limit" in report.claims[0].verdict.detail
    assert report.exit_status == 2  # the unreadable one is worse


def test_an_interrupt_leaves_what_was_done(pool):
    paper = read_claims(DOCUMENT, "notes.tex")

    def progress(done, total, claim):
        assert total == 3
        assert claim.kind == "claim"
        if done == 1:
            raise KeyboardInterrupt

    report = check_paper(paper, pool=pool, on_progress=progress)
    assert [r.status for r in report.claims] == ["proved"]
    assert report.interrupted
    assert report.exit_status == 130


class Backwards(Pool):
    """Gives verdicts as soon as there are ``number`` equations, the last one first."""

    def __init__(self, number):
        self.number, self.asked, self.told = number, [], []

    def submit(self, job):
        self.asked.append(Future())
        if len(self.asked) == self.number:
            threading.Thread(target=self.tell).start()
        return self.asked[-1]

    def tell(self):
        for number, future in reversed([*enumerate(self.asked)]):
            time.sleep(0.02)
            self.told.append(number)
            future.set_result((Verdict("undecided", "", detail=f"verdict {number}"), ""))


def test_reports_come_in_the_order_of_the_document_whichever_is_ready_first():
    paper = read_claims(DOCUMENT, "notes.tex")
    asked, pool = [], Backwards(3)
    report = check_paper(paper, pool=pool, on_progress=lambda *seen: asked.append(seen))
    assert pool.told == [2, 1, 0]
    assert [r.claim for r in report.claims] == [*paper.claims]
    details = [r.verdict.detail for r in report.claims if r.verdict]
    assert details == ["verdict 0", "verdict 1", "verdict 2"]
    assert asked == [(n, 3, paper.claims[k]) for n, k in enumerate((0, 1, 3))]


def test_times_must_be_positive():
    paper = Paper("empty.tex", (), "attention-head", "")
    for seconds in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="the time for each equation must be positive; got"):
            check_paper(paper, seconds_per_equation=seconds)


def test_a_claim_without_an_equation_is_a_mistake_of_the_reader(pool):
    claim = Claim("claim", "", 3, 1, "a = b")
    with pytest.raises(ValueError, match=r"line 3: a claim needs a model and an equation"):
        Checker(pool=pool).report(claim)


def test_an_empty_document_is_fine(pool):
    report = check_paper(Paper("empty.tex", (), "attention-head", ""), pool=pool)
    assert report.claims == ()
    assert report.exit_status == 0
