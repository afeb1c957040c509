"""The catalogue: every law, explicitly."""

from __future__ import annotations

from difflib import get_close_matches

from theory.laws.bijection import BIJECTION
from theory.laws.binary import BINARY
from theory.laws.coupled import COUPLED
from theory.laws.em_attention import EM_ATTENTION
from theory.laws.em_descent import EM_DESCENT
from theory.laws.em_gradient import EM_GRADIENT
from theory.laws.em_map import EM_MAP
from theory.laws.em_pair import EM_PAIR
from theory.laws.excess_risk import EXCESS_RISK
from theory.laws.filtering import FILTERING
from theory.laws.first_order import FIRST_ORDER
from theory.laws.flow_jacobian import FLOW_JACOBIAN
from theory.laws.law import Law
from theory.laws.linear_regression import LINEAR_REGRESSION
from theory.laws.markov_chain import MARKOV_CHAIN
from theory.laws.next_token import NEXT_TOKEN
from theory.laws.population import POPULATION
from theory.laws.second_order import SECOND_ORDER
from theory.laws.slow_manifold import SLOW_MANIFOLD
from theory.laws.steps import STEPS

__all__ = ["LAWS", "law_named"]

LAWS: tuple[Law, ...] = (
    *FIRST_ORDER,
    *COUPLED,
    *STEPS,
    *SECOND_ORDER,
    *FLOW_JACOBIAN,
    *BINARY,
    *EM_GRADIENT,
    *EM_DESCENT,
    *EM_MAP,
    *EM_PAIR,
    *EM_ATTENTION,
    *SLOW_MANIFOLD,
    *MARKOV_CHAIN,
    *POPULATION,
    *BIJECTION,
    *FILTERING,
    *NEXT_TOKEN,
    *LINEAR_REGRESSION,
    *EXCESS_RISK,
)


def law_named(name: str) -> Law:
    """Return the law called ``name``.

    Raises `ValueError` with the nearest names if there is none.
    """
    for law in LAWS:
        if law.name == name:
            return law
    names = [law.name for law in LAWS]
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    hint = f" Did you mean {', '.join(f'`{x}`' for x in near)}?" if near else ""
    raise ValueError(f"`{name}` is no law of the catalogue.{hint} `proofhead laws` lists them.")
