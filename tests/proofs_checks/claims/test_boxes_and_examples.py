r"""Boxes with options, functions spelled out with primes and powers, the numbers of an example."""

import pytest

from proofs_checks.claims.reading import read_claims
from tests.proofs_checks.claims.corpus_documents import verdict_of

MATRIX = r"\begin{bmatrix} 0.5 & 0.2 \\ 0.3 & 0.5 \end{bmatrix}"


def _verdicts(*displays, prose=""):
    text = prose + "\n\n".join(f"$$ {x} $$" for x in displays)
    return [verdict_of(claim) for claim in read_claims(text, "notes.md").claims]


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        (r"\bbox[yellow,5px, border: 2px solid red] { tanh'(x) = 1 - tanh^2(x) }", "proved"),
        (r"\bbox{ tanh'(x) = 1 - tanh^{2}(x) }", "proved"),
        (r"\bbox[5px]{ tanh'(x) = 1 + tanh^2(x) }", "refuted"),
        (r"exp'(x) = exp(x)", "proved"),
    ],
)
def test_a_box_has_options_and_a_spelled_function_primes_and_powers(shown, verdict):
    assert _verdicts(shown) == [verdict]


def test_the_numbers_of_an_example_are_no_claim():
    found = _verdicts(f"A = {MATRIX}", r"\pi = (0.2, 0.4, 0.4)^T", f"A x = {MATRIX}")
    assert found == ["not judged"] * 3


def test_what_numbers_an_example_has_refutes_nothing_and_proves_what_holds_for_all():
    a = f"A = {MATRIX}"
    assert _verdicts(a, r"\mathrm{tr}(A) = 1")[-1] == "not judged"
    assert _verdicts(a, r"(A x)^\top x = x^\top A^\top x")[-1] == "proved"
    assert _verdicts(a, r"x^\top A y = y^\top A x")[-1] == "unreadable"
    assert _verdicts(r"x^\top A y = y^\top A x")[-1] == "refuted"
    assert _verdicts(r"x^\top A y = y^\top A x", a)[0] == "refuted"  # an example comes later
    anew = f"$$ {a} $$\n\n# In general\n\n"
    assert _verdicts(r"x^\top A y = y^\top A x", prose=anew)[-1] == "refuted"
    inline = f"Say ${a}$ here.\n\n"
    assert _verdicts(r"x^\top A y = y^\top A x", prose=inline)[-1] == "refuted"


def test_a_chain_says_something_without_its_numbers():
    chain = rf"S = x x^\top / 2 = {MATRIX}"
    assert _verdicts(chain, r"S = x x^\top / 2") == ["definition", "proved"]
    assert _verdicts(chain, r"2 S x = (x^\top x) x")[-1] == "proved"


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ("the orthogonal projection of $Q$ on it", "refuted"),
        ("here $Q$ is orthogonal to it", "refuted"),
        ("for an orthogonal matrix $Q$", "unreadable"),
        ("the diagonal of $Q$", "refuted"),
        ("a map with $Q$ orthogonal", "unreadable"),
        ("a diagonal matrix $Q$", "unreadable"),
    ],
)
def test_a_word_that_is_said_of_something_else_leaves_nothing_open(words, verdict):
    assert _verdicts(r"Q^\top Q = Q Q^\top", prose=f"Take {words}.\n\n") == [verdict]
