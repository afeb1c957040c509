"""One report with everything in it, and with a document that means harm."""

import pytest

from proofs_checks.checking import ChainReport, ClaimReport, PaperReport
from proofs_checks.checks.outcome import Outcome
from proofs_checks.claims.claim import Claim, Paper, Problem, SymbolEntry
from proofs_checks.claims.reading import read_claims
from proofs_checks.verdict import Counterexample, Diagnosis, Verdict

NASTY = "<script>alert(1)</script> \x1b[31m {{ 7 * 7 }} ]]> \x00 $x"

CHECKS = (
    Outcome("normal_form", None, "the normal forms differ"),
    Outcome("modular", False, "a difference", error_bound="1e-18", seed=0),
    Outcome("autograd", True, "no difference", error_bound="1e-16"),
)
REFUTED = Verdict(
    "refuted",
    "exact",
    checks=CHECKS,
    counterexample=Counterexample(
        {"T": 1, "C": 2}, {"y_{11}": "0", "W_{O,21}": "1/3", "eta": "2"}, {"i": 1}, "0",
        "[-0.25 +/- 1e-15]",
    ),
    residual=r"-\alpha_{ij} \mathbb{E}_{\alpha_i}[b]",
    diagnosis=Diagnosis("missing_term", r"the baseline $\mathbb{E}_{\alpha_i}[b]$ is missing"),
    correction=r"\frac{\partial L}{\partial s_{ij}} = \alpha_{ij} A_{ij}",
    seconds=0.25,
    sizes={"T": 1, "C": 2},
)  # fmt: skip
PROVED = Verdict(
    "proved",
    "normal_form",
    ("sum_c y_ic = 1",),
    (Outcome("normal_form", True), Outcome("modular", True), Outcome("exact", True)),
    seconds=0.125,
)
UNDECIDED = Verdict("undecided", "", detail="stopped after the time limit of 20 s")
INCONSISTENT = Verdict("inconsistent", "exact", detail="the judges contradict each other")


def understood():
    text = r"\[ \frac{\partial L}{\partial z_i} = p_i - y_i \]"
    (claim,) = read_claims(text, "one.tex").claims
    return claim


@pytest.fixture
def report():
    one = understood()
    problem = Problem(
        9, 5, "`igl(` is not known", "an operator", r"`\bigl(` is", "\\frac{a}{b = igl(\n     ^"
    )
    claims = (
        ClaimReport(Claim("definition", "", 2, 1, "P := x", notes=("defines P",)), None),
        ClaimReport(Claim("assumption", "", 3, 1, r"\sum_c y_{ic} = 1"), None),
        ClaimReport(Claim("claim", "eq:one", 4, 3, one.source, one.model, one.equation), PROVED),
        ClaimReport(Claim("step", "", 5, 3, "a = b", chain=1, step=1), REFUTED),
        ClaimReport(Claim("step", NASTY, 6, 3, NASTY, chain=1, step=2, order="O(h)"), UNDECIDED),
        ClaimReport(Claim("claim", "eq:odd", 7, 3, "x = y"), INCONSISTENT),
        ClaimReport(Claim("unreadable", "", 9, 1, NASTY, problem=problem, notes=(NASTY,)), None),
    )
    chains = (ChainReport(1, 1, PROVED), ChainReport(2, 3, REFUTED), ChainReport(3, 1, None))
    paper = Paper("paper <b>.tex", claims and tuple(c.claim for c in claims), "own", NASTY)
    return PaperReport(paper, claims, (*chains, ChainReport(4, 2, UNDECIDED)), seconds=1.5)


@pytest.fixture
def empty():
    return PaperReport(Paper("empty.tex", (), "attention-head", "nothing to read"), ())


SYMBOLS = (
    SymbolEntry("S", "matrix, N x N", "defined on line 12", line=12),
    SymbolEntry("W_q", "matrix, d x d_k", "input (a name: q is no index)", "did you mean W_p?"),
    SymbolEntry(r"\beta", "scalar", "input, not defined: any real number"),
    SymbolEntry(r"\widehat{y}", "vector, N", "input"),
    SymbolEntry(NASTY, NASTY, NASTY, NASTY, 13),
)


@pytest.fixture
def understood_report():
    """A report with a symbol table, a choice, and something not judged in another file."""
    one = understood()
    method = "sections/method.tex"
    claims = (
        ClaimReport(Claim("definition", "eq:S", 12, 3, "S = Q K^\\top"), None),
        ClaimReport(
            Claim(
                "not judged", "", 4, 3, r"x \sim p", file=method,
                notes=("a distribution", "no equality"),
            ),
            None,
        ),
        ClaimReport(Claim("claim", "", 20, 3, one.source, one.model, one.equation), PROVED),
    )  # fmt: skip
    paper = Paper(
        "paper.tex", tuple(c.claim for c in claims), "own", "it defines S", SYMBOLS,
        ("L and \\mathcal{L} are one symbol",),
    )  # fmt: skip
    return PaperReport(paper, claims, seconds=0.5)
