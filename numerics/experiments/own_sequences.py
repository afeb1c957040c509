"""A user's own token sequences: read line by line, and judged by the theorem on descent.

    {"tokens": ["a", "b", "a"], "label": "b"}      one JSON object a line; the last token is last

Tokens are texts or whole numbers.  A label that is not among its tokens violates the theorem's
assumption: its loss is infinite and its gradient zero for every W.  Descent goes on without it, and
what comes out is compared with the Graph-SVM of the other sequences and with that of all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np

from numerics.experiments.figures import LINES, Figure, new_figure
from numerics.experiments.graph_svm import graph_svm
from numerics.experiments.priority_graphs import Data
from numerics.experiments.priority_training import (
    compared,
    composition,
    descended,
    finite_part,
    marks,
)

__all__ = ["Report", "Sequences", "draw", "judged", "read_sequences", "words"]

UNREACHABLE = "its label is not among its tokens: infinite loss and no gradient, whatever W is"
EXPECTED = '{"tokens": ["a", "b"], "label": "b"}'


@dataclass(frozen=True)
class Sequences:
    """Sequences as read: the ``data``, the ``names`` of its tokens, and what is ``malformed``.

    ``unreachable`` are the lines whose label is not among the tokens.
    """

    data: Data | None
    names: tuple[str, ...]
    malformed: tuple[str, ...]
    unreachable: tuple[int, ...] = ()


def read_sequences(lines: Sequence[str]) -> Sequences:
    """Return the sequences of the lines; empty lines are passed over, malformed ones are named."""
    read: list[tuple[list[str], str]] = []
    malformed: list[str] = []
    unreachable: list[int] = []
    kinds: dict[str, type] = {}  # 1 and "1" would be one token
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            read.append(_one(line, kinds))
            if read[-1][1] not in read[-1][0]:
                unreachable.append(number)
        except ValueError as error:
            malformed.append(f"line {number}: {error}")
    names = tuple(dict.fromkeys(token for tokens, y in read for token in (*tokens, y)))
    if not read:
        return Sequences(None, (), tuple(malformed))
    place = {name: n for n, name in enumerate(names)}
    counts = np.zeros((len(read), len(names)), np.int64)
    for row, (tokens, _) in enumerate(read):
        for token in tokens:
            counts[row, place[token]] += 1
    last = np.array([place[tokens[-1]] for tokens, _ in read])
    label = np.array([place[y] for _, y in read])
    return Sequences(Data(counts, last, label), names, tuple(malformed), tuple(unreachable))


def _one(line: str, kinds: dict[str, type]) -> tuple[list[str], str]:
    try:
        body: Any = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError(f"expected one JSON object such as {EXPECTED}.") from None
    if not isinstance(body, dict) or not {"tokens", "label"} <= body.keys():
        raise ValueError(f"expected the fields `tokens` and `label`, as in {EXPECTED}.")
    tokens, label = body["tokens"], body["label"]
    if not isinstance(tokens, list) or not tokens or not all(map(_is_token, [*tokens, label])):
        raise ValueError(f"expected texts or whole numbers as tokens, as in {EXPECTED}.")
    for token in [*tokens, label]:
        if kinds.setdefault(str(token), type(token)) is not type(token):
            raise ValueError(f"the token {token} is a text in one place and a number in another.")
    return [str(t) for t in tokens], str(label)


def _is_token(x: Any) -> bool:
    return isinstance(x, str | int) and not isinstance(x, bool)


@dataclass(frozen=True)
class Report:
    """What the theorem says of a data set, and what descent does.

    ``priorities`` has, for each last token, one entry a component: its ``members``, and the
    components ``over`` which it comes next in priority; two of which neither comes over the other,
    directly or by way of others, are not ordered.  ``correlation``
    with W_svm on the complement of S_fin (None without two components), ``distance`` from W_fin on
    S_fin (None without a cycle), ``optimality`` of the Graph-SVM; ``attention`` on the component of
    the label, least after and before training; ``gap`` 1 - correlation at ``steps`` of descent;
    ``violated`` says which lines break an assumption, and ``correlation_violated`` compares with
    the Graph-SVM that has their edges too.
    """

    sequences: int
    tokens: tuple[str, ...]
    priorities: dict[str, list[dict[str, Any]]]
    w_svm: dict[str, dict[str, float]]
    correlation: float | None
    distance: float | None
    optimality: float
    attention: tuple[float, float]
    steps: tuple[int, ...]
    gap: tuple[float, ...]
    violated: tuple[str, ...] = ()
    correlation_violated: float | None = None


def judged(found: Sequences, *, steps: int = 4000) -> Report:
    """Return the report on sequences.

    Raises `ValueError` if there are none.
    """
    whole, names = found.data, found.names
    if whole is None:
        raise ValueError(f"there is no sequence to judge; expected lines such as {EXPECTED}.")
    data = whole.part(whole.realisable)
    if not len(data.label):
        raise ValueError("no label is among the tokens of its sequence: no loss is finite.")
    w_svm, certificate = graph_svm(data)
    basis = data.differences()
    w_fin, _ = finite_part(data, basis)
    w, gap = descended(data, basis, w_svm, steps)
    at = marks(steps)
    correlation, distance = compared(w, w_svm, w_fin, basis)
    violated = tuple(f"line {n}: {UNREACHABLE}" for n in found.unreachable)
    broken = compared(w, graph_svm(whole)[0], w_fin, basis)[0] if violated else np.nan
    order = {names[k]: _by_priority(graph, names) for k, graph in data.graphs.items()}
    columns = {
        names[k]: {names[i]: round(float(w_svm[i, k]), 12) for i in data.graphs[k].nodes}
        for k in data.graphs
    }
    masses = tuple(composition(data, x, w_fin)[0] for x in (w, np.zeros_like(w)))
    return Report(
        len(data.label), names, order, columns, _known(correlation), _known(distance),
        certificate.worst, (masses[0], masses[1]),
        tuple(at.tolist()), tuple(gap[: len(at)].tolist()), violated, _known(broken),
    )  # fmt: skip


def _known(x: float) -> float | None:
    return None if np.isnan(x) else x


def _by_priority(graph: nx.DiGraph, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the components, those with more priority first, each with those right below it."""
    condensed = nx.condensation(graph)
    members = {
        n: sorted(names[int(i)] for i in condensed.nodes[n]["members"]) for n in condensed.nodes
    }
    below = nx.transitive_reduction(condensed)
    return [
        {"members": members[n], "over": sorted(members[lower] for lower in below.successors(n))}
        for n in nx.lexicographical_topological_sort(condensed, key=lambda n: members[n])
    ]


