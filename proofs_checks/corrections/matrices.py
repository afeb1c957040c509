r"""Index expressions as products of vectors and matrices.

    sum_k A_ik B_kj            A B                 A_ij B_ij         A \odot B
    sum_k A_ki B_kj            A^\top B            v_i A_ij          \mathrm{diag}(v) A
    sum_k A_ik v_k             A v                 u_i v_j           u v^\top
    sum_k u_k v_k              u^\top v            sum_k A_ik        A \mathbf{1}

A term is a set of parts, each over at most two indices.  Parts over the same indices are multiplied
entry by entry; a bound index that two parts share is contracted; the rest is what is left of the
term.  What cannot be written so (functions of entries, three parts at one index that are no
vectors) has no matrix form: `matrix_form` returns None.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from theory.algebra.expressions import bound_of, free_indices, fresh, slots, substitute
from theory.algebra.symbols import Index, Partial

__all__ = ["matrix_form"]

Named = Callable[[Any], str | None]
"""The LaTeX of the whole tensor of an entry or of a derivative; of a scalar, of itself."""


@dataclass(frozen=True)
class _Part:
    """LaTeX of a vector over ``row``, or of a matrix; ``level`` 0 symbol, 1 product, 2 odot.

    ``operands`` are the matrices of a product or of an entrywise product, which is transposed by
    transposing them.
    """

    latex: str
    row: Index
    column: Index | None = None
    level: int = 0
    operands: tuple[_Part, ...] = ()

    @property
    def indices(self) -> tuple[Index, ...]:
        return (self.row,) if self.column is None else (self.row, self.column)

    def text(self, level: int) -> str:
        """Return the LaTeX, in brackets if it binds less tightly than ``level``."""
        return f"({self.latex})" if self.level > level else self.latex

    def transposed(self) -> _Part:
        """Return the transpose of a matrix."""
        if self.column is None:
            return self
        if self.operands and self.level == 1:
            return _product(*(x.transposed() for x in reversed(self.operands)))
        if self.operands:
            return _entrywise(*(x.transposed() for x in self.operands))
        if self.row_is_column:
            return replace(self, row=self.column, column=self.row)
        plain = self.latex.removesuffix(r"^\top")
        latex = plain if plain != self.latex else rf"{self.text(0)}^\top"
        return _Part(latex, self.column, self.row)

    @property
    def row_is_column(self) -> bool:
        """Whether the matrix is symmetric by what it is: I, or diag(v)."""
        return self.latex == "I" or self.latex.startswith(r"\mathrm{diag}(")

    def towards(self, row: Index) -> _Part:
        """Return the matrix or its transpose, whichever has these rows."""
        return self if self.row == row else self.transposed()


def _product(*parts: _Part) -> _Part:
    """Return the product of matrices, each with the rows that are the columns before it."""
    latex = " ".join(p.text(1) for p in parts)
    return _Part(latex, parts[0].row, parts[-1].column, 1, parts)


def _entrywise(*parts: _Part) -> _Part:
    r"""Return A \odot B for matrices or vectors over the same indices."""
    latex = r" \odot ".join(p.text(1) for p in parts)
    return _Part(latex, parts[0].row, parts[0].column, 2, parts)


def _diagonal(vector: _Part, row: Index, column: Index) -> _Part:
    return _Part(rf"\mathrm{{diag}}({vector.latex})", row, column)


def matrix_form(e: Any, row: Index | None, column: Index | None, named: Named) -> str | None:
    """Return an expression over at most two silent axes in matrix notation, None if it has none."""
    written: list[str] = []
    for term in sp.Add.make_args(_expanded(e)):
        found = _term(term, row, column, named)
        if found is None:
            return None
        negative, latex = found
        sign = "-" if negative else "+" if written else ""
        written.append(f"{sign} {latex}" if written else f"{sign}{latex}")
    return " ".join(written)


def _expanded(e: Any) -> Any:
    """Return the expression with sums of terms multiplied out, inside sums too."""
    e = sp.expand(e)
    if isinstance(e, sp.Add):
        return sp.Add(*(_expanded(x) for x in e.args))
    sums = [x for x in sp.Mul.make_args(e) if isinstance(x, sp.Sum)]
    for node in sums:
        inner = _expanded(node.function)
        if isinstance(inner, sp.Add):
            terms: list[Any] = [sp.Sum(x, *node.limits) for x in inner.args]
            parts = sp.Add(*terms)
            return _expanded(e.xreplace({node: parts}))
    return e


def _term(
    term: Any, row: Index | None, column: Index | None, named: Named
) -> tuple[bool, str] | None:
    """Return whether a term is negative, and the rest of it."""
    scalars, factors, bound = _flat(term)
    number, rest = scalars.as_coeff_Mul()
    parts: list[_Part] = []
    for factor in factors:
        found = _part(factor, named)
        if found is None:
            return None
        parts += found
    free = [k for k in (row, column) if k is not None]
    closed = _contracted(parts, set(bound), free)
    if closed is None:
        return None
    numbers, left = closed
    shaped = _shaped(left, row, column)
    if shaped is None:
        return None
    ahead = named(rest * abs(number)) if rest * abs(number) != 1 else ""
    if ahead is None:
        return None
    pieces = [x for x in (ahead, *numbers, shaped) if x]
    return bool(number < 0), " ".join(pieces) or "1"


def _flat(term: Any) -> tuple[Any, list[Any], list[Index]]:
    """Return the scalar factors, the factors with indices, and the bound indices of a product."""
    scalars, factors, bound = sp.S.One, [], []
    for factor in sp.Mul.make_args(term):
        if isinstance(factor, sp.Sum):
            apart = {k: fresh(k) for k in bound_of(factor)}
            inner, more, further = _flat(substitute(factor.function, apart))
            scalars, factors = scalars * inner, factors + more
            bound += [*apart.values(), *further]
        elif isinstance(factor, sp.Pow) and factor.exp == 2 and free_indices(factor):
            factors += [factor.base, factor.base]
        elif free_indices(factor):
            factors.append(factor)
        else:
            scalars *= factor
    return scalars, factors, bound


def _part(factor: Any, named: Named) -> list[_Part] | None:
    """Return a factor as a vector or a matrix."""
    if isinstance(factor, sp.KroneckerDelta):
        at: Any = factor.args[:2]
        return [_Part("I", *at)] if all(isinstance(k, Index) for k in at) else None
    entry = factor.args[1] if isinstance(factor, Partial) and len(factor.args) == 2 else factor
    latex = named(factor)
    at = slots(entry)
    usable = len(at) in (1, 2) and all(isinstance(k, Index) for k in at) and len(set(at)) == len(at)
    if latex is None or not usable:
        return None
    level = 0 if "\\frac" not in latex else 1
    return [_Part(latex, *at, level=level)]


def _contracted(
    parts: list[_Part], bound: set[Index], free: list[Index]
) -> tuple[list[str], list[_Part]] | None:
    """Contract all bound indices; return the scalars that came of it and the parts left."""
    numbers: list[str] = []
    while True:
        parts = _merged(parts)
        k = min(
            (k for k in bound if any(k in p.indices for p in parts)),
            key=lambda k: (sum(k in p.indices for p in parts), str(k)),
            default=None,
        )
        if k is None:
            return numbers, parts
        touching = [p for p in parts if k in p.indices]
        rest = [p for p in parts if k not in p.indices]
        made = _at(k, touching)
        if made is None:
            return None
        if isinstance(made, str):
            numbers.append(made)
        else:
            rest.append(made)
        parts = rest


def _merged(parts: list[_Part]) -> list[_Part]:
    r"""Multiply parts over the same indices entry by entry."""
    out: list[_Part] = []
    for part in parts:
        for n, other in enumerate(out):
            if set(other.indices) == set(part.indices):
                operands = other.operands if other.level == 2 else (other,)
                out[n] = _entrywise(*operands, part.towards(other.row))
                break
        else:
            out.append(part)
    return out


def _at(k: Index, touching: list[_Part]) -> _Part | str | None:
    """Sum over ``k`` what touches it: a part, a scalar, or None where that is no product."""
    vectors = [p for p in touching if p.column is None]
    matrices = [p for p in touching if p.column is not None]
    if len(matrices) > 2 or len(vectors) > 1:
        return None
    if not matrices:
        *first, last = vectors[0].operands if vectors[0].level == 2 else vectors
        if not first:
            return rf"\mathbf{{1}}^\top {last.text(1)}"
        return rf"{_bracketed(_entrywise(*first).latex)}^\top {last.text(1)}"
    first, *others = matrices
    if not others:
        mine = first.transposed() if first.row == k else first
        ones = vectors[0].text(0) if vectors else r"\mathbf{1}"
        return _Part(f"{mine.text(1)} {ones}", mine.row, None, 1)
    a = first.transposed() if first.row == k else first
    b = others[0].towards(k)
    return _product(a, *(_diagonal(v, k, k) for v in vectors), b)


def _bracketed(latex: str) -> str:
    return f"({latex})" if " " in latex else latex


def _shaped(parts: list[_Part], row: Index | None, column: Index | None) -> str | None:
    """Return the product of what is left, in the shape of the equation."""
    vectors = {p.row: p for p in parts if p.column is None}
    matrices = [p for p in parts if p.column is not None]
    if len(matrices) > 1 or not vectors.keys() <= {row, column}:
        return None
    if row is None or column is None:
        if matrices:
            return None
        axis = row if row is not None else column
        if axis is None:
            return "" if not vectors else None
        latex = vectors[axis].latex if vectors else r"\mathbf{1}"
        return latex if column is None else rf"{_bracketed(latex)}^\top"
    if not matrices:
        u = vectors[row].text(0) if row in vectors else r"\mathbf{1}"
        v = vectors[column].text(0) if column in vectors else r"\mathbf{1}"
        return rf"{u} {v}^\top"
    matrix = matrices[0].towards(row)
    if set(matrix.indices) != {row, column}:
        return None
    around = [matrix]
    if row in vectors:
        around.insert(0, _diagonal(vectors[row], row, row))
    if column in vectors:
        around.append(_diagonal(vectors[column], column, column))
    if matrix.latex == "I" and len(around) > 1:
        around.remove(matrix)
    return around[0].latex if len(around) == 1 else _product(*around).latex
