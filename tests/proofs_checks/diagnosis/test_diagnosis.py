"""What the diagnosis says about mistakes that people make, and that its corrections are right."""

import dataclasses
import random
import time
from itertools import count, islice
from types import SimpleNamespace

import pytest
import sympy as sp

from proofs_checks.checks import exact
from proofs_checks.claims.reading import read_claims
from proofs_checks.diagnosis import diagnose
from proofs_checks.diagnosis.case import Case, OutOfTime
from proofs_checks.edits import edits
from theory.algebra.expressions import Equation
from theory.algebra.symbols import Partial, Size, Step, Tensor, indices, scalar, total
from theory.catalogue import LAWS
from theory.models import Definition, Model, model_named, theory_of

MODEL = model_named("attention-head")
UNLABELLED = dataclasses.replace(MODEL, name="unlabelled", constraints=())
T, C, D_V, D_K, D_X = (MODEL.size_names[name] for name in ("T", "C", "d_v", "d_k", "d_x"))
i, j, k = indices("i j k", T)
(a,), (c,), (r,), (e,) = (indices(x, n) for x, n in zip("acre", (D_V, C, D_K, D_X), strict=True))
alpha, b, s, u, v, g, p, y, z, A, D, X, K, W_Q = (
    MODEL.tensors[name] for name in "alpha b s u v g p y z A D X k W_Q".split()
)
L, eta = MODEL.loss, scalar("eta", positive=True)
BASELINE = total(alpha[i, k] * b[i, k], k)


def diagnosed(equation, model=MODEL, seconds=30.0):
    return diagnose(model, equation, deadline=time.monotonic() + seconds)[:2]


