"""Coq's kernel as a judge: the sample is certified, and wrong certificates are not."""

import random
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from proofs_checks.certificates import NotCertified, Problem, certificate
from proofs_checks.certificates import kernel as judge
from proofs_checks.certificates.agreement import disagreement
from proofs_checks.certificates.kernel import ALLOWED, Kernel, refusal
from proofs_checks.checks import exact
from proofs_checks.edits import edits
from tests.proofs_checks.certificates.sample import MASKED, NO_COQ, SAMPLE, certificate_of
from theory.algebra.expressions import Equation, Inequality
from theory.catalogue import law_named
from theory.models import model_named

needs_coq = pytest.mark.skipif(bool(NO_COQ), reason=NO_COQ)


@needs_coq
@pytest.mark.parametrize("name", SAMPLE)
def test_the_sample_is_certified(kernel, name):
    found = kernel.judge(certificate_of(name))
    assert found.is_certified, found.reason
    assert set(found.assumptions) <= ALLOWED
    assert certificate_of(name).theorem in found.theorem


@needs_coq
def test_the_checker_of_compiled_files_accepts_the_sample(kernel):
    """coqchk shares the kernel's rules with coqc, and nothing of its tactics."""
    certificates = [certificate_of(name) for name in SAMPLE]
    for c in certificates:
        if not (kernel.folder / f"{c.theorem}.vo").exists():  # compiled by the tests before this
            assert kernel.judge(c).is_certified
    modules = [x for c in certificates for x in ("-norec", c.theorem)]
    done = subprocess.run(
        ["coqchk", "-silent", "-o", "-R", "library", "Proofhead", *modules],
        cwd=kernel.folder, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = done.stderr + done.stdout
    axioms, *others = re.split(r"^\* Constants", said.partition("* Axioms:")[2], flags=re.M)
    assert axioms.split() and all(name.startswith("Coq.") for name in axioms.split())
    assert others and said.count("<none>") == 3  # nothing of the kernel was switched off


@needs_coq
def test_a_law_of_a_masked_head_is_certified(kernel):
    found = kernel.judge(certificate_of(*MASKED))
    assert found.is_certified, found.reason


@needs_coq
@pytest.mark.parametrize("name", ["normaliser", "tactics"])
def test_the_library_proves_what_is_true_and_not_what_is_false(kernel, name):
    kernel.prepare()
    tests = Path(__file__).parent / f"{name}.v"
    done = subprocess.run(
        ["coqc", "-q", "-w", "none", "-R", "library", "Proofhead", "-o",
         str(kernel.folder / f"{name}.vo"), str(tests)],
        cwd=kernel.folder, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_without_coqc_the_judge_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(judge, "coq_version", lambda: "")
    with pytest.raises(FileNotFoundError, match="apt-get install .*coq libcoq-coquelicot"):
        Kernel()


THEOREM = "upstream_gradient"

# What is wrong, what is put in the place of what, by what it is rejected.  These need no coqc.
REFUSED = {
    "a gap": (r"Qed\.\nTheorem", "Admitted.\nTheorem", "`Admitted` has no place"),
    "a tactic that gives up": (r"Proof\. intros\.", "Proof. intros. admit.", "`admit` has no"),
    "an axiom": (r"\nSection Law", "\nAxiom false : False.\nSection Law", "`Axiom` has no place"),
    "a parameter": (r"\nSection Law", "\nParameter x : False.\nSection Law", "`Parameter` has no"),
    "a conjecture": (r"\nSection Law", "\nConjecture x : False.\nSection Law", "`Conjecture` has"),
    "a premise outside": (r"\nSection Law", "\nHypothesis x : False.\nSection Law", "is an axiom"),
    "a checker switched off": (r"\nSection Law", "\nUnset Guard Checking.\nSection Law", "`Unset`"),
    "another library": (r"\nSection Law", "\nFrom Coq Require Import Reals.\nSection Law",
                        "imports|has no place"),
    "a file that is loaded": (r"\nSection Law", '\nLoad "x".\nSection Law', "strings|`Load`"),
    "a cast that is not checked": (r"Proof\. intros\.", "Proof. exact_no_check I. intros.",
                                   "`exact_no_check`"),
    "a command of another kind": (r"\nSection Law", "\nCompute 1.\nSection Law", "no command"),
    "a proof that is not closed": (r"Qed\.\nEnd Law", "\nEnd Law", "not closed|no command"),
    "another theorem": (rf"Theorem {THEOREM}", "Theorem other", "no theorem"),
}  # fmt: skip


def edited(pattern, new):
    found = certificate_of("upstream-gradient")
    text, count = re.subn(pattern, lambda _: new, found.text, count=1)
    assert count, f"`{pattern}` does not occur"
    return replace(found, text=text)


@pytest.mark.parametrize("kind", REFUSED)
def test_a_certificate_with_a_gap_is_refused_before_coqc(kind):
    pattern, new, reason = REFUSED[kind]
    assert re.search(reason, refusal(edited(pattern, new).text, THEOREM))


# These are found by coqc, or by reading the theorem back to numbers.
REJECTED = {
    "a dropped hypothesis": (r"Hypothesis given_1[^\n]*\n", "", "coqc, line"),
    "a wrong sign": (r"c => \(p i c - y i c\)", "c => (p i c + y i c)", "coqc"),
    "a sum over another size": (r"= sum C|=\n  sum C", "=\n  sum d_v", "coqc"),
    "premises that nothing meets": (r"Hypothesis given_1", "Hypothesis absurd : 0 = 1.\nHypothesis "
                                    "given_1", "coqc"),
    "assumptions not printed": (rf"Print Assumptions {THEOREM}\.\n", "", "does not print"),
    "another loss": (r"=> L_of \(p_of", "=> 2 * L_of (p_of", "coqc"),
}  # fmt: skip


@needs_coq
@pytest.mark.parametrize("kind", REJECTED)
def test_a_wrong_certificate_is_rejected(kernel, kind):
    pattern, new, reason = REJECTED[kind]
    found = kernel.judge(edited(pattern, new))
    assert not found.is_certified
    assert re.search(reason, found.reason), found.reason


def test_a_theorem_that_is_not_the_law_is_found_by_its_numbers():
    right = certificate_of("upstream-gradient")
    assert disagreement(right) == ""
    left, side = right.problem.statement.args[:2]
    doubled = replace(right.problem, statement=Equation(left, 2 * side))
    assert "the right side is" in disagreement(replace(right, problem=doubled))


def test_a_factor_dropped_on_both_sides_is_found_by_its_numbers():
    law = certificate_of("advantage-routing")
    text = law.text.replace("ln (p i c)", "2 * ln (p i c)")  # the loss, and with it both sides
    assert text != law.text
    assert "in the theorem" in disagreement(replace(law, text=text))


def test_a_theorem_that_says_less_is_found():
    law = certificate_of("upstream-gradient")
    text = re.sub(r"(Theorem upstream_gradient : ).*?\.\n", r"\1 0 = 0.\n", law.text, flags=re.S)
    assert "other indices" in disagreement(replace(law, text=text))


@needs_coq
def test_another_axiom_is_found_in_the_assumptions(kernel, monkeypatch):
    monkeypatch.setattr(judge, "ALLOWED", frozenset())
    found = kernel.judge(certificate_of("one-hot-step"))
    assert not found.is_certified
    assert "which is no axiom of Coq's reals" in found.reason


# one law for each way of proving
MUTATED = (
    "upstream-gradient",
    "softmax-jacobian",
    "one-hot-overlap",
    "chain-spectrum",  # a hypothesis about products
    "pair-em-map",  # summand by summand
    "filter-posterior",  # quotients of sums
    "regression-start",  # an exponent that is zero
)


def mutants(name, count):
    law = law_named(name)
    model = model_named(law.models[0])
    left, right = law.statement(model).args[:2]
    found = [Equation(left, e.expression) for e in edits(right, model)]
    return model, random.Random(name).sample(found, min(count, len(found)))


@needs_coq
@pytest.mark.parametrize("name", MUTATED)
def test_mutants_of_a_statement_are_not_certified(kernel, name):
    model, equations = mutants(name, 3)
    for equation in equations:
        if exact.check(model, equation).agrees:
            continue  # an edit that leaves the statement true
        try:
            found = kernel.judge(certificate(Problem("mutant", "a mutant", model, equation)))
        except NotCertified:
            continue
        assert not found.is_certified, equation


# Laws that are proved in a way that no law of the sample is.
WAYS = (
    "em-decrease",  # logarithms of responsibilities
    "population-unique",  # an inequality, with roots
    "next-token-curvature",  # a derivative that exists near the point only
    "risk-variance",  # premises that no sizes 1 meet
)


@needs_coq
@pytest.mark.parametrize("name", WAYS)
def test_every_way_of_proving_certifies_a_law(kernel, name):
    found = kernel.judge(certificate_of(name))
    assert found.is_certified, found.reason


@needs_coq
def test_inequalities_that_are_turned_round_are_not_certified(kernel):
    law = certificate_of("chain-entropy-bound").problem
    low, high = law.statement.args[:2]
    turned = replace(law, statement=Inequality(high, low))
    larger = replace(law, statement=Inequality(low, high - 1))
    for wrong in (turned, larger, replace(law, shown=-law.shown)):
        assert not kernel.judge(certificate(wrong)).is_certified


@needs_coq
def test_an_inequality_whose_sign_cannot_be_read_off_is_not_certified(kernel):
    law = certificate_of("chain-entropy-bound").problem
    found = kernel.judge(certificate(replace(law, shown=None)))
    assert not found.is_certified and found.reason.startswith("coqc, line")


# What documents are written with; of each the last equation.
DOCUMENTS = {
    "softmax": r"$$p_i = \frac{\exp(z_i)}{\sum_j \exp(z_j)}$$ and "
    r"$$\frac{\partial p_i}{\partial z_j} = p_i (\delta_{ij} - p_j)$$",
    "softmax of shifted scores": r"$$\frac{e^{x_i}}{\sum_{j=1}^d e^{x_j}} = "
    r"\frac{e^{x_i - m}}{\sum_{j=1}^d e^{x_j - m}}$$",
    "normalisation": r"$$\mu = \frac{1}{n} \sum_{j=1}^n x_j$$ $$\sigma = \sqrt{\frac{1}{n} "
    r"\sum_{j=1}^n (x_j - \mu)^2}$$ "
    r"$$\frac{\partial \sigma}{\partial x_i} = \frac{x_i - \mu}{n \sigma}$$",
    "logarithms": r"$$\log \frac{e^{z_i}}{\sum_{j=1}^n e^{z_j}} = "
    r"z_i - \log \sum_{j=1}^n e^{z_j}$$",
    "numbers": r"$$\log_2 8 = 3$$",
    "logistic functions": r"$$\frac{e^{a_i}}{e^{a_i} + e^{b_i}} = \frac{1}{1 + e^{b_i - a_i}}$$",
    "a first term": r"$$\frac{e^{w_1}}{\sum_{i=1}^n e^{w_i}} = "
    r"\frac{1}{1 + \sum_{i=2}^n e^{w_i - w_1}}$$",
}


def problem_of(text):
    from proofs_checks.certificates.problem import claim_problems
    from proofs_checks.claims.reading import read_claims

    return claim_problems(read_claims(text, "paper.md", model="none"))[-1]


@needs_coq
@pytest.mark.parametrize("kind", DOCUMENTS)
def test_an_equation_of_a_document_is_certified(kernel, kind):
    found = kernel.judge(certificate(problem_of(DOCUMENTS[kind])))
    assert found.is_certified, found.reason


@needs_coq
@pytest.mark.parametrize("kind", DOCUMENTS)
def test_the_same_equation_and_one_more_is_not_certified(kernel, kind):
    problem = problem_of(DOCUMENTS[kind])
    left, right = problem.statement.args[:2]
    wrong = replace(problem, statement=Equation(left, right + 1))
    assert not kernel.judge(certificate(wrong)).is_certified