def _order_in_words(parts: list[dict[str, Any]]) -> str:
    """Return `{a, b} > {c}, {d}; {e} > {d}`; what has no priority over anything comes last."""

    def text(members: Sequence[str]) -> str:
        return "{" + ", ".join(members) + "}"

    over = [f"{text(x['members'])} > {', '.join(map(text, x['over']))}" for x in parts if x["over"]]
    below = [lower for x in parts for lower in x["over"]]
    alone = [text(x["members"]) for x in parts if not x["over"] and x["members"] not in below]
    return "; ".join([*over, *alone])


def words(report: Report) -> list[str]:
    """Return a report in lines of text."""
    lines = [f"{report.sequences} sequences, {len(report.tokens)} tokens"]
    lines += [f"violates the assumptions, {violated}" for violated in report.violated]
    lines += [
        f"after {last}: {_order_in_words(parts)}" for last, parts in report.priorities.items()
    ]
    lines.append(f"Graph-SVM: KKT residuals and gap at most {report.optimality:.1e}")
    lines.append(
        "no two components: no direction"
        if report.correlation is None
        else f"correlation of descent with W_svm {report.correlation:.6f}"
    )
    if report.correlation_violated is not None:
        told = f"with the edges of those lines in the graph {report.correlation_violated:.6f}"
        away = "; the theorem's direction is not reached" * (report.correlation_violated < 0.99)
        lines.append(told + away)
    if report.distance is not None:
        lines.append(f"distance of descent from W_fin on S_fin {report.distance:.1e}")
    after, before = report.attention
    lines.append(
        f"least attention on the component of a label: {before:.3f} before, {after:.6f} after"
    )
    return lines


def draw(report: Report) -> Mapping[str, Figure]:
    """Return the figure of the direction over the steps; none without two components."""
    if report.correlation is None:
        return {}
    canvas, axes = new_figure(1, 1, width=3.6, height=2.4)
    gap = np.maximum(report.gap, 1e-16)
    axes[0][0].plot(report.steps, gap, color=LINES[0][0])
    axes[0][0].set(xscale="log", yscale="log", xlabel="step", ylabel="1 - correlation with W_svm")
    return {"convergence": Figure(canvas, {"step": report.steps, "gap": gap})}