@pytest.mark.parametrize(
    ("left", "right", "kind", "message", "correct"),
    [
        (
            Partial(L, s[i, j]), alpha[i, j] * (b[i, j] + BASELINE), "sign",
            r"the sign of $\mathbb{E}_{\alpha_i}[b]$ is wrong",
            r"\alpha_{ij} \bigl(b_{ij} - \mathbb{E}_{\alpha_i}[b]\bigr)",
        ),
        (
            Partial(L, z[i, c]), y[i, c] - p[i, c], "sign",
            "the sign of the right side is wrong", "p_i - y_i",
        ),
        (
            Partial(L, s[i, j]), alpha[i, j] * b[i, j], "missing_term",
            r"the baseline $\mathbb{E}_{\alpha_i}[b]$ is missing",
            r"\alpha_{ij} \bigl(b_{ij} - \mathbb{E}_{\alpha_i}[b]\bigr)",
        ),
        (
            Partial(L, s[i, j]), alpha[i, j] * total(u[i, a] * v[j, a], a), "missing_term",
            r"the baseline $\sum_k \alpha_{ik} u_i^\top v_k$ is missing",
            r"\alpha_{ij} \Bigl(u_i^\top v_j - \sum_k \alpha_{ik} u_i^\top v_k\Bigr)",
        ),
        (
            A[i, j], b[i, j], "missing_term",
            r"the baseline $\mathbb{E}_{\alpha_i}[b]$ is missing",
            r"b_{ij} - \mathbb{E}_{\alpha_i}[b]",
        ),
        (
            Partial(L, z[i, c]), p[i, c], "missing_term", "the term $-y_i$ is missing", "p_i - y_i",
        ),
        (
            Partial(L, W_Q[e, r]), total(X[i, e] * D[i, j] * K[j, r], i, j), "factor",
            r"the factor $\frac{1}{\sqrt{d_k}}$ is missing",
            r"\frac{1}{\sqrt{d_k}} \sum_{i,j} D_{ij} x_i k_j^\top",
        ),
        (
            Partial(L, W_Q[e, r]), total(X[i, e] * D[i, j] * K[j, r], i, j) / D_K, "factor",
            r"the factor $\frac{1}{d_k}$ should be $\frac{1}{\sqrt{d_k}}$",
            r"\frac{1}{\sqrt{d_k}} \sum_{i,j} D_{ij} x_i k_j^\top",
        ),
        (
            Step(v[j, a], eta, v[j, a]), -total(alpha[i, j] * u[i, a], i), "factor",
            r"the factor $\eta$ is missing", r"-\eta \sum_i \alpha_{ij} u_i",
        ),
        (
            Partial(L, s[i, j]), 3 * alpha[i, j] * (b[i, j] - BASELINE), "factor",
            "the factor $3$ is one too many",
            r"\alpha_{ij} \bigl(b_{ij} - \mathbb{E}_{\alpha_i}[b]\bigr)",
        ),
        (
            Partial(L, s[i, j]), alpha[i, j] * (5 * b[i, j] - BASELINE), "factor",
            r"the factor $5$ is one too many",
            r"\alpha_{ij} \bigl(b_{ij} - \mathbb{E}_{\alpha_i}[b]\bigr)",
        ),
        (
            Step(v[j, a], eta, v[j, a]), -eta * total(alpha[j, i] * u[i, a], i), "transposed",
            r"$\alpha_{ji}$ should be $\alpha_{ij}$: its indices are exchanged",
            r"-\eta \sum_i \alpha_{ij} u_i",
        ),
        (
            Partial(alpha[i, j], s[i, k]), alpha[i, j] * (1 - alpha[i, k]), "missing_factor",
            r"the factor $\delta_{jk}$ is missing",
            r"\alpha_{ij} (\delta_{jk} - \alpha_{ik})",
        ),
        (
            Step(v[j, a], eta, v[j, a]), -eta * total(u[i, a], i), "missing_factor",
            r"the factor $\alpha_{ij}$ is missing", r"-\eta \sum_i \alpha_{ij} u_i",
        ),
        (
            Step(L, eta, v[j, a]), -eta * total(alpha[i, j] ** 2 * u[i, a] ** 2, i, j, a),
            "wrong_power",
            r"$\sum_{i,j} \alpha_{ij}^2 \lVert u_i \rVert^2$ should be "
            r"$\sum_j \Bigl\lVert \sum_i \alpha_{ij} u_i \Bigr\rVert^2$: wrong power",
            r"-\eta \sum_j \Bigl\lVert \sum_i \alpha_{ij} u_i \Bigr\rVert^2",
        ),
        (
            alpha[i, j], sp.exp(s[i, j]) / total(sp.exp(s[k, j]), k), "wrong_axis",
            "the softmax is over the wrong axis: it should be normalised over $j$, not over $i$",
            r"\frac{e^{s_{ij}}}{\sum_k e^{s_{ik}}}",
        ),
        (
            total(Partial(L, s[i, j]), j), sp.Integer(1), "extra_term",
            "the term $1$ is one too many", "0",
        ),
        (
            BASELINE, total(u[i, a] * v[i, a], a), "wrong_quantity",
            "$v_i$ should be $g_i$", r"u_i^\top g_i",
        ),
    ],
)  # fmt: skip
def test_the_mistake_is_named_and_put_right(left, right, kind, message, correct):
    diagnosis, correction = diagnosed(Equation(left, right))
    assert (diagnosis.kind, diagnosis.message) == (kind, message)
    assert correction.endswith(f" = {correct}")


def test_two_quantities_exchanged():
    wrong = 2 * y[i, c] * g[i, a] - p[i, c] * g[i, a]
    equation = Equation(2 * p[i, c] * g[i, a] - y[i, c] * g[i, a], wrong)
    diagnosis, _ = diagnosed(equation)
    assert (diagnosis.kind, diagnosis.message) == ("exchanged", "$p$ and $y$ are exchanged")


