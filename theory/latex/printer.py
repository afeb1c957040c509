r"""Index expressions in the notation of papers.

One printer writes one statement, with the silent axes (features, classes) dropped everywhere or
nowhere: W_O^\top (p_i - y_i), or \sum_c W_{O,ca} (p_{ic} - y_{ic}).  With them dropped, an
expression is a scalar, a column or a matrix; ``order`` names its silent indices, rows first.

The head index of multi-head models is a first subscript, like any index: s_{hij}, W_{O,h}.  A
row of a matrix named by a capital is written as a column in lower case: x_i is row i of X.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sympy as sp

from theory.algebra.binders import Binder
from theory.algebra.expressions import bound_of, free_indices
from theory.algebra.nodes import Applied
from theory.algebra.symbols import Flow, Index, Partial, Size, Step, Tensor
from theory.latex.calculus import flattened, partial, rate, step
from theory.latex.contraction import Contraction, NotVectorial, Order, contract
from theory.latex.entries import entry, is_feature, mean, named, position
from theory.latex.functions import applied
from theory.latex.names import Name, index_name, name_of, subscripted
from theory.latex.nodes import binder, opaque
from theory.latex.pieces import (
    Kind,
    Piece,
    Signed,
    joined,
    minus,
    parenthesised,
    transposed,
)
from theory.latex.products import Factors, assembled, flattened_product
from theory.latex.recognition import (
    Entropy,
    Mean,
    axes,
    is_full,
    label,
    limits_of,
    silent_free,
    stochastic_tensors,
)
from theory.models.model import Model

__all__ = ["Printer"]

CONSTANTS = {sp.pi: r"\pi", sp.E: "e", sp.oo: r"\infty"}


class Printer:
    r"""Prints the expressions of one statement.

    ``silent`` drops the axes of features.  ``letters`` names every free index; ``names`` are all
    tensors and scalars, so that a column x_i is not confused with an entry of another tensor x.
    ``moving`` are the names that the steps and the flows of the statement move; a step or flow that
    moves only some of them says so: \Delta_s L.
    """

    def __init__(
        self,
        model: Model | None,
        silent: bool,
        letters: Mapping[Index, str],
        names: Iterable[str],
        moving: Mapping[type, Iterable[str]] | None = None,
    ) -> None:
        self.model, self.silent = model, silent
        self.letters, self.names = dict(letters), frozenset(names)
        self.weights = stochastic_tensors(model)
        self.moving = {kind: frozenset(names) for kind, names in (moving or {}).items()}
        # the vocabulary of the theory comes before the lines of the program: u_i^T g_i
        lines = [*model.vocabulary, *model.definitions] if model else []
        inputs = (
            [str(x.label) if isinstance(x, Tensor) else str(x) for x in model.inputs]
            if model
            else []
        )
        self.places = {name: n for n, name in enumerate([*(line.name for line in lines), *inputs])}

    # -- indices ----------------------------------------------------------------------------------

    def letter(self, k: Index) -> str:
        """Return the letter of an index."""
        return self.letters.get(k, k.name)

    def is_silent(self, k: sp.Basic) -> bool:
        """Return whether an index is not printed."""
        return self.silent and isinstance(k, Index) and k.size.feature

    def has_slots(self, e: sp.Basic) -> bool:
        """Return whether an expression is a column or a matrix."""
        return self.silent and bool(silent_free(e))

    def silent_slots(self, e: sp.Basic) -> Order:
        """Return the silent free indices of a factor, in the order of its axes if it has one."""
        if not self.silent:
            return ()
        own = self.own_order(e)
        return tuple(sorted(silent_free(e), key=self.letter)) if own is None else own

    def own_order(self, e: sp.Basic) -> Order | None:
        """Return the silent indices of an entry or a derivative, in the order of its axes.

        Raises `NotVectorial` where one stands twice or a number stands in a silent slot.
        """
        if isinstance(e, Partial):
            parts = [self.silent_slots(x) for x in e.args]
            if len(parts[0]) > 1:
                raise NotVectorial
            slots = [k for part in parts for k in part]
        elif isinstance(e, sp.Indexed) and self.silent:
            slots = [k for k, n in zip(e.indices, axes(e), strict=True) if is_feature(n)]
        else:
            return () if isinstance(e, sp.Indexed) else None
        if len(set(slots)) < len(slots) or not all(isinstance(k, Index) for k in slots):
            raise NotVectorial
        return tuple(slots)  # type: ignore[return-value]

    def is_jacobian(self, e: sp.Basic) -> bool:
        """Return whether the two silent axes of a derivative come from different quantities."""
        return isinstance(e, Partial) and not any(len(silent_free(x)) == 2 for x in e.args[1:])

    def rank(self, e: sp.Basic) -> tuple:
        """Return the key that orders factors of one kind: by letters, then by the model's lines."""
        letters = sorted(self.letter(k) for k in free_indices(e) if not self.is_silent(k))
        names = sorted(label(x) for x in e.atoms(sp.Indexed)) or [""]
        local = isinstance(e, Partial) and not isinstance(e.args[0], sp.Symbol)
        return (local, letters, self.places.get(names[0], len(self.places)), names)

    # -- expressions ------------------------------------------------------------------------------

    def piece(self, e: sp.Expr, order: Order = ()) -> Piece:
        """Return the expression with its minus sign."""
        return minus(self.signed(e, order))

    def signed(self, e: sp.Expr, order: Order = ()) -> Signed:
        """Return the expression as a sign and a piece.

        Raises `NotVectorial` if it has other silent indices than ``order``.
        """
        if isinstance(e, sp.Add):
            return Signed(False, self._terms(e.args, order))
        if isinstance(e, sp.Rational | sp.Float) and order:
            raise NotVectorial
        if isinstance(e, sp.Sum) and not all(self.is_silent(k) for k in bound_of(e)):
            return self._sum(e, order)
        if isinstance(e, sp.Mul | sp.Sum | sp.Rational | sp.Float) or _is_rational_power(e):
            return self._product(e, frozenset(), order)
        return Signed(False, self._atom(e, order))

    def _terms(self, terms: Iterable[sp.Basic], order: Order) -> Piece:
        """Return a sum of terms: positive ones first; means, sums and plain numbers last."""
        written = []
        for x in (part for term in terms for part in self._opened(term)):
            negative, piece = self.signed(x, order)  # type: ignore[arg-type]
            summed = piece.kind is Kind.OPEN and x.has(sp.Sum)
            written.append((negative, summed, x.has(Mean, Entropy), x.is_number, piece))
        written.sort(key=lambda term: (*term[:-1], term[-1].tex))
        text = minus(Signed(written[0][0], written[0][-1])).tex
        for negative, *_, piece in written[1:]:
            if negative and piece.kind is Kind.PLUS:
                piece = parenthesised(piece)
            text += f" {'-' if negative else '+'} {piece.tex}"
        return Piece(text, Kind.PLUS, max(term[-1].height for term in written))

    def _opened(self, term: sp.Basic) -> Iterable[sp.Basic]:
        """Return the parts of a term that is itself a sum of terms: a - (b + c) has three."""
        sign, rest = term.as_coeff_Mul()  # type: ignore[attr-defined]
        if abs(sign) == 1 and isinstance(rest, sp.Add):
            return [part for inner in rest.args for part in self._opened(sign * inner)]
        if abs(sign) == 1 and isinstance(rest, sp.Sum) and isinstance(rest.function, sp.Add):
            if all(self.is_silent(k) for k in bound_of(rest)):
                return [sign * sp.Sum(part, *limits_of(rest)) for part in rest.function.args]
        return [term]

    def _product(self, e: sp.Expr, bound: frozenset[Index], order: Order) -> Signed:
        """Return a product, summed over silent indices."""
        product = flattened_product(self, e, bound)
        alone = product.alone
        if isinstance(alone, sp.Add):
            return Signed(False, self._terms(self._distributed(alone, product.bound), order))
        if alone is not None and not product.bound:
            return self.signed(alone, order)
        product = self._with_sums_inside(product)
        arrays = [f for f, _ in product.factors if self.has_slots(f)]
        chains = Contraction(False, (), None)
        if arrays or product.bound or order:
            chains = contract(self, arrays, product.bound, order)
        return assembled(self, product, chains)

    @staticmethod
    def _distributed(e: Any, bound: frozenset[Index]) -> tuple[sp.Basic, ...]:
        """Return the terms of a sum, each summed over the bound indices on its own."""
        limits = [(k, 1, k.size) for k in sorted(bound, key=str)]
        return tuple(sp.Sum(x, *limits) for x in e.args) if limits else tuple(e.args)

    def _with_sums_inside(self, product: Factors) -> Factors:
        """Return -2 sum_a (x_a + y_a) as -2 (sum_a x_a + sum_a y_a)."""
        if len(product.factors) != 1 or not product.bound:
            return product
        base, exponent = product.factors[0]
        if not isinstance(base, sp.Add) or exponent != 1:
            return product
        terms: Any = self._distributed(base, product.bound)
        inside = sp.Add(*terms)
        return Factors(product.number, [(inside, exponent)], frozenset())

    def _sum(self, e: sp.Sum, order: Order) -> Signed:
        """Return a sum with at least one visible index."""
        body: Any = e.function
        limits = limits_of(e)
        silent = [limit for limit in limits if self.is_silent(limit[0])]
        if not all(is_full(limit) for limit in silent):
            raise NotVectorial
        visible = [limit for limit in limits if not self.is_silent(limit[0])]
        before = dict(self.letters)
        for limit in visible:
            self.letters[limit[0]] = self.free_letter(limit[0], body)
        head = self._sum_signs(visible)
        bound = frozenset(limit[0] for limit in silent)
        if isinstance(body, sp.Add):
            inner = Signed(False, self._terms(self._distributed(body, bound), order))
        elif bound:
            inner = self._product(body, bound, order)
        else:
            inner = self.signed(body, order)
        self.letters = before
        whole = joined([head, inner.piece])
        return Signed(inner.negative, Piece(whole.tex, Kind.OPEN, whole.height))

    def _sum_signs(self, limits: list) -> Piece:
        full = [limit[0] for limit in limits if is_full(limit)]
        full.sort(key=lambda k: (k.size.feature, self.letter(k)))
        letters = ",".join(index_name(self.letter(k)) for k in full)
        signs = [subscripted(Name(r"\sum", (letters,)))] if full else []
        for k, low, high in reversed([limit for limit in limits if not is_full(limit)]):
            letter = index_name(self.letter(k))
            signs.append(rf"\sum_{{{letter}={self.piece(low).tex}}}^{{{self.piece(high).tex}}}")
        return Piece(" ".join(signs), Kind.PRODUCT, 2)

    def free_letter(self, k: Index, body: sp.Basic = sp.S.One) -> str:
        """Return a letter for a bound index: its own, or the next of its size that is not taken.

        A letter is taken too where it would make an entry such as k_k.
        """
        taken = set(self.letters.values())
        taken |= {label(x) for x in body.atoms(sp.Indexed) if k in x.indices}
        own = k.name.split("~")[0]
        of_model = tuple(self.model.letters.get(k.size.name, ())) if self.model else ()
        after = of_model.index(own) + 1 if own in of_model else 0
        numbered = (f"{own}{n}" for n in range(1, len(taken) + 2))
        return next(x for x in (own, *of_model[after:], *of_model, *numbered) if x not in taken)

    def _atom(self, e: sp.Expr, order: Order) -> Piece:
        if isinstance(e, sp.Indexed | Partial):
            e = flattened(e) if isinstance(e, Partial) else e
            return self._with_axes(e, order)
        if isinstance(e, Step | Flow):
            return (step if isinstance(e, Step) else rate)(self, e, order)  # type: ignore[arg-type]
        if isinstance(e, sp.KroneckerDelta) and order:
            if set(order) != silent_free(e) or len(order) != 2:
                raise NotVectorial
            return Piece("I")
        if order or self.has_slots(e):
            raise NotVectorial
        if isinstance(e, Binder | Applied):
            return binder(self, e) if isinstance(e, Binder) else opaque(self, e)
        if isinstance(e, Index):
            return Piece(index_name(self.letter(e)))
        if isinstance(e, Mean | Entropy):
            return mean(self, e)
        if isinstance(e, sp.KroneckerDelta):
            return Piece(subscripted(Name(r"\delta"), [position(self, x) for x in e.args[:2]]))
        if isinstance(e, sp.Symbol | Tensor | Size):
            return named(name_of(str(e)))
        if not e.args:
            return Piece(CONSTANTS.get(e, rf"\mathrm{{{e}}}"))
        return applied(self, e)

    def _with_axes(self, e: sp.Expr, order: Order) -> Piece:
        own = self.own_order(e)
        if own is None or set(own) != set(order):
            raise NotVectorial
        piece = partial(self, e) if isinstance(e, Partial) else entry(self, e)  # type: ignore[arg-type]
        if own == order:
            return piece
        if self.is_jacobian(e):
            raise NotVectorial
        return transposed(piece)


def _is_rational_power(e: sp.Basic) -> bool:
    return isinstance(e, sp.Pow) and isinstance(e.exp, sp.Rational)
