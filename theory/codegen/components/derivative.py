"""The Jacobian of a program, as local derivatives and the order in which to chain them.

Forward mode over the stages: row_t = sum over what t is computed from of  dt/du  row_u, starting
from the unit rows of the state.  Only the local derivatives dt/du are symbolic, one short
expression each; the chaining is the same loop for every program.  A head with 96 variables needs a
few thousand multiplications a row, and no expression grows.

    partials      the nonzero dt/du of every node t (stages, then outputs), node after node
    node, source  which node, and the row of u: rows 0..d-1 are the state, row d + n is node n

The local derivatives of a softmax are law A1: d alpha_j / d e_k = alpha_j (delta_jk - alpha_k).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import sympy as sp

from theory.codegen.components.program import (
    Assign,
    Components,
    LogSumExp,
    Softmax,
    Stage,
    symbols_of,
)

__all__ = ["LocalDerivatives", "local_derivatives", "log_sum_exp_weight"]


@dataclass(frozen=True)
class LocalDerivatives:
    """The nonzero local derivatives of a program with state dimension d.

    ``stages``    the stages of the program, and a softmax for each log-sum-exp (its derivative)
    ``nodes``     number of nodes: one for every stage symbol of the program, then every output
    ``node``      for each partial the node it belongs to, ascending
    ``source``    for each partial the row it multiplies: < d the state, d + n node n, n < node
    ``partials``  expressions in state, parameters and stages
    """

    stages: tuple[Stage, ...]
    nodes: int
    node: tuple[int, ...]
    source: tuple[int, ...]
    partials: tuple[sp.Expr, ...]


def log_sum_exp_weight(stage: LogSumExp, n: int) -> sp.Symbol:
    """Return the name of d lse / d exponent_n, the softmax weight."""
    return sp.Symbol(f"{stage.symbol.name}_weight_{n + 1}", real=True)


@cache
def local_derivatives(program: Components) -> LocalDerivatives:
    """Return the local derivatives of every stage and output that depends on the state.

    Raises `ValueError` for a function whose derivative is not elementary (Abs, floor, ...).
    """
    row = {x: n for n, x in enumerate(program.state)}
    d, stages, found = program.dimension, [], []
    node = 0
    for stage in program.stages:
        stages.append(stage)
        if isinstance(stage, LogSumExp):
            names = tuple(log_sum_exp_weight(stage, n) for n in range(len(stage.exponents)))
            stages.append(Softmax(names, stage.exponents, stage.weights))
        for symbol in symbols_of(stage):
            partials = [x for x in _local(program, stage, symbol) if x[0] in row]
            found += [(node, row[u], e) for u, e in partials]
            if partials:
                row[symbol] = d + node
            node += 1
    for output in program.outputs:
        partials = [x for x in _by_each_symbol(program, output) if x[0] in row]
        found += [(node, row[u], e) for u, e in partials]
        node += 1
    return LocalDerivatives(
        tuple(stages), node, tuple(x[0] for x in found), tuple(x[1] for x in found),
        tuple(x[2] for x in found),
    )  # fmt: skip


def _local(
    program: Components, stage: Stage, symbol: sp.Symbol
) -> Iterator[tuple[sp.Symbol, sp.Expr]]:
    """Yield (u, d symbol / du) for the symbols u that a stage uses."""
    if isinstance(stage, Assign):
        yield from _by_each_symbol(program, stage.value)
        return
    if isinstance(stage, Softmax):
        own = stage.symbols.index(symbol)
        weights = stage.symbols
        local = [symbol * (int(own == n) - weights[n]) for n in range(len(weights))]
    else:
        local = [log_sum_exp_weight(stage, n) for n in range(len(stage.exponents))]
    collected: dict[sp.Symbol, sp.Expr] = {}
    for u, e in zip(stage.exponents, local, strict=True):
        if isinstance(u, sp.Symbol):  # the same exponent may stand at two places
            collected[u] = collected.get(u, sp.S.Zero) + e
    yield from collected.items()


def _by_each_symbol(program: Components, e: sp.Expr) -> Iterator[tuple[sp.Symbol, sp.Expr]]:
    """Yield (u, de/du); a sum over data has a term for every point, each with its own symbols."""
    terms: dict[sp.Symbol, list[sp.Expr]] = {}
    for term in sp.Add.make_args(e):
        for u in term.free_symbols:
            if isinstance(u, sp.Symbol):
                terms.setdefault(u, []).append(term)
    for u in sorted(terms, key=lambda x: x.name):
        derivative = sp.Add(*(sp.diff(term, u) for term in terms[u]))
        if derivative.has(sp.Derivative, sp.Subs):
            raise ValueError(
                f"program `{program.name}`: `{e}` has no elementary derivative by {u}."
            )
        if derivative != 0:
            yield u, derivative
