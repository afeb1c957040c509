"""Whose symbol is it?  The names of a vocabulary, of the document's definitions, and of its inputs.

A spelling such as ``W_O`` or ``d_k`` is one name when the vocabulary says so, or when its subscript
is a capital letter, a word or a mark; every other subscript is an index.  The capital of a
vocabulary's vector (Q, K, V, S, ...) is the whole matrix of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from proofs_checks.claims import tree
from proofs_checks.claims.elaboration.errors import ElaborationError
from proofs_checks.claims.elaboration.sizes import Ranges
from proofs_checks.claims.elaboration.values import Guess
from proofs_checks.claims.places import Span
from theory.algebra.symbols import Size, Tensor, scalar
from theory.models import Model

__all__ = ["Found", "Symbol", "Symbols", "spelling"]

POSITIVE = ("eta", "eps", "tau", "sigma", "lambda", "beta", "gamma")
"""Rates, temperatures and scales: scalars of these names are positive, as papers mean them."""


@dataclass
class Symbol:
    """A symbol: its name, and the range of every axis.

    ``known`` is the tensor or scalar of a vocabulary; otherwise the axes are inferred.
    """

    name: str
    axes: list[Size] = field(default_factory=list)
    known: Any = None
    guess: Guess | None = None
    defined: bool = False
    positive: bool = False  # a defined scalar that is a root
    source: Guess | None = None  # what would have to have another axis for this to


@dataclass(frozen=True)
class Found:
    """A symbol as it occurs: with the subscripts that are indices, and how it was spelled."""

    symbol: Symbol
    indices: tuple[tree.Node, ...]
    alias: bool


class Symbols:
    """The names known while one document is elaborated."""

    def __init__(self, ranges: Ranges, model: Model | None) -> None:
        self.ranges, self.model = ranges, model
        self.own: dict[str, Symbol] = {}
        self.scalars: set[str] = set()  # names that must be scalars: losses, ends of sums
        self.sizes: set[str] = set()  # names used as the end of a sum
        self.spelled: set[str] = set()  # every name in the document
        self.bound: set[str] = set()  # letters that some sum runs over
        self.orders: dict[str, Tensor] = {}  # of the ranges over part of which something is summed
        self.axes_learned: dict[str, Guess] = {}
        self.matrices: set[str] = set()  # capitals that stand for the matrix of x_1, x_2, ...
        self.differentiated: set[str] = set()
        self.loss: Any = model.loss if model else scalar("L")
        self.loss_is_opaque = False
        self.deadline = math.inf  # by the monotonic clock
        self.broken: set[str] = set()  # names whose definition could not be read
        self.has_d = False  # d_ij is a quantity: then d_i is no dimension
        self.bars_are_adjoints = False  # \bar{O} is the derivative of the loss by O
        self.vocabulary = self._vocabulary(model) if model else {}

    @staticmethod
    def _vocabulary(model: Model) -> dict[str, Symbol]:
        found = {}
        for name, tensor in model.tensors.items():
            axes = list(tensor.axes) if isinstance(tensor, Tensor) else []
            found[name] = Symbol(name, axes, known=tensor, defined=True)
        for name in (
            "eta",
            *(f"eps_{x}" for x in model.tensors),
            *("eps_Q", "eps_K", "eps_V", "eps_O"),
        ):
            found.setdefault(name, Symbol(name, known=scalar(name, positive=True), defined=True))
        return found

    def is_size(self, name: str) -> bool:
        """Return whether the name is that of a range used as a number."""
        return self.ranges.aliases.get(name, name) in self.ranges.named or name in self.sizes

    # -- finding ----------------------------------------------------------------------------

    def find(
        self, base: tree.Name, lower: Sequence[tree.Node], upper: Sequence[tree.Node]
    ) -> Found:
        """Return the symbol spelled so, making an input of an unknown one where that is allowed.

        Raises `ElaborationError` for a name the vocabulary does not know.
        """
        letter = spelling(base)
        marks = "".join(f"^{u.text}" for u in upper if isinstance(u, tree.Label))
        letter += marks
        rest = tuple(lower)
        if rest and (joined := self.joined(letter, rest[0])) is not None:
            letter, rest = joined, rest[1:]
        rest = (*(u for u in upper if not isinstance(u, tree.Label)), *rest)
        if letter in self.own:
            return Found(self.own[letter], rest, False)
        if letter in self.broken:
            raise ElaborationError(
                f"`{letter}` is defined by an equation that could not be read.", base.span
            )
        if letter in self.vocabulary:
            return Found(self.vocabulary[letter], rest, False)
        if (alias := self.alias(letter)) is not None:
            return Found(self.vocabulary[alias], rest, True)
        if (whole := self._whole_of(letter, rest)) is not None:
            return Found(whole, rest, True)
        if self.model is not None:
            raise ElaborationError(
                f"`{letter}` is not in the vocabulary of `{self.model.name}`, and nothing in the "
                "document defines it.",
                base.span,
                expected="a symbol of the vocabulary, or a definition of it",
                suggestion=f"define it with `:=`, or declare it: % proofhead: input {letter}",
                foreign=True,
            )
        return Found(self._input(letter, len(rest), base.span), rest, False)

    def _whole_of(self, letter: str, rest: tuple) -> Symbol | None:
        """Return the document's x where its X is the matrix with the rows x_i."""
        if rest or len(letter) != 1 or not letter.isupper() or letter not in self.matrices:
            return None
        if letter.lower() in self.broken:
            return None
        return self.own.get(letter.lower()) or self._input(letter.lower(), 2, Span(0, 0))

    def joined(self, letter: str, first: tree.Node) -> str | None:
        """Return the name that includes the first subscript, if that is no index."""
        text = _label(first)
        if text is None:
            return None
        name = f"{letter}_{text}"
        if name in self.own or name in self.vocabulary or self.is_size(name):
            return name
        if letter == "d" and self.model is None and letter not in self.own and not self.has_d:
            return name  # d_k, d_v: a dimension
        plain = isinstance(first, tree.Name) and len(text) == 1 and not first.font
        if plain and (text.islower() or text in self.sizes) or text in self.bound:
            return None
        if isinstance(first, tree.Number):
            known = self.own.get(letter) or self.vocabulary.get(letter)
            return None if known is not None and known.axes else name
        return name if self.model is None or letter not in self.vocabulary else None

    def alias(self, letter: str) -> str | None:
        """Return the vocabulary's name for a capital (the matrix of its rows) or for ell."""
        if letter == "ell" and "L" in self.vocabulary:
            return "L"
        other = letter.lower() if letter.isupper() else letter.upper()
        if len(letter) != 1 or other not in self.vocabulary:
            return None
        return other if self.vocabulary[other].axes else None

    def _input(self, name: str, visible: int, span: Span) -> Symbol:
        guess = self.axes_learned.setdefault(name, Guess(name, 0))
        if name in self.scalars or self.is_size(name):
            silent = 0
        elif visible == 0 and _is_matrix_name(name):
            silent = 2
        else:
            silent = 0
        guess.axes = max(guess.axes, visible + silent)
        symbol = Symbol(name, guess=guess)
        self.own[name] = symbol
        self.fit(symbol, span)
        return symbol

    # -- building ---------------------------------------------------------------------------

    def fit(self, symbol: Symbol, span: Span) -> None:
        """Give an inferred symbol as many axes as its guess says."""
        if symbol.guess is None:
            return
        while len(symbol.axes) < symbol.guess.axes:
            slot = len(symbol.axes) + 1
            symbol.axes.append(self.ranges.open(f"{symbol.name}.{slot}"))

    def tensor(self, symbol: Symbol) -> Any:
        """Return the SymPy tensor or scalar of a symbol, at the ranges known by now."""
        if symbol.known is not None:
            return symbol.known
        if not symbol.axes and symbol.defined:
            return scalar(symbol.name, positive=symbol.positive)
        if not symbol.axes:
            return own_scalar(symbol.name)
        return Tensor(symbol.name, tuple(self.ranges.find(size) for size in symbol.axes))


def own_scalar(name: str) -> sp.Symbol:
    """Return a scalar that no equation defines; dimensions, rates and scales are positive."""
    stem = name.split("_")[0].split("^")[0]
    return scalar(name, positive=stem in POSITIVE or stem == "d" or name in ("n", "N"))


def spelling(name: tree.Name) -> str:
    """Return a name without its font: letter, accents and primes."""
    letter = {"varepsilon": "eps", "epsilon": "eps", "vartheta": "theta", "varphi": "phi"}.get(
        name.letter, name.letter
    )
    for accent in name.accents:
        letter = f"{letter}_{accent}"
    return letter + "'" * name.primes


def _label(node: tree.Node) -> str | None:
    if isinstance(node, tree.Name):
        return spelling(node)
    if isinstance(node, tree.Number | tree.Label):
        return node.text
    return None


def _is_matrix_name(name: str) -> bool:
    stem = name.split("_")[0].rstrip("'")
    return stem.isupper() or stem in (
        "Gamma",
        "Delta",
        "Theta",
        "Lambda",
        "Sigma",
        "Phi",
        "Psi",
        "Omega",
    )
