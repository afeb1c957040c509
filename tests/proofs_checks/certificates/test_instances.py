"""Instances that meet premises, and sums shown summand by summand: found, and not made up."""

import sympy as sp

from proofs_checks.certificates.instances import Value, instance_of, witness
from proofs_checks.certificates.summands import summand, wants_summands
from theory.algebra.symbols import Index, Size, Tensor
from theory.models import model_named

RISK = model_named("linear-regression-risk")
PAIR = model_named("symmetric-pair")


def found(model, names):
    equations = [c.equation for c in model.constraints]
    ranks = {n: len(getattr(model.tensors[n], "axes", ())) for n in names}
    return witness(equations, [], ranks, [s.name for s in model.sizes], set())


def test_premises_that_no_sizes_1_meet_get_a_size_2():
    at = found(RISK, ["U", "V", "q", "z"])
    assert at.doubled == {"M"}
    assert at.values["q"] == Value(sp.Rational(1, 2))
    assert at.values["z"] == Value(1, 0)
    assert at.values["z"].text(2) == "(fun i _ => 1 - 2 * INR i)"


def test_an_instance_names_its_sizes_and_tensors():
    at = found(RISK, ["q", "z"])
    text = "\n".join(instance_of("law", ["N", "M"], 0, {"q": 1, "z": 2}, at, 1, []))
    assert "at sizes 1 and 2." in text
    assert "(law 1%nat 2%nat (fun _ => 1/2) (fun i _ => 1 - 2 * INR i) _)" in text


def test_premises_that_sizes_1_meet_get_constants():
    at = found(model_named("circulant-chain"), ["p", "R"])
    assert not at.doubled and at.values == {"p": Value(1), "R": Value(1)}


def test_premises_that_nothing_meets_get_ones_for_coqc_to_refuse():
    x = sp.Symbol("x")
    at = witness([sp.Eq(x, x + 1, evaluate=False)], [], {"x": 0}, [], set())
    assert at.values == {"x": Value(1)}


def test_denominators_are_not_zero_in_an_instance():
    """A spread is zero for constants, so one size is 2 and the sign alternates."""
    N = Size("N")
    x, i, j = Tensor("x", (N,)), Index("i", N), Index("j", N)
    mean = sp.Sum(x[j], (j, 1, N)) / N
    spread = sp.Sum((x[i] - mean) ** 2, (i, 1, N))
    at = witness([], [("positive", spread)], {"x": 1}, ["N"], set())
    assert at.doubled == {"N"} and at.values == {"x": Value(1, 0)}
    assert witness([], [("nonzero", x[i])], {"x": 1}, ["N"], set()).values == {"x": Value(1)}


def test_a_difference_is_one_sum():
    x, r = PAIR.tensors["x"], PAIR.tensors["r"]
    (i,) = PAIR.by_name["r"].parameters
    total = sp.Sum(x[i], (i, 1, i.size))
    k, h = summand(2 * (total - 3) / i.size + sp.Sum(r[i], (i, 1, i.size)))
    assert sp.expand(h - (2 * x[k] / k.size - 6 / k.size**2 + r[k])) == 0
    assert summand(total**2) is None
    assert summand(total * total.subs(x[i], r[i])) is None


def test_summands_are_wanted_for_hyperbolic_functions_and_sums_of_exponentials():
    x = sp.Symbol("x")
    assert wants_summands([sp.tanh(x)])
    assert wants_summands([1 / (sp.exp(x) + sp.exp(-x))])
    assert not wants_summands([sp.exp(x), 1 / (1 + x)])
