"""Every experiment: add one here, and it is listed, run, compared and drawn."""

from __future__ import annotations

from difflib import get_close_matches

from numerics.experiments.attention_toy import ATTENTION_TOY
from numerics.experiments.bijection import BIJECTION
from numerics.experiments.definition import Experiment
from numerics.experiments.hmm import HMM
from numerics.experiments.linear_regression import LINEAR_REGRESSION
from numerics.experiments.sticky_markov import STICKY_MARKOV
from numerics.experiments.token_priority import TOKEN_PRIORITY

__all__ = ["EXPERIMENTS", "experiment"]

EXPERIMENTS: tuple[Experiment, ...] = (
    ATTENTION_TOY,
    STICKY_MARKOV,
    BIJECTION,
    HMM,
    TOKEN_PRIORITY,
    LINEAR_REGRESSION,
)


def experiment(name: str) -> Experiment:
    """Return the experiment of this name.

    Raises `ValueError`, with the nearest name, if there is none.
    """
    known = {e.name: e for e in EXPERIMENTS}
    if name in known:
        return known[name]
    near = get_close_matches(name, known, 1)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    raise ValueError(f"no experiment is called `{name}`.{hint} There are {', '.join(known)}.")
