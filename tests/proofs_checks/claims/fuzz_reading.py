"""Fuzzing of the reader: any bytes end in a document or a `ReadingError`, in bounded time.

    python tests/proofs_checks/claims/fuzz_reading.py --seconds 60
    python tests/proofs_checks/claims/fuzz_reading.py CORPUS -max_total_time=3600   (atheris)

With atheris installed the fuzzing is coverage-guided and all arguments but --seconds go to
libFuzzer; without it, pieces of notation are put together at random and then damaged.
"""

from __future__ import annotations

import argparse
import random
import sys
import time

from proofs_checks.claims import Document, Equation, ReadingError, outline, read_document

KINDS = ("tex", "md", "txt", "html", "auto")
SECONDS_PER_DOCUMENT = 10.0

PIECES = (
    r"""
\[ \] $$ $ \( \) \begin{align} \end{align} \begin{equation*} \end{equation*} \begin{aligned}
\end{aligned} \begin{cases} \end{cases} \begin{split} \end{split} \begin{array}{rl} \end{array}
\begin{verbatim} \end{verbatim} \\ & &= = := \coloneqq \equiv \stackrel{a}{=} =: \neq \le \in \sim
, ; . : ! ' " ` ( ) [ ] { } \{ \} \left( \right) \left\{ \right. \bigl[ \bigr] | \| || \left|
\right| \langle \rangle + - \cdot \times \odot / * ^ _ ^\top ^T ^{-1} ^{(h)} ^* _{ij} _{i,j} _{i:}
_k ^2 ^{2} \frac{\partial L}{\partial s_{ij}} \frac{d x}{dt} \partial \nabla_{v} \Delta d dO dS_{ij}
\dot v \bar{O} \hat \mathbf \mathbf{x} \mathrm{softmax}( \mathbb{E}_{\alpha_i}[ \mathrm{KL}(p\|q)
\sum_i \sum_{k=1}^{n} \sum_{k \neq j} \prod_i \log \exp( \exp e^ \sqrt{ \sqrt[3] \frac \frac12 {}
\mathbb{1}[ \mathbf{1} I \delta_{jk} \sigma( H( O(\eta^2) \|x\|^2 \mathcal{L} \alpha_{ij} s b u_i
v_j p_{ic} 1 2 0.5 10 x y z i j k n T \text{if } \text{otherwise} \text{and $x$} \quad \qquad \,
\label{a} \tag{1} \nonumber \boxed{ \underbrace{ }_{n} \underset{k}{\sum} \substack{ \mathrm{
\operatorname{
\newcommand{\a}[1]{#1 b} \a \def\b{\b\b} \b \DeclareMathOperator{\sm}{softmax} \sm \let\c\d
% %proofhead: <!-- --> </p> <br> <em> <script> </script> &amp; &alpha; &lt; < > ``` ~~~ ``` math
α Σ_ Σ ∂ η ⊤ 𝔼 ᵀ ᵢ ² − · ≡ ≔ √ ‖ 贝 � igl( frac{ partial op [ ] ηsum_i heta mathbb{E}
\foo \bigll ~ \! \ \forall \dots , \max \int \pm \phantom{x} \hspace{1em} \mkern-1.5mu \not=
""".split()
    + ["\n", "\n\n", "% proofhead: label x\n", "% proofhead: assume ", " ", "\t", "\0", "\\"]
)

FORMULAE = r"""
\frac{\partial L}{\partial s_{ij}} = \alpha_{ij}\bigl(b_{ij}-\mathbb{E}_{\alpha_i}[b]\bigr)
dS_{ij} = P_{ij} ( dP_{ij} - \mathrm{rowsum}(dO \odot O)_i ) , \qquad i = 1, \dots, n
\dot v_j = -\eta \sum_{k \neq j} \alpha_{ik} u_i^\top v_k + O(\eta^2)
f = \begin{cases} a & \text{if } j = k \\ b & \text{otherwise} \end{cases}
H(\alpha_i) := - \sum_j \alpha_{ij} \log \alpha_{ij} = \mathrm{KL}(p \| q) + \| x \|_2^2
\frac{d^2 L}{dt^2} = \nabla_{v_j} L \cdot \frac{1}{2} \tanh^2(x/2) , \quad \forall i
""".split("\n")[1:-1]


def check(data: bytes, kind: str) -> None:
    """Read ``data`` and check what must hold of every result."""
    begun = time.monotonic()
    try:
        document = read_document(data, "fuzz", kind)
    except ReadingError as error:
        assert error.problems and str(error)
        return
    assert isinstance(document, Document)
    text = document.source.text
    for item in document.equations:
        assert 0 <= item.span.start <= item.span.end <= len(text)
        assert item.line >= 1 and item.column >= 1
        if isinstance(item, Equation):
            assert len(item.sides) == len(item.relations) + 1 >= 2
            for side in item.sides:
                assert outline(side)
        else:
            assert item.problems
    for problem in [p for x in document.equations for p in getattr(x, "problems", ())]:
        assert problem.caret.strip() and str(problem)
    taken = time.monotonic() - begun
    assert taken < SECONDS_PER_DOCUMENT, f"{taken:.1f} s for {len(data)} bytes"


def random_document(rng: random.Random) -> bytes:
    """Return pieces of notation in a random order, sometimes with damaged bytes."""
    opening, closing = rng.choice([("", ""), ("\\[ a = ", " \\]"), ("$$ ", " = b $$")])
    if rng.random() < 0.5:
        words = [rng.choice(PIECES) for _ in range(rng.choice([3, 8, 20, 60]))]
    else:
        words = rng.choice(FORMULAE).split(" ")
        opening, closing = rng.choice([("\\[", "\\]"), ("$$", "$$")])
        for _ in range(rng.choice([0, 1, 1, 2, 4])):
            at = rng.randrange(len(words))
            words[at : at + rng.randrange(3)] = rng.choice([[], [rng.choice(PIECES)], words[:at]])
            words = words or ["x"]
    data = bytearray((opening + rng.choice(["", " "]).join(words) + closing).encode())
    for _ in range(rng.choice([0, 0, 0, 0, 0, 0, 1, 5])):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def one_input(data: bytes) -> None:
    """Entry point of atheris: the first byte chooses the kind."""
    if data:
        check(data[1:], KINDS[data[0] % len(KINDS)])


def main() -> int:
    """Fuzz; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=0)
    options, rest = parser.parse_known_args()
    try:
        import atheris  # type: ignore[import-not-found]
    except ImportError:
        atheris = None
    if atheris is not None:
        atheris.instrument_all()
        atheris.Setup([sys.argv[0], *rest], one_input)
        atheris.Fuzz()
        return 0
    end, count, seed = time.monotonic() + options.seconds, 0, options.seed
    while time.monotonic() < end:
        rng = random.Random(seed)
        data, kind = random_document(rng), rng.choice(KINDS)
        try:
            check(data, kind)
        except Exception:
            print(f"seed {seed}, kind {kind}: {data!r}", file=sys.stderr)
            raise
        seed, count = seed + 1, count + 1
    print(f"{count} documents, nothing found")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
