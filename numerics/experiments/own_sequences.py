"""A user's own token sequences: read line by line, and judged by the theorem on descent.

    {"tokens": ["a", "b", "a"], "label": "b"}      one JSON object a line; the last token is last

Tokens are texts or whole numbers.  The label must be one of the tokens: else its loss is infinite.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np

from numerics.experiments.priority_graphs import Data, graph_svm
from numerics.experiments.token_priority import compared, descended, finite_part

__all__ = ["Report", "Sequences", "judged", "read_sequences"]

EXPECTED = '{"tokens": ["a", "b"], "label": "b"}'


@dataclass(frozen=True)
class Sequences:
    """Sequences as read: the ``data``, the ``names`` of its tokens, and what is ``malformed``."""

    data: Data | None
    names: tuple[str, ...]
    malformed: tuple[str, ...]


def read_sequences(lines: Sequence[str]) -> Sequences:
    """Return the sequences of the lines; empty lines are passed over, malformed ones are named."""
    read: list[tuple[list[str], str]] = []
    malformed: list[str] = []
    kinds: dict[str, type] = {}  # 1 and "1" would be one token
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            read.append(_one(line, kinds))
        except ValueError as error:
            malformed.append(f"line {number}: {error}")
    names = tuple(dict.fromkeys(token for tokens, _ in read for token in tokens))
    if not read:
        return Sequences(None, (), tuple(malformed))
    place = {name: n for n, name in enumerate(names)}
    counts = np.zeros((len(read), len(names)), np.int64)
    for row, (tokens, _) in enumerate(read):
        for token in tokens:
            counts[row, place[token]] += 1
    last = np.array([place[tokens[-1]] for tokens, _ in read])
    label = np.array([place[y] for _, y in read])
    return Sequences(Data(counts, last, label), names, tuple(malformed))


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
    if label not in tokens:
        raise ValueError(f"the label `{label}` is not among its tokens: its loss is infinite.")
    for token in tokens:
        if kinds.setdefault(str(token), type(token)) is not type(token):
            raise ValueError(f"the token {token} is a text in one place and a number in another.")
    return [str(t) for t in tokens], str(label)


def _is_token(x: Any) -> bool:
    return isinstance(x, str | int) and not isinstance(x, bool)


@dataclass(frozen=True)
class Report:
    """What the theorem says of a data set, and what descent does.

    ``priorities`` are the components of each last token, highest priority first; ``correlation``
    with W_svm on the complement of S_fin (None without two components), ``distance`` from W_fin on
    S_fin (None without a cycle), ``optimality`` of the Graph-SVM.
    """

    sequences: int
    tokens: tuple[str, ...]
    priorities: dict[str, list[list[str]]]
    w_svm: dict[str, dict[str, float]]
    correlation: float | None
    distance: float | None
    optimality: float


def judged(found: Sequences, *, steps: int = 4000) -> Report:
    """Return the report on sequences.

    Raises `ValueError` if there are none.
    """
    data, names = found.data, found.names
    if data is None:
        raise ValueError(f"there is no sequence to judge; expected lines such as {EXPECTED}.")
    w_svm, certificate = graph_svm(data)
    basis = data.differences()
    w_fin, _ = finite_part(data, basis)
    w, _ = descended(data, basis, w_svm, steps)
    correlation, distance = compared(w, w_svm, w_fin, basis)
    order = {
        names[k]: [
            sorted(names[i] for i in part["members"])
            for _, part in _by_priority(nx.condensation(graph))
        ]
        for k, graph in data.graphs.items()
    }
    columns = {
        names[k]: {names[i]: round(float(w_svm[i, k]), 12) for i in data.graphs[k].nodes}
        for k in data.graphs
    }
    return Report(
        len(data.label), names, order, columns, None if np.isnan(correlation) else correlation,
        None if np.isnan(distance) else distance, certificate.worst,
    )  # fmt: skip


def _by_priority(graph: nx.DiGraph) -> list[tuple[int, dict[str, Any]]]:
    return [(n, graph.nodes[n]) for n in nx.topological_sort(graph)]
