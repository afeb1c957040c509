"""Polynomials that stand for opaque functions, so that a refutation is a counterexample.

A function f of k arguments becomes a polynomial of total degree 3, or of one more than the highest
derivative that occurs (so that f'''' = 0 is refuted); its derivatives are those of the polynomial.
The coefficients are chosen by the name of the function and a seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import product
from math import perm
from zlib import crc32

import numpy as np

from proofs_checks.checks.evaluation.evaluator import Array, Evaluator
from proofs_checks.checks.evaluation.nodes import Node, NotApplicable, descendants
from proofs_checks.checks.evaluation.ranged_nodes import Opaque

__all__ = [
    "DEGREE",
    "Exponents",
    "Polynomials",
    "Terms",
    "degrees_in",
    "differentiated",
    "monomials",
    "multiplied",
    "opaque_value",
]

DEGREE = 3
MOST_TERMS = 500
LARGEST_COEFFICIENT = 3

Key = tuple[str, int]
"""The name of a function and the number of its arguments."""

Exponents = tuple[int, ...]
Terms = dict[Exponents, int]


def degrees_in(roots: Iterable[Node]) -> dict[Key, int]:
    """Return the degree of the polynomial for every function that occurs."""
    found: dict[Key, int] = {}
    for root in roots:
        for node in descendants(root):
            if isinstance(node, Opaque):
                key = (node.name, len(node.arguments))
                found[key] = max(found.get(key, DEGREE), sum(node.orders) + 1)
    return found


def monomials(arguments: int, degree: int) -> list[Exponents]:
    """Return the exponents of all monomials up to a total degree, highest first.

    Raises `NotApplicable` where they are too many.
    """
    if (degree + 1) ** arguments > 100 * MOST_TERMS:
        raise NotApplicable(f"a polynomial of degree {degree} in {arguments} variables is needed.")
    every = product(range(degree, -1, -1), repeat=arguments)
    found = [exponents for exponents in every if sum(exponents) <= degree]
    if len(found) > MOST_TERMS:
        raise NotApplicable(f"a polynomial of degree {degree} in {arguments} variables is needed.")
    return sorted(found, key=lambda exponents: (-sum(exponents), tuple(-e for e in exponents)))


def differentiated(terms: Mapping[Exponents, int], orders: Exponents) -> Terms:
    """Return a derivative of a polynomial."""
    result: Terms = {}
    for exponents, coefficient in terms.items():
        for e, n in zip(exponents, orders, strict=True):
            coefficient *= perm(e, n)
        if coefficient:
            lowered = tuple(e - n for e, n in zip(exponents, orders, strict=True))
            result[lowered] = coefficient
    return result


def opaque_value(run: Evaluator, node: Opaque, coefficients: Mapping[Exponents, Array]) -> Array:
    """Return the values of a polynomial, given by its coefficients, at the arguments of a node."""
    arithmetic, arguments = run.arithmetic, [run.value(x) for x in node.arguments]
    powers: list[list[Array]] = []
    for m, value in enumerate(arguments):
        powers.append([value])
        for _ in range(max((e[m] for e in coefficients), default=0) - 1):
            powers[-1].append(arithmetic.multiply(powers[-1][-1], value))
    total = np.broadcast_to(arithmetic.number(Fraction(0)), arguments[0].shape)
    for exponents, coefficient in coefficients.items():
        term = coefficient
        for own, e in zip(powers, exponents, strict=True):
            if e:
                term = arithmetic.multiply(own[e - 1], term)
        total = arithmetic.add(total, np.broadcast_to(term, total.shape))
    return total


def multiplied(run: Evaluator, values: Array) -> Array:
    """Return the product over the last axis."""
    result = values[..., 0]
    for n in range(1, values.shape[-1]):
        result = run.arithmetic.multiply(result, values[..., n])
    return result


class Polynomials:
    """Polynomials with small whole coefficients; ``positive`` ones have no others.

    ``degrees`` gives the degree for every function that occurs; others have degree 3.
    """

    def __init__(
        self, degrees: Mapping[Key, int] | None = None, seed: int = 0, positive: bool = False
    ) -> None:
        self.degrees, self.seed, self.positive = dict(degrees or {}), seed, positive
        self._terms: dict[Key, Terms] = {}

    def terms(self, name: str, arguments: int) -> Terms:
        """Return the polynomial that stands for a function."""
        key = (name, arguments)
        if key not in self._terms:
            rng = np.random.default_rng([crc32(name.encode()), arguments, self.seed])
            exponents = monomials(arguments, self.degrees.get(key, DEGREE))
            sizes = rng.integers(1, LARGEST_COEFFICIENT + 1, len(exponents))
            signs = rng.integers(0, 2, len(exponents)) * (0 if self.positive else 2)
            self._terms[key] = {
                e: int(n) * (1 - int(s)) for e, n, s in zip(exponents, sizes, signs, strict=True)
            }
        return self._terms[key]

    def texts(self) -> dict[str, str]:
        """Return the functions that occur and their polynomials: f(x) and x^3 - 2x + 1."""
        result = {}
        for name, arguments in sorted(self.degrees):
            letters = _letters(arguments)
            value = _text(self.terms(name, arguments), letters)
            result[f"{name}({', '.join(letters)})"] = value
        return result


def _letters(arguments: int) -> tuple[str, ...]:
    if arguments <= 3:
        return tuple("xyz"[:arguments])
    return tuple(f"x_{n + 1}" for n in range(arguments))


def _text(terms: Mapping[Exponents, int], letters: tuple[str, ...]) -> str:
    text = ""
    for exponents, coefficient in terms.items():
        powers = [
            letter if e == 1 else f"{letter}^{e}"
            for letter, e in zip(letters, exponents, strict=True)
            if e
        ]
        number = abs(coefficient)
        shown = " ".join([*([str(number)] if number != 1 or not powers else []), *powers])
        sign = "-" if coefficient < 0 else "+"
        text += f" {sign} {shown}" if text else f"-{shown}" if coefficient < 0 else shown
    return text or "0"
