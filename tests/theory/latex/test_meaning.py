"""What is printed means what was given: printed LaTeX, read back, has the expression's value."""

import random
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.theory.latex.latex_values import value_of
from tests.theory.latex.sympy_values import full_value
from theory.algebra.expressions import free_indices
from theory.algebra.symbols import (
    Flow,
    Index,
    Partial,
    Size,
    Step,
    Tensor,
    delta,
    scalar,
    total,
)
from theory.catalogue import LAWS
from theory.latex import chain
from theory.models import model_named
from theory.models.attention_head import ATTENTION_HEADS

T, D, C = Size("T"), Size("d_v", feature=True), Size("C", feature=True)
SIZES = {x: 2 for x in ("T", "n", "H", "d_x", "d_k", "d_v", "C")}
eta, L = scalar("eta", positive=True), scalar("L")
VISIBLE = [Index(x, T) for x in "ijk"]
MATRICES = {
    ("C", "d_v"): Tensor("W_O", (C, D)),
    ("d_v", "d_v"): Tensor("R", (D, D)),
    ("C", "C"): Tensor("S", (C, C)),
}
COLUMNS = {
    "d_v": [Tensor("u", (T, D)), Tensor("v", (T, D)), Tensor("X", (T, D))],
    "C": [Tensor("p", (T, C)), Tensor("y", (T, C))],
}
ALPHA, B, W = Tensor("alpha", (T, T)), Tensor("b", (T, T)), Tensor("w", (T,))
MODEL = model_named("attention-head")


def arrays_for(seed):
    rng = np.random.default_rng(seed)
    arrays: dict[str, Any] = {"eta": rng.uniform(0.5, 1), "d_v": 2.0, "C": 2.0, "T": 2.0}
    for tensor in (B, W, Tensor("z", (T, C)), *MATRICES.values(), *sum(COLUMNS.values(), [])):
        arrays[str(tensor.label)] = rng.normal(size=[SIZES[n.name] for n in tensor.axes])
    arrays["dL_dz"], arrays["dL_dW_O"] = rng.normal(size=(2, 2)), rng.normal(size=(2, 2))
    weights = rng.uniform(0.1, 1, size=(2, 2))
    arrays["alpha"] = weights / weights.sum(axis=1, keepdims=True)
    return arrays


class Builder:
    """Draws scalars, columns and matrices; every contracted index gets a name of its own.

    From a seed: drawn choice by choice, hypothesis hardly ever leaves the smallest expressions.
    """

    def __init__(self, seed):
        self.random, self.used = random.Random(seed), 0

    def choose(self, *options):
        return self.random.choice(options)

    def silent(self, size):
        self.used += 1
        return Index(f"{'a' if size is D else 'c'}{self.used}", size)

    def visible(self):
        return self.choose(*VISIBLE)

    def scalar(self, depth):
        kinds = ["alpha", "b", "w", "eta", "delta", "number", "root"]
        if depth:
            kinds += "dot product add sum square mean entropy exp log quotient".split() * 2
        kind = self.choose(*kinds)
        i, j = self.visible(), self.visible()
        if kind == "dot":
            x = self.silent(self.choose(D, C))
            return total(self.column(x, depth - 1) * self.column(x, depth - 1), x)
        if kind == "sum":
            return total(self.scalar(depth - 1), *self.choose((i,), tuple(VISIBLE[:2])))
        if kind == "mean":
            return total(ALPHA[i, j] * B[i, j], j) if i != j else B[i, i]
        if kind == "entropy":
            k = Index("k", T)
            return self.choose(1, -1) * total(ALPHA[i, k] * sp.log(ALPHA[i, k]), k)
        if kind == "log":
            return sp.log(ALPHA[i, j])
        if kind == "exp":
            return sp.exp(self.choose(1, -1) * B[i, j] / 3)
        return {
            "alpha": lambda: ALPHA[i, j],
            "b": lambda: B[i, j],
            "w": lambda: W[i],
            "eta": lambda: eta,
            "delta": lambda: delta(i, j),
            "number": lambda: sp.Rational(self.choose(-2, -1, 1, 3), self.choose(1, 2)),
            "root": lambda: 1 / sp.sqrt(D),
            "product": lambda: self.scalar(depth - 1) * self.scalar(depth - 1),
            "add": lambda: self.scalar(depth - 1) - self.scalar(depth - 1),
            "square": lambda: self.scalar(depth - 1) ** 2,
            "quotient": lambda: self.scalar(depth - 1) / total(sp.exp(B[i, j]), j),
        }[kind]()

    def column(self, x, depth):
        kinds = ["entry"] * 3 + (["scaled", "matrix", "add", "sum"] * 2 if depth else [])
        kind = self.choose(*kinds)
        if kind == "scaled":
            return self.scalar(depth - 1) * self.column(x, depth - 1)
        if kind == "matrix":
            y = self.silent(self.choose(D, C))
            return total(self.matrix(x, y, depth - 1) * self.column(y, depth - 1), y)
        if kind == "add":
            return self.column(x, depth - 1) - self.column(x, depth - 1)
        if kind == "sum":
            return total(self.column(x, depth - 1), self.visible())
        i = self.visible()
        if x.size is C and self.choose(True, False):
            return Partial(L, Tensor("z", (T, C))[i, x])
        return self.choose(*COLUMNS[x.size.name])[i, x]

    def matrix(self, x, y, depth):
        kinds = ["entry"] * 2 + (["outer", "scaled", "add", "product", "diag"] if depth else [])
        kind = self.choose(*kinds)
        if kind == "outer":
            return self.column(x, depth - 1) * self.column(y, depth - 1)
        if kind == "scaled":
            return self.scalar(depth - 1) * self.matrix(x, y, depth - 1)
        if kind == "add":
            return self.matrix(x, y, depth - 1) - self.matrix(x, y, depth - 1)
        if kind == "product":
            z = self.silent(self.choose(D, C))
            return total(self.matrix(x, z, depth - 1) * self.matrix(z, y, depth - 1), z)
        if kind == "diag" and x.size is y.size:
            return delta(x, y) * self.column(x, depth - 1)
        for (rows, columns), tensor in MATRICES.items():
            if (rows, columns) == (x.size.name, y.size.name):
                if tensor is MATRICES["C", "d_v"] and self.choose(True, False):
                    return Partial(L, tensor[x, y])
                return tensor[x, y]
            if (columns, rows) == (x.size.name, y.size.name):
                return tensor[y, x]
        raise AssertionError("every pair of sizes has a matrix")