def test_a_missing_hypothesis_is_named_and_the_correction_does_without_it():
    diagnosis, correction = diagnosed(Equation(Partial(L, z[i, c]), p[i, c] - y[i, c]), UNLABELLED)
    assert diagnosis.kind == "missing_hypothesis"
    assert diagnosis.message == r"true if $\sum_c y_{ic} = 1$"
    assert correction.endswith(r"= p_{ic} \sum_d y_{id} - y_{ic}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (r"$$\sum_j M_{ij}^4 = \sum_j M_{ij}$$", "true if $M_{ij}^2 = M_{ij}$"),
        (r"$$\sum_c t_{ic}^2 = 1$$", "one-hot"),
        (r"$$f = x^\top A x$$ $$\frac{\partial f}{\partial x} = 2 A x$$", r"true if $A = A^\top$"),
        (r"$$\sum_i \sum_j B_{ij} w_j = \sum_j w_j$$", r"true if $\sum_"),
    ],
)
def test_hypotheses_of_every_kind(text, message):
    paper = read_claims(text, "-", model="none")
    claim = paper.claims[-1]
    diagnosis, _ = diagnosed(claim.equation, claim.model)
    assert diagnosis.kind == "missing_hypothesis"
    if message == "one-hot":
        assert r"\delta" in diagnosis.message
        assert r"\sum" in diagnosis.message
    else:
        assert message in diagnosis.message


def test_two_mistakes_are_unknown_but_the_correction_is_derived():
    diagnosis, correction = diagnosed(Equation(Partial(L, s[i, j]), 3 * alpha[j, i] * b[i, j] + 1))
    assert diagnosis.kind == "unknown"
    assert "the correction is derived from the model" in diagnosis.message
    assert correction.endswith(r"= \alpha_{ij} \bigl(b_{ij} - \mathbb{E}_{\alpha_i}[b]\bigr)")


def test_without_a_side_that_determines_the_other_there_is_no_correction():
    diagnosis, correction = diagnosed(Equation(2 * BASELINE + 3, total(u[i, a] * u[j, a], a)))
    assert diagnosis.kind == "unknown"
    assert correction == ""


def test_a_deadline_in_the_past_still_gives_an_answer():
    equation = Equation(Partial(L, s[i, j]), 3 * alpha[j, i] * b[i, j] + 1)
    diagnosis, correction = diagnosed(equation, seconds=-0.5)
    assert diagnosis.kind == "unknown"
    assert "ran out of time" in diagnosis.message
    assert correction.endswith(r"\mathbb{E}_{\alpha_i}[b]\bigr)")


def test_a_case_out_of_time_says_so():
    case = Case(MODEL, Equation(p[i, c], y[i, c]), deadline=time.monotonic() - 1)
    with pytest.raises(OutOfTime):
        case.holds(p[i, c], p[i, c])


def test_a_self_contained_document_is_corrected_in_its_own_symbols():
    text = r"""
$$S = \frac{1}{\sqrt{d}} Q K^\top, \quad P = \mathrm{softmax}(S), \quad O = P V$$
$$D_i = \sum_k O_{ik} dO_{ik}$$
$$dS_{ij} = P_{ij} dP_{ij}$$
$$dV = P dO$$
"""
    claims = [c for c in read_claims(text, "-").claims if c.kind == "claim"]
    diagnosis, correction = diagnosed(claims[0].equation, claims[0].model)
    assert diagnosis.message == "the baseline $D_i$ is missing"
    assert correction.endswith("- D_i\\Bigr)")
    diagnosis, correction = diagnosed(claims[1].equation, claims[1].model)
    assert (diagnosis.kind, diagnosis.message) == ("transposed", r"$P$ should be $P^\top$")
    assert r"\frac{\partial L}{\partial O" in correction  # the free gradient of an opaque loss


def test_a_residual_beside_an_adjoint_is_written_with_the_tensor():
    """The label of a tensor is a symbol of its name, which must not take the tensor's place."""
    theory = theory_of(MODEL)
    gradient = theory.resolve(Partial(L, W_Q[e, r]))
    polynomial = next(theory.levels(Equation(gradient, 0))).residual
    for _ in range(20):
        written = theory.write(polynomial, gradient)
        assert {x.name for x in written.atoms(sp.Symbol)} >= {"dL_dq", "X"}
        assert written.atoms(sp.Indexed)
        assert theory.prove(Equation(written, gradient)).proved


