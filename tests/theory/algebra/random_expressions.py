"""Random index expressions, equivalent rewritings of them, and mutations.

The vocabulary: sizes T and n; tensors x_i, y_i, S_ij over T, w_a over n, s_ia over T and n,
r_i > 0; scalars c (any sign) and h > 0; free indices i, j over T and m over n.  Under hypotheses:
P_ij with rows that sum to one, O_ia with one-hot rows, a mask B_i of zeros and ones.
"""

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from theory.algebra.expressions import Equation, free_indices, fresh, refresh, substitute
from theory.algebra.symbols import Index, Size, Tensor, delta, indices, scalar, total
from theory.models.facts import rule_of

T, N = Size("T"), Size("n")
i, j = indices("i j", T)
(m,) = indices("m", N)
FREE = (i, j, m)
x, y = Tensor("x", (T,)), Tensor("y", (T,))
r = Tensor("r", (T,), nonnegative=True)
w = Tensor("w", (N,))
s, S = Tensor("s", (T, N)), Tensor("S", (T, T))
c, h = scalar("c"), scalar("h", positive=True)
P = Tensor("P", (T, T), nonnegative=True)
O, B = Tensor("O", (T, N), nonnegative=True), Tensor("B", (T,), nonnegative=True)
TENSORS = (x, y, r, w, s, S, P, O, B)
RULES = tuple(
    rule_of(Equation(left, right), "")
    for left, right in (
        (total(P[i, j], j), 1),
        (total(O[i, m], m), 1),
        (O[i, m] * O[i, Index("a", N)], delta(m, Index("a", N)) * O[i, m]),
        (O[i, m] ** 2, O[i, m]),
        (B[i] ** 2, B[i]),
    )
)
SIZES = ({"T": 2, "n": 3}, {"T": 3, "n": 1})


def point(sizes, seed: int) -> dict[str, np.ndarray]:
    """Return random values: half of the entries negative, those of r and h positive."""
    draw = np.random.default_rng(seed)
    values = {str(t.label): draw.normal(size=[sizes[k.name] for k in t.axes]) for t in TENSORS}
    values["r"] = np.abs(values["r"]) + 0.1
    values["P"] = np.abs(values["P"]) + 0.1
    values["P"] /= values["P"].sum(axis=1, keepdims=True)
    values["O"] = np.eye(sizes["n"])[draw.integers(sizes["n"], size=sizes["T"])]
    values["B"] = draw.integers(2, size=sizes["T"]).astype(float)
    return {**values, "c": draw.normal(), "h": np.abs(draw.normal()) + 0.1}


def _entry(draw, scope):
    tensor = draw(st.sampled_from(TENSORS))
    slots = []
    for size in tensor.axes:
        choices = [k for k in scope if k.size == size]
        if size == T and draw(st.integers(0, 15)) == 0:
            slots.append(sp.Integer(1))
        else:
            slots.append(draw(st.sampled_from(choices)))
    return tensor[tuple(slots)]


def _bound(draw, scope):
    size = draw(st.sampled_from((T, N)))
    name = draw(st.sampled_from("klp" if size == T else "abd"))
    return Index(name, size)  # may shadow an outer one: that is allowed


@st.composite
def expressions(draw, depth: int = 3, scope: tuple[Index, ...] = FREE):
    """Draw an expression; all its free indices lie in ``scope``."""
    return _any(draw, depth, scope)


