"""The structure of statements as text."""

import dataclasses
import os
import subprocess
import sys

import pytest
import sympy as sp

from proofs_checks.structure import structure
from theory.algebra.expressions import Equation, fresh
from theory.algebra.symbols import Index, Size, Tensor, total
from theory.catalogue import law_named
from theory.models import model_named

HEAD = model_named("attention-head")
N, M = Size("n"), Size("m")
I, J = Index("i", N), Index("j", N)
A = Tensor("a", (N,))


def summed():
    k = fresh(Index("k", N))
    return total(A[k] ** 2, k)


def test_names_that_were_made_up_do_not_count():
    first, second = summed(), summed()
    assert first != second
    assert structure(first) == structure(second)
    assert structure(first, second) != structure(first, first)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (A[I], A[J]),
        (A[I], Tensor("a", (M,))[Index("i", M)]),
        (A[I], Tensor("a", (N,), nonnegative=True)[I]),
        (A[I], Tensor("a", (Size("n", feature=True),))[Index("i", Size("n", feature=True))]),
        (sp.Symbol("x"), sp.Symbol("x", real=True)),
        (Equation(A[I], 0), Equation(A[I], 0, (sp.log(A[I]),))),
        (sp.Integer(1), 1),
        ((1, 2), (1, (2,))),
        ("ab", ("a", "b")),
        (sp.Function("f")(A[I]), sp.Function("g")(A[I])),
        ({"mask": None}, {"mask": "causal"}),
        (frozenset(["a"]), frozenset(["a", "b"])),
        (HEAD, model_named("attention-head-causal")),
        (HEAD, dataclasses.replace(HEAD, constraints=())),
        (HEAD, dataclasses.replace(HEAD, features={})),
        (HEAD, dataclasses.replace(HEAD, letters={})),
    ],
)
def test_what_differs_has_another_structure(one, other):
    assert structure(one) != structure(other)
    assert structure(one) == structure(one)


def test_what_is_not_known_has_none():
    with pytest.raises(TypeError, match="the structure of object <object .*> is not known"):
        structure(object())
    with pytest.raises(TypeError, match="the structure of frozenset"):
        structure(frozenset([1]))


def test_it_is_the_same_in_every_process():
    code = (
        "from proofs_checks.structure import structure\n"
        "from theory.catalogue import law_named\n"
        "from theory.models import model_named\n"
        "model = model_named('attention-head')\n"
        "print(structure(model, law_named('advantage-routing').statement(model)))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert done.stdout.strip() == structure(HEAD, law_named("advantage-routing").statement(HEAD))
