"""Fuzzing of the reader: any bytes end in a document or a `ReadingError`, in bounded time.

    python tests/proofs_checks/claims/fuzz_reading.py --seconds 60 --keep FOLDER
    python tests/proofs_checks/claims/fuzz_reading.py FILE        (once more what was found)

With atheris the fuzzing is coverage-guided: it starts from the equations of the corpus and knows
the notation as a dictionary; what it finds, and what led it there, is kept in FOLDER.  Without it
(there are no wheels for some interpreters) pieces of notation are put together at random and then
damaged.  The first byte of an input says the kind of document, and whether its claims are read too.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

try:
    import atheris  # type: ignore[import-not-found]
except ImportError:
    atheris = None

# Only our own code is watched for coverage: SymPy's thousands of functions take minutes to prepare.
with (
    atheris.instrument_imports(include=["proofs_checks.claims"], enable_loader_override=False)
    if atheris is not None and __name__ == "__main__"
    else nullcontext()
):
    from proofs_checks.claims import Document, Equation, ReadingError, outline, read_document
    from proofs_checks.claims.reading import read_claims

DEEP = 224  # first bytes from here on read the claims as well
LONGEST_DEEP = 400  # bytes
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
    begun = time.process_time()  # of this process: the machine may be busy
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
    taken = time.process_time() - begun
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


def check_claims(data: bytes, kind: str) -> None:
    """Read the claims of ``data``: each is judged, or has a reason why it is not."""
    try:
        paper = read_claims(data, "fuzz", kind=kind)
    except ReadingError:
        return
    for claim in paper.claims:
        if claim.kind == "unreadable":
            assert claim.problem is not None and claim.problem.message
        elif claim.kind == "not judged":
            assert claim.reason
        elif claim.kind != "assumption":
            assert claim.model is not None and claim.equation is not None
            assert claim.source.strip()


def one_input(data: bytes) -> None:
    """Entry point of atheris: the first byte chooses the kind, one in eight goes deeper."""
    if data:
        kind = KINDS[data[0] % len(KINDS)]
        check(data[1:], kind)
        if data[0] >= DEEP and len(data) <= LONGEST_DEEP:
            check_claims(data[1:], kind)


def seeds() -> Iterator[bytes]:
    """Yield the equations of the corpus, alone and in their documents, and damaged ones."""
    kinds = {".tex": 0, ".md": 1}
    for path in sorted((Path(__file__).parent / "corpus").iterdir()):
        first = kinds.get(path.suffix, 4)
        for document in path.read_text("utf-8").split("%%%% ")[1:]:
            yield bytes([first]) + document.encode()
            for number, line in enumerate(document.splitlines()[1:]):
                yield bytes([first]) + line.encode()
                if number % 12 == 0:
                    yield bytes([DEEP + 1 + first]) + line.encode()  # 225 is a multiple of 5
    rng = random.Random(0)
    for _ in range(100):
        yield bytes([rng.randrange(256)]) + random_document(rng)


def dictionary() -> str:
    """Return the notation in the form of a libFuzzer dictionary."""
    pieces = dict.fromkeys(p for p in PIECES if 1 < len(p) < 60)
    return "".join(
        '"' + "".join(_escaped(byte) for byte in piece.encode()) + '"\n' for piece in pieces
    )


def _escaped(byte: int) -> str:
    plain = 32 <= byte < 127 and chr(byte) not in '"\\'
    return chr(byte) if plain else f"\\x{byte:02X}"


def guided(folder: Path, seconds: int, rest: list[str]) -> None:
    """Fuzz with atheris, which ends the process."""
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in seeds():
        (corpus / hashlib.sha1(seed, usedforsecurity=False).hexdigest()).write_bytes(seed)
    (folder / "dictionary").write_text(dictionary())
    print(f"fuzzing for {seconds} s; what is found is kept in {folder}", flush=True)
    options = [
        f"-max_total_time={seconds}", f"-dict={folder / 'dictionary'}", "-max_len=1200",
        "-timeout=60", "-rss_limit_mb=3000", f"-artifact_prefix={folder}/found-",
        "-print_final_stats=1", "-reload=0", "-verbosity=1",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options, *rest, str(corpus)], one_input)
    atheris.Fuzz()


def unguided(seconds: float, seed: int) -> int:
    """Fuzz with random documents."""
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        rng = random.Random(seed)
        data, kind = random_document(rng), rng.choice(KINDS)
        try:
            check(data, kind)
            if rng.random() < 0.05:
                check_claims(data, kind)
        except Exception:
            print(f"seed {seed}, kind {kind}: {data!r}", file=sys.stderr)
            raise
        seed, count = seed + 1, count + 1
    print(f"{count} documents, nothing found")
    return 0


def main() -> int:
    """Fuzz; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("files", nargs="*", type=Path, help="inputs to run once, no fuzzing")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0, help="of the fuzzing without atheris")
    parser.add_argument("--keep", type=Path, help="folder for what is found (a temporary one)")
    options, rest = parser.parse_known_args()
    for file in options.files:
        one_input(file.read_bytes())
        print(f"{file}: nothing found")
    if options.files:
        return 0
    if atheris is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        print(f"skipped: coverage-guided fuzzing needs atheris, which is not installed for Python "
              f"{version}. Documents are put together at random instead.")  # fmt: skip
        return unguided(options.seconds, options.seed)
    folder = options.keep or Path(tempfile.mkdtemp(prefix="proofhead-fuzz-"))
    guided(folder.resolve(), options.seconds, rest)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