def _any(draw, depth, scope):
    if depth == 0:
        kind = draw(st.integers(0, 9))
        if kind < 7:
            return _entry(draw, scope)
        if kind == 7:
            return draw(st.sampled_from((sp.Integer(2), sp.Rational(-1, 3), c, h, T, N)))
        first, second = (draw(st.sampled_from([k for k in scope if k.size == T])) for _ in "12")
        return delta(first, second)
    kind = draw(st.integers(0, 12))
    if kind <= 2:
        return _any(draw, depth - 1, scope) * _any(draw, depth - 1, scope)
    if kind <= 4:
        return _any(draw, depth - 1, scope) + _any(draw, depth - 1, scope)
    if kind <= 7:
        k = _bound(draw, scope)
        return total(_any(draw, depth - 1, (*scope, k)), k)
    if kind == 8:
        return _any(draw, depth - 1, scope) / _positive(draw, depth - 1, scope)
    if kind == 9:
        return sp.exp(_any(draw, depth - 1, scope))
    if kind == 10:
        return sp.log(_positive(draw, depth - 1, scope))
    if kind == 11:  # defined only where the argument happens to be positive
        return draw(st.sampled_from((sp.sqrt, sp.log)))(_any(draw, depth - 1, scope))
    part = _any(draw, depth - 1, scope)
    return draw(st.sampled_from((part**2, part**3, sp.Abs(part), _entry(draw, scope) ** T)))


def _positive(draw, depth, scope):
    kind = draw(st.integers(0, 7))
    if depth <= 0 or kind == 0:
        return draw(st.sampled_from((r[i], h, sp.exp(x[j]), 1 + y[i] ** 2)))
    if kind <= 3:
        k = _bound(draw, scope)
        return total(_positive(draw, depth - 1, (*scope, k)), k)
    if kind == 4:
        return sp.exp(_any(draw, depth - 1, scope))
    if kind == 5:
        return _positive(draw, depth - 1, scope) + _positive(draw, depth - 1, scope)
    if kind == 6:
        return 1 + _any(draw, depth - 1, scope) ** 2
    return sp.sqrt(_positive(draw, depth - 1, scope))


def tame(e) -> bool:
    """Whether no delta stands inside a function, where it is not worked out.

    |S_ij (1 + delta_ij)| and |S_ij + S_ii delta_ij| are equal, but have two normal forms.
    """
    functions = e.atoms(sp.exp, sp.log, sp.Abs, sp.Pow)
    return not any(f.has(sp.KroneckerDelta) for f in functions)


# -- equivalent rewritings ----------------------------------------------------------------------


def _places(e, path=()):
    """Yield the paths of all subexpressions that are values (no limits, no indices)."""
    yield path
    if isinstance(e, sp.Sum):
        yield from _places(e.function, (*path, 0))
    elif isinstance(e, sp.Add | sp.Mul | sp.exp | sp.log | sp.Abs):
        for n, argument in enumerate(e.args):
            yield from _places(argument, (*path, n))
    elif isinstance(e, sp.Pow):
        yield from _places(e.base, (*path, 0))


def _scope(e, path):
    """Return the part at ``path``, the indices in scope, and whether no function encloses it."""
    inside, plain = set(FREE), True
    for n in path:
        plain = plain and isinstance(e, sp.Sum | sp.Add | sp.Mul)
        if isinstance(e, sp.Sum):
            inside |= {limit[0] for limit in e.limits}
        e = e.args[n]
    return e, inside, plain


def _put(e, path, new):
    if not path:
        return new
    arguments = list(e.args)
    arguments[path[0]] = _put(arguments[path[0]], path[1:], new)
    return e.func(*arguments)


def _rename(e, draw, _):
    return refresh(e)


def _expand(e, draw, _):
    return sp.expand_mul(e, deep=False)


def _reverse(e, draw, _):
    if isinstance(e, sp.Add | sp.Mul):
        return e.func(*reversed(e.args), evaluate=False)
    return e


def _split(e, draw, _):
    if isinstance(e, sp.Sum):
        body = sp.expand_mul(e.function)
        if isinstance(body, sp.Add):
            return sp.Add(*(sp.Sum(t, *e.limits) for t in body.args))
    return e


def _merge(e, draw, _):
    """c * sum_k f_k + d  ->  sum_k (c f_k + d / size)."""
    if isinstance(e, sp.Add):
        for term in e.args:
            if isinstance(term, sp.Sum):
                own = refresh(term)
                (k, *_), *more = own.limits
                if not more:
                    return total(own.function + (e - term) / k.size, k)
    return e


