"""What is written: golden files, refusals with their reason, a project that `make` can check."""

import re
import subprocess
from dataclasses import replace

import pytest
import sympy as sp

from proofs_checks.certificates import NotCertified, Problem, certificate
from proofs_checks.certificates.kernel import refusal
from proofs_checks.certificates.project import LIBRARY, write_project
from tests.proofs_checks.certificates.sample import (
    GOLDEN,
    MASKED,
    NO_COQ,
    SAMPLE,
    certificate_of,
)
from theory.algebra.expressions import Equation, OrderEquation
from theory.algebra.symbols import Partial
from theory.models import model_named


@pytest.mark.parametrize("name", SAMPLE)
def test_the_certificate_of_the_sample_is_the_golden_file(name):
    written = certificate_of(name)
    assert written.text == (GOLDEN / f"{written.theorem}.v").read_text()


def test_a_certificate_does_not_depend_on_what_was_written_before():
    first = certificate_of("score-hessian").text
    certificate_of("query-gradient")
    assert certificate_of("score-hessian").text == first


def test_the_theorem_reads_like_the_law():
    text = certificate_of("advantage-routing").text
    theorem = text[text.index("Theorem") : text.index("Proof.", text.index("Theorem"))]
    function = "fun time => L_of (p_of (z_of (g_of (alpha_of (upd2 s i j time)))))"
    assert f"is_derive ({function}) (s i j)" in theorem
    assert "(b_ i j - sum T (fun k => b_ i k * alpha i k)) * alpha i j" in theorem
    assert "forall i, (i < T)%nat -> sum C (fun c => y i c) = 1" in text


def test_the_text_of_every_sample_passes_what_refuses_gaps():
    for name in SAMPLE:
        written = certificate_of(name)
        assert refusal(written.text, written.theorem) == ""


def test_a_mask_gives_premises_in_plain_sight():
    text = certificate_of(*MASKED).text
    assert re.search(r"Hypothesis M_some : forall i, .* -> 0 < sum T \(fun i1 => M i i1\)", text)


def test_what_no_certificate_is_written_for_is_refused_with_the_reason():
    head = model_named("attention-head")
    with pytest.raises(NotCertified, match="no proof is written for OrderEquation"):
        order = OrderEquation(head.loss, head.loss, sp.Symbol("eta"), 2)
        certificate(Problem("order", "an order", head, order))


def test_a_numbered_position_is_any_place():
    head = model_named("attention-head")
    s = head.tensors["s"]
    text = certificate(Problem("entry", "an entry", head, Equation(s[1, 2], s[1, 2]))).text
    assert "Variables at_1 at_2 : nat." in text
    assert "Hypothesis at_2_T : (at_2 < T)%nat." in text
    assert "Theorem entry : \n  s at_1 at_2 =\n  s at_1 at_2." in text


def test_what_is_differentiated_must_be_defined_as_well():
    """The derivative of ln x is 1/x where x is negative, too, but ln x is not there."""
    pair = model_named("binary-head")
    x = pair.inputs[0]
    log = Equation(Partial(sp.log(x), x), 1 / x)
    text = certificate(Problem("log", "a logarithm", pair, log)).text
    assert re.search(r"Hypothesis defined_1 : 0 < \w+\.", text) and "<> 0." not in text


def test_an_inequality_reads_like_the_law():
    text = certificate_of("chain-entropy-bound").text
    assert "Theorem chain_entropy_bound : \n  L <=\n  ln (INR N).\n" in text
    assert "Hypothesis defined_1 : forall d, (d < N)%nat -> 0 < p d." in text


def test_a_line_whose_constrained_ingredients_are_spoken_of_is_written_out():
    text = certificate_of("regression-flow").text
    assert "Definition X_of" in text and "Variable X " not in text
    assert "Definition alpha" not in certificate_of("value-gradient").text


def test_a_derivative_that_exists_near_the_point_only_says_where():
    assert "apply (D_near (fun time => (forall i, (i < N)%nat -> 0 < p_of" in (
        certificate_of("next-token-curvature").text
    )
    assert "D_near" not in certificate_of("logit-hessian").text


def test_a_statement_without_sizes_and_tensors_is_written():
    equation = Equation(sp.Integer(2), sp.Integer(2))
    problem = Problem("two", "a number", model_named("binary-head"), equation)
    assert "refine (two); meets" in certificate(problem).text


def test_a_title_cannot_leave_its_comment():
    law = certificate_of("one-hot-overlap").problem
    hostile = replace(law, title='a *) Axiom x : False. (* "')
    text = certificate(hostile).text
    assert text.startswith("(** a * ) Axiom x : False. ( * '.\n")
    assert refusal(text, "one_hot_overlap") == ""


def test_a_project_is_refused_where_a_file_stands(tmp_path):
    place = tmp_path / "taken"
    place.write_text("")
    with pytest.raises(NotADirectoryError, match="Name a folder for the certificates"):
        write_project(place, [])


def test_a_project_has_the_library_the_statement_and_a_makefile(tmp_path):
    written = {p.relative_to(tmp_path).as_posix() for p in
               write_project(tmp_path, [certificate_of("upstream-gradient")])}  # fmt: skip
    expected = {f"library/{name}" for name in LIBRARY}
    assert written == expected | {"upstream_gradient.v", "Makefile", "_CoqProject"}
    assert not [p for p in tmp_path.rglob(".*") if p.is_file()]


@pytest.mark.skipif(bool(NO_COQ), reason=NO_COQ)
def test_make_in_the_project_checks_it_without_us(tmp_path):
    write_project(tmp_path, [certificate_of("one-hot-step")])
    subprocess.run(["make"], cwd=tmp_path, check=True, capture_output=True, timeout=120)
    done = subprocess.run(
        ["make", "check"], cwd=tmp_path, check=False, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    axioms = (done.stdout + done.stderr).partition("* Axioms:")[2].partition("\n* ")[0].split()
    assert axioms and {a.partition(".")[0] for a in axioms} <= {"Coq", "Coquelicot"}
