"""EM: iteration with a certificate, closed forms, comparison with gradient flow and attention."""

from numerics.em.attention import MStep, m_step
from numerics.em.closed_forms import one_hot_means, single_cluster, symmetric_pair
from numerics.em.comparison import compare, em_of, summary
from numerics.em.iteration import EMRun, iterate
from numerics.em.pitchforks import Pitchfork, pitchfork
from numerics.em.random_mixtures import study
from numerics.em.slow_manifold import SlowManifold
from numerics.em.timescale_study import timescale_summary, timescales

__all__ = [
    "EMRun",
    "MStep",
    "Pitchfork",
    "SlowManifold",
    "compare",
    "em_of",
    "iterate",
    "m_step",
    "one_hot_means",
    "pitchfork",
    "single_cluster",
    "study",
    "summary",
    "symmetric_pair",
    "timescale_summary",
    "timescales",
]
