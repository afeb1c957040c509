"""Deriving and proving gradient laws: ours beside tensorgrad, law by law, in one run.

Ours starts from nothing each time: model, reverse mode, statement, proof.  tensorgrad's softmax and
cross-entropy are built in; ours are definitions that are differentiated.  Both prove for all sizes.
"""

import time
from collections.abc import Callable

import sympy as sp

from theory.algebra.expressions import differentiate
from theory.algebra.normal_form import proved_equal
from theory.algebra.symbols import Index, Size, Tensor, total
from theory.catalogue import law_named
from theory.models import Theory, attention_head

PAIRS = {
    "A2 dL/dz": "logit-gradient",
    "A4 dL/dW_O": "output-weight-gradient",
    "A6 dL/ds": "advantage-routing",
    "A7 dL/dv": "value-gradient",
}


def ours(law_name: str) -> tuple[float, float, bool]:
    """Return (seconds to derive, seconds to prove, proved) for one law, from nothing."""
    start = time.perf_counter()
    theory = Theory(attention_head())
    derived = time.perf_counter()
    proof = theory.prove(law_named(law_name).statement(theory.model))
    return derived - start, time.perf_counter() - derived, proof.proved


def identities() -> dict[str, tuple[sp.Expr, sp.Expr]]:
    """The identities that need exp, log and log-sum-exp reduced to each other."""
    j, k = (Index(x, Size("n")) for x in "jk")
    x = Tensor("x", (j.size,))
    z = total(sp.exp(x[k]), k)
    p, log_p = sp.exp(x[j]) / z, x[j] - sp.log(z)
    entropy = -total(p * sp.log(p), j)
    gradient = -(sp.exp(x[k]) / total(sp.exp(x[j]), j)) * (
        x[k] - sp.log(total(sp.exp(x[j]), j)) + entropy
    )
    return {
        "exp(s - lse) = softmax": (sp.exp(log_p), p),
        "softmax^2 = exp(2s)/Z^2": (p**2, sp.exp(2 * x[j]) / z**2),
        "dH/ds, with log-softmax": (differentiate(-total(p * log_p, j), x[k]), gradient),
        "dH/ds, with log(softmax)": (differentiate(entropy, x[k]), gradient),
    }


def best_of(work: Callable, *arguments, repeat: int = 3):
    """Return the run with the least total time."""
    return min((work(*arguments) for _ in range(repeat)), key=lambda run: run[0] + run[1])


def proof_time(left: sp.Expr, right: sp.Expr) -> tuple[float, float, bool]:
    """Return (0, seconds to prove, proved)."""
    start = time.perf_counter()
    proved = proved_equal(left, right)
    return 0.0, time.perf_counter() - start, proved


def main() -> None:
    """Print the table; without tensorgrad only our column."""
    try:
        from benchmarks import tensorgrad_peer as peer
    except ImportError:
        peer = None
        print("tensorgrad is not installed (pip install '.[bench]'): ours only")
    print(f"{'law':26s} {'ours: derive + prove':>22s} {'tensorgrad':>18s} {'ratio':>7s}")
    theirs_laws = peer.laws(peer.head()) if peer else {}
    for title, name in PAIRS.items():
        theirs = best_of(_peer_law, peer, theirs_laws[title]) if peer else None
        _row(title, best_of(ours, name), theirs)
    theirs_identities = peer.identities() if peer else {}
    for title, sides in identities().items():
        theirs = best_of(_peer_identity, peer, theirs_identities[title]) if peer else None
        _row(title, best_of(proof_time, *sides), theirs)


def _peer_law(peer, law) -> tuple[float, float, bool]:
    value, by, claim = law
    derived, first = peer.timed(peer.derive, value, by)
    proved, second = peer.timed(peer.prove, derived, claim)
    return first, second, proved


def _peer_identity(peer, sides) -> tuple[float, float, bool]:
    proved, seconds = peer.timed(peer.prove, *sides)
    return 0.0, seconds, proved


def _row(title: str, mine, theirs) -> None:
    text = f"{title:26s} {mine[0]:8.3f} + {mine[1]:.3f} s {_mark(mine[2])}"
    if theirs is not None:
        spent = theirs[0] + theirs[1]
        ratio = spent / (mine[0] + mine[1])
        text += f" {theirs[0]:8.3f} + {theirs[1]:.3f} s {_mark(theirs[2])} {ratio:6.1f}"
    print(text)


def _mark(proved: bool) -> str:
    return "proved" if proved else "   -  "


if __name__ == "__main__":
    main()