def _pull_in(e, draw, _):
    """c * sum_k f_k  ->  sum_k c f_k."""
    if isinstance(e, sp.Mul):
        for factor in e.args:
            if isinstance(factor, sp.Sum):
                own = refresh(factor)
                others = [f for f in e.args if f is not factor]
                return sp.Sum(sp.Mul(own.function, *others), *own.limits)
    return e


def _exchange(e, draw, _):
    if isinstance(e, sp.Sum) and isinstance(e.function, sp.Sum):
        return e
    if isinstance(e, sp.Sum) and len(e.limits) > 1:
        own = refresh(e)
        return sp.Sum(own.function, *reversed(own.limits))
    return e


def _times_one(e, draw, inside):
    """e  ->  sum_k exp(s_ik) e / sum_k exp(s_ik): an expectation of a constant."""
    k = fresh(Index("a", N))
    row = draw(st.sampled_from(sorted((q for q in inside if q.size == T), key=str)))
    return total(sp.exp(s[row, k]) * e, k) / total(sp.exp(s[row, k]), k)


def _times_row(e, draw, inside):
    """e  ->  sum_k P_ik e."""
    k = fresh(Index("k", T))
    row = draw(st.sampled_from(sorted((q for q in inside if q.size == T), key=str)))
    return total(P[row, k] * e, k)


def _common_denominator(e, draw, inside):
    row = draw(st.sampled_from(sorted((q for q in inside if q.size == T), key=str)))
    k = fresh(Index("k", T))
    first, second = sp.exp(x[row]), total(r[k], k)
    return (e * first + e * second) / (first + second)


def _sift(e, draw, _):
    """f_j  ->  sum_k delta_jk f_k."""
    mine = sorted((k for k in free_indices(e) if k.size == T), key=str)
    if not mine:
        return e
    here = draw(st.sampled_from(mine))
    k = fresh(here)
    return total(delta(here, k) * substitute(e, {here: k}), k)


def _average(e, draw, _):
    k = fresh(Index("k", T))
    return total(e / T, k)


REWRITINGS = (
    _rename,
    _expand,
    _reverse,
    _split,
    _merge,
    _pull_in,
    _exchange,
    _times_one,
    _times_row,
    _common_denominator,
    _sift,
    _average,
)
# log(x z + y z) is no product for a normal form that does not factor polynomials
SAFE_INSIDE_FUNCTIONS = tuple(f for f in REWRITINGS if f is not _common_denominator)


@st.composite
def rewritten(draw, depth: int = 3, steps: int = 4):
    """Draw an expression, an equal one made from it, and the names of the rewritings."""
    start = draw(expressions(depth))
    e, names = start, []
    for _ in range(draw(st.integers(1, steps))):
        path = draw(st.sampled_from(list(_places(e))))
        part, inside, plain = _scope(e, path)
        rule = draw(st.sampled_from(REWRITINGS if plain else SAFE_INSIDE_FUNCTIONS))
        e = _put(e, path, rule(part, draw, inside))
        names.append(rule.__name__)
    return start, e, names


@st.composite
def mutated(draw, depth: int = 3):
    """Draw an expression and one that differs in one place, which may happen to be equal."""
    e = draw(expressions(depth))
    path = draw(st.sampled_from(list(_places(e))))
    part, inside, _ = _scope(e, path)
    scope = tuple(sorted(inside, key=str))
    kind = draw(st.integers(0, 6))
    if kind == 0:
        new = -part
    elif kind == 1:
        new = 2 * part
    elif kind == 2:
        new = _any(draw, 1, scope)
    elif kind == 3:
        new = sp.Abs(part)
    elif kind == 4:
        mine = sorted((k for k in free_indices(part) if k.size == T), key=str)
        others = [k for k in scope if k.size == T]
        if not mine:
            return e, _put(e, path, part + c)
        new = substitute(part, {draw(st.sampled_from(mine)): draw(st.sampled_from(others))})
    elif kind == 5:
        new = part**2
    else:
        new = part.args[0] if part.args and isinstance(part, sp.Add | sp.Mul) else part + c
    return e, _put(e, path, new)
