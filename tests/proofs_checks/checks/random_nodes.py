"""Random expressions with inverses, determinants, products, maxima and opaque functions."""

import random

import sympy as sp

from tests.proofs_checks.checks.node_statements import A, B, N, S, f, lam, t, u, w, x, y
from theory.algebra.nodes import Determinant, MatrixInverse, Maximum, ProductOver
from theory.algebra.symbols import delta, indices, total

POOL = indices("i j k l a b c d", N)


class Generator:
    """Draws expressions with free indices i and j at most; ``seed`` fixes them."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def expression(self, depth, scope=POOL[:2]):
        """Return a scalar whose free indices are in ``scope``."""
        draw = self.random
        scope = list(scope)
        if depth <= 0:
            return self.leaf(scope)
        kind = draw.random()
        k = draw.choice(POOL)
        inner = [*scope, k, k]
        if kind < 0.2:
            return self.expression(depth - 1, scope) + self.expression(depth - 1, scope)
        if kind < 0.45:
            return self.expression(depth - 1, scope) * self.expression(depth - 1, scope)
        if kind < 0.55:
            return total(self.expression(depth - 1, inner), k)
        if kind < 0.68:
            return ProductOver(self.expression(depth - 1, inner), k)
        if kind < 0.74:
            return Maximum(self.expression(depth - 1, inner), k)
        if kind < 0.93:
            a, b = draw.sample(POOL, 2)
            matrix = self.matrix(depth - 1, a, b, scope)
            if kind < 0.86:
                return MatrixInverse(matrix, a, b, draw.choice(scope), draw.choice(scope))
            return Determinant(matrix, a, b)
        if kind < 0.97:
            return f(self.expression(depth - 1, scope), orders=(draw.randint(0, 2),))
        values = [self.expression(depth - 1, scope) for _ in range(2)]
        return draw.choice([sp.Max, sp.Min])(*values)

    def leaf(self, scope):
        """Return an entry, a scalar or a number."""
        draw = self.random
        m, n = draw.choice(scope), draw.choice(scope)
        values = [t, u, lam, N, sp.Integer(2), sp.Integer(-1), x[m], y[m], w[m]]
        return draw.choice([*values, A[m, n], S[m, n], delta(m, n)])

    def matrix(self, depth, a, b, scope):
        """Return the entry (a, b) of a matrix."""
        draw = self.random
        kind = draw.random()
        others = [k for k in POOL if k not in (a, b)]
        if depth <= 0 or kind < 0.25:
            named = [A[a, b], B[b, a], S[a, b], A[b, a], delta(a, b) * x[a], x[a] * A[a, b]]
            return draw.choice([*named, A[a, b] + lam * delta(a, b)])
        if kind < 0.4:
            m = draw.choice(others)
            left, right = self.matrix(depth - 1, a, m, scope), self.matrix(depth - 1, m, b, scope)
            return total(left * right, m)
        if kind < 0.5:
            outside = [k for k in scope if k not in (a, b)] or [POOL[0]]
            return self.expression(depth - 1, outside) * self.matrix(depth - 1, a, b, scope)
        if kind < 0.6:
            c, d = draw.sample(others, 2)
            return MatrixInverse(self.matrix(depth - 1, c, d, scope), c, d, a, b)
        if kind < 0.7:
            return self.matrix(depth - 1, b, a, scope)
        if kind < 0.8:
            return draw.choice([x, y, w])[draw.choice([a, b])] * self.matrix(depth - 1, a, b, scope)
        if kind < 0.9:
            return self.matrix(depth - 1, a, b, scope) + self.matrix(depth - 1, a, b, scope)
        return self.expression(depth - 1, [*scope, a, b])
