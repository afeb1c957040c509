"""Models: the systems the theory is about, each written down once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import cache, partial

from theory.models.attention_head import ATTENTION_HEADS, attention_head
from theory.models.bijection import bijection
from theory.models.binary_head import binary_head, two_token_head
from theory.models.circulant_chain import circulant_chain, sticky_chain
from theory.models.contradictions import contradiction
from theory.models.hidden_markov import hidden_markov, hidden_markov_path
from theory.models.linear_regression import REGRESSIONS, regression, regression_risk
from theory.models.model import Constraint, Definition, Model
from theory.models.next_token import next_token, next_token_table, next_token_tied
from theory.models.noisy_filter import noisy_filter
from theory.models.posterior_predictive import posterior_predictive
from theory.models.prototype_mixture import PROTOTYPE_MIXTURES, prototype_mixture
from theory.models.resolution import Proof, Theory, theory_of
from theory.models.slow_manifold import slow_manifold
from theory.models.soft_assignment import SOFT_ASSIGNMENTS, soft_assignment
from theory.models.symmetric_pair import SYMMETRIC_PAIRS, symmetric_pair

__all__ = [
    "MODELS",
    "Constraint",
    "Definition",
    "Model",
    "Proof",
    "Theory",
    "attention_head",
    "bijection",
    "binary_head",
    "circulant_chain",
    "contradiction",
    "hidden_markov",
    "hidden_markov_path",
    "model_named",
    "next_token",
    "next_token_table",
    "next_token_tied",
    "noisy_filter",
    "posterior_predictive",
    "prototype_mixture",
    "regression",
    "regression_risk",
    "slow_manifold",
    "soft_assignment",
    "sticky_chain",
    "symmetric_pair",
    "theory_of",
    "two_token_head",
]

BUILDERS: Mapping[str, Callable[[], Model]] = {
    **{name: partial(attention_head, name, **on) for name, on in ATTENTION_HEADS.items()},
    "binary-head": binary_head,
    "two-token-head": two_token_head,
    **{name: partial(prototype_mixture, name, **on) for name, on in PROTOTYPE_MIXTURES.items()},
    **{name: partial(symmetric_pair, name, **on) for name, on in SYMMETRIC_PAIRS.items()},
    **{name: partial(soft_assignment, name, **on) for name, on in SOFT_ASSIGNMENTS.items()},
    "slow-manifold": slow_manifold,
    "posterior-predictive": posterior_predictive,
    "bijection": bijection,
    "hidden-markov": hidden_markov,
    "hidden-markov-path": hidden_markov_path,
    "circulant-chain": circulant_chain,
    "sticky-chain": sticky_chain,
    "noisy-filter": noisy_filter,
    "next-token": next_token,
    "next-token-labelled": partial(next_token, "next-token-labelled", labelled=True),
    "next-token-tied": next_token_tied,
    "next-token-table": next_token_table,
    **{name: partial(regression, name, **on) for name, on in REGRESSIONS.items()},
    "linear-regression-risk": regression_risk,
}
MODELS: tuple[str, ...] = tuple(BUILDERS)


@cache
def model_named(name: str) -> Model:
    """Return the model called ``name``.

    Raises `ValueError` with the nearest names if there is none.
    """
    if name in BUILDERS:
        return BUILDERS[name]()
    near = get_close_matches(name, MODELS, n=3, cutoff=0.4)
    hint = f" Did you mean {', '.join(f'`{x}`' for x in near)}?" if near else ""
    raise ValueError(f"`{name}` is no model.{hint} Models: {', '.join(MODELS)}.")
