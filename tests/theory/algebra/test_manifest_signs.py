"""Signs that can be read off, and those that cannot."""

import pytest
import sympy as sp

from theory.algebra.signs import Signs
from theory.algebra.symbols import Index, Size, Tensor, scalar, total
from theory.models import theory_of
from theory.models.attention_head import attention_head

T = Size("T")
i, j = Index("i", T), Index("j", T)
x, y = Tensor("x", (T,)), Tensor("y", (T,))
r = Tensor("r", (T,), nonnegative=True)
a, b, h = scalar("a"), scalar("b"), scalar("h", positive=True)
S = Signs()

NONNEGATIVE = [
    sp.S.Zero, sp.Integer(3), h, T, r[i], a**2, (a - b) ** 2, a**2 + r[i], sp.exp(-a), sp.Abs(a),
    total(r[i] * (x[i] - total(x[j] * y[j], j)) ** 2, i), a**4 / h, -a * (-a) / 1, sp.sqrt(a),
    1 / r[i], -(-h - a**2), h * sp.tanh(h / 2), a**2 - 1 - sp.log(a**2), sp.cosh(a) * sp.sech(b),
    r[i] * (r[j] / r[i] - 1 - sp.log(r[j] / r[i])), (-h) ** 2 * h, (-h) * (-(a**2)), a**-2,
    sp.KroneckerDelta(i, j) * r[i],
]  # fmt: skip
NOT_SEEN = [
    a, -h, a**3, a * b, x[i], total(x[i], i), a**2 - h, a - 1 - sp.log(b), sp.log(h), -sp.exp(a),
    a - sp.log(a), sp.tanh(a), h * x[i], total(x[i] * r[i], i), a - 2 - sp.log(a), -(a**2),
    a - 1 + sp.log(a), -(total(r[i], i)), 1 / a, a**2 * x[i],
]  # fmt: skip


@pytest.mark.parametrize("e", NONNEGATIVE, ids=str)
def test_manifest_signs_are_seen(e):
    assert S.nonnegative(e)


@pytest.mark.parametrize("e", NOT_SEEN, ids=str)
def test_nothing_is_claimed_where_the_sign_is_open(e):
    assert not S.nonnegative(e)


def test_strict_signs_need_a_part_that_is_never_zero():
    assert S.positive(h) and S.positive(sp.exp(a)) and S.positive(a**2 + h)
    assert S.positive(total(sp.exp(x[i]), i)) and S.positive(h * sp.exp(a) / T)
    assert S.positive(h / (h + a**2)) and S.positive(1 / a**2)
    for e in (a**2, r[i], sp.S.Zero, total(r[i], i), sp.Abs(a), h - 1, a**2 - 1 - sp.log(a**2)):
        assert not S.positive(e)


def test_the_sign_of_a_definition_is_that_of_its_value_not_of_its_declaration():
    model = attention_head("masked", mask="arbitrary")
    signs = theory_of(model).signs
    alpha = model.tensors["alpha"]
    i, j = (model.index(letter, "T") for letter in "ij")
    assert signs.nonnegative(alpha[i, j])
    assert not signs.positive(alpha[i, j])  # masked entries are zero
    assert theory_of(attention_head()).signs.positive(alpha[i, j])
    assert not signs.nonnegative(model.tensors["s"][i, j])
    assert not Signs({"a": model.by_name["s"]}).nonnegative(scalar("a", positive=True))