def test_an_unknown_function_is_judged_without_points():
    """Nothing evaluates f, so the normal form alone sorts the edits."""
    n = Size("n")
    (m,) = indices("m", n)
    x, out = Tensor("x", (n,)), Tensor("o", (n,))
    f = sp.Function("f")
    lines = (
        Definition(out[m], f(x[m]), "output"),
        Definition(sp.Symbol("L", real=True), total(x[m], m), "loss"),
    )
    model = Model("opaque", "an unknown function", (n,), (x,), lines, sp.Symbol("L", real=True))
    diagnosis, correction = diagnosed(Equation(out[m], -f(x[m])), model)
    assert diagnosis.kind == "sign"
    assert correction.startswith("o_m = ")


def test_what_cannot_be_derived_is_unknown():
    n = Size("n")
    (m,) = indices("m", n)
    x, loss = Tensor("x", (n,)), sp.Symbol("L", real=True)
    line = Definition(loss, total(sp.Function("f")(x[m]), m), "loss")
    model = Model("opaque", "an unknown function", (n,), (x,), (line,), loss)
    diagnosis, correction = diagnosed(Equation(Partial(loss, x[m]), x[m]), model)
    assert diagnosis.kind == "unknown"
    assert "is not part of the index calculus" in diagnosis.message
    assert correction == ""


# -- mutants of the catalogue ---------------------------------------------------------------

SAMPLE = 1  # mutants of each law
MOST_EDITS = 180  # laws that can be edited in more ways take seconds for each mutant
SECONDS = 2  # of a clock that counts candidates, so that no load matters


def equations_of_laws():
    """Return the model and the statement of every law that is an equation of moderate length."""
    for law in LAWS:
        model = model_named(law.models[0])
        statement = law.statement(model)
        if isinstance(statement, Equation):
            made = list(islice(mutants(model, statement), MOST_EDITS + 1))
            if len(made) <= MOST_EDITS:
                random.Random(law.name).shuffle(made)
                yield model, made


def mutants(model, statement):
    for side in (1, 0):
        for edit in edits(statement.args[side], model):
            sides = [*statement.args]
            sides[side] = edit.expression
            yield edit, Equation(*sides)


def false_ones(model, made):
    """Return (edit, equation) of sampled edits that make the law false."""
    by_kind = {}
    for edit, equation in made:  # as many kinds as possible, not fifty wrong factors
        by_kind.setdefault(edit.kind, []).append((edit, equation))
    order = [x for n in range(2) for group in by_kind.values() for x in group[n : n + 1]]
    false = ((x, q) for x, q in order if exact.check(model, q).agrees is False)
    return list(islice(false, SAMPLE))


@pytest.fixture
def corrections(monkeypatch):
    """The equations that are printed as corrections."""
    from proofs_checks.diagnosis import mistakes as module

    seen = []
    write = module.latex_equation
    monkeypatch.setattr(
        module, "latex_equation", lambda eq, model: (seen.append(eq), write(eq, model))[1]
    )
    return seen


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on a millisecond whenever it is looked at: once for each candidate."""
    from proofs_checks.diagnosis import case as module

    looks = count()
    clock = SimpleNamespace(monotonic=lambda: next(looks) / 1000)
    monkeypatch.setattr(module, "time", clock)
    return clock


def test_nine_of_ten_mutants_are_named_and_all_corrections_are_right(corrections, clock):
    named, judged = 0, 0
    for model, made in equations_of_laws():
        for edit, equation in false_ones(model, made):
            deadline = clock.monotonic() + SECONDS
            diagnosis, correction, _ = diagnose(model, equation, deadline=deadline)
            judged += 1
            named += diagnosis.kind == edit.kind
            assert bool(correction) == bool(corrections)
            for right in corrections:
                assert theory_of(model).prove(right).proved, right
                assert exact.check(model, right).agrees, right
            corrections.clear()
    assert judged >= 60
    assert named >= 0.9 * judged