def ranked(seed, depth):
    """An expression and its silent free indices."""
    builder = Builder(seed)
    kind = builder.choose("scalar", "column", "matrix")
    x, y = Index("a", builder.choose(D, C)), Index("d", builder.choose(D, C))
    if kind == "scalar":
        return builder.scalar(depth), ()
    if kind == "column":
        return builder.column(x, depth), (x,)
    return builder.matrix(x, y, depth), (x, y)


def arrays_of(model, seed):
    """Numbers for every tensor of a model and for every dL/dx; softmax rows sum to one."""
    rng = np.random.default_rng(seed)
    arrays: dict[str, Any] = {"eta": 0.7}
    for x in "svQKVO":
        arrays[f"eps_{x}"] = arrays[f"epsilon_{x}"] = rng.uniform(0.5, 1)
    arrays |= {name: 2.0 for name in model.size_names}
    for name, tensor in model.tensors.items():
        shape = [2] * len(getattr(tensor, "axes", ()))
        arrays[name], arrays[f"dL_d{name}"] = rng.uniform(0.2, 1, shape), rng.normal(size=shape)
    for name in ("alpha", "p", "y"):
        arrays[name] = arrays[name] / arrays[name].sum(axis=-1, keepdims=True)
    # directions: in the scores, in the values, and in the values of one key
    arrays["xi"] = rng.normal(size=arrays["s"].shape)
    arrays["zeta"] = rng.normal(size=arrays["v"].shape)
    arrays["omega"] = rng.normal(size=arrays["v"][..., 0, :].shape)
    return arrays


def can_be_read(e):
    """Whether the reader of the tests knows every derivative in an expression."""
    simple = all(p.args[0] == L and len(p.args) == 2 for p in e.atoms(Partial))
    return simple and not e.has(Step, Flow)


def assert_close(found, expected, printed):
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9, err_msg=printed)


def check(e, rows, model, arrays):
    """Compare the printed expression with its value, at every value of its free indices."""
    free = sorted(free_indices(e) - set(rows), key=lambda k: k.name)
    result = Tensor("N", (*(k.size for k in free), *(k.size for k in rows)))
    if not result.axes or e == 0:
        left, (printed,) = "", chain([e], model)
    else:
        left, printed = chain([result[tuple((*free, *rows))], e], model)
    indexwise = bool(rows) and rows[-1].name in left
    sizes = {letter: 2 for letter in (*"ijklmabcdefrth", "h'", "I")}
    sizes |= {f"{letter}{n}": 2 for letter in "ijklmabcdefrth" for n in range(1, 60)}
    for place in np.ndindex(*(2 for _ in free)):
        env = dict(zip(free, place, strict=True))
        names = {k.name: n for k, n in env.items()}
        if not indexwise:
            expected = full_value(e, rows, arrays, env, SIZES)
            found = value_of(printed, arrays, names, sizes)
            assert_close(found, expected, printed)
            continue
        expected = full_value(e, rows, arrays, env, SIZES).reshape([2] * len(rows))
        for entry in np.ndindex(*expected.shape):
            at = names | {k.name: n for k, n in zip(rows, entry, strict=True)}
            found = value_of(printed, arrays, at, sizes)
            assert_close(found, expected[entry], printed)
    return indexwise


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 4), st.booleans())
def test_printed_expression_has_the_value_of_the_expression(seed, depth, with_model):
    e, rows = ranked(seed, depth)
    if e != 0 and not set(rows) <= free_indices(e):
        return
    check(e, rows, MODEL if with_model else None, arrays_for(0))


@pytest.mark.parametrize("name", ATTENTION_HEADS)
def test_every_line_of_every_law_means_what_it_says(name):
    """Each side of each statement and of each line of each derivation."""
    model = model_named(name)
    arrays = arrays_of(model, 1)
    laws = [law for law in LAWS if name in law.models]
    lines = [law.statement(model) for law in laws]
    lines += [step.equation for law in laws for step in law.derivation(model)]
    sides = {e for eq in lines for e in (eq.left, eq.right) if can_be_read(e)}
    assert len(sides) > 50
    for e in sorted(sides, key=str):
        silent = sorted((k for k in free_indices(e) if k.size.feature), key=str)
        check(e, tuple(silent), model, arrays)
