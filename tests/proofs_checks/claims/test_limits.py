"""Reading is total: any bytes end in a document or a `ReadingError`, in bounded time."""

import random
import subprocess
import sys
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs_checks.claims import Equation, Limits, ReadingError, Unreadable, read_document


def _fuzzer():
    spec = spec_from_file_location("fuzz_reading", Path(__file__).with_name("fuzz_reading.py"))
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FUZZ = _fuzzer()


def _only_message(text: str, limits: Limits) -> str:
    (item,) = read_document(text, kind="tex", limits=limits).equations
    assert isinstance(item, Unreadable)
    return item.problems[0].message


# -- limits ---------------------------------------------------------------------------------


def test_document_size():
    limits = Limits(document_bytes=10)
    with pytest.raises(ReadingError, match="the document has 11 bytes; at most 10 are read"):
        read_document("x" * 11, limits=limits)
    with pytest.raises(ReadingError, match="the document has 12 bytes"):
        read_document("α" * 6, limits=limits)
    assert read_document(b"x" * 10, limits=limits).equations == ()


def test_number_of_equations():
    limits = Limits(equations=3)
    assert len(read_document(r"\[ a = b, \] " * 3, limits=limits).equations) == 3
    with pytest.raises(ReadingError, match="more than 3 equations") as caught:
        read_document("\n" + r"\[ a = b, \] " * 4, "a.tex", limits=limits)
    assert caught.value.problems[0].line == 2


def test_length_of_an_equation():
    text = r"\[ a = " + "b" * 100 + r" \]"
    message = _only_message(text, Limits(equation_characters=50))
    assert message == "the display has 106 characters; at most 50 are read"
    assert "symbols; at most 50 are read" in _only_message(text, Limits(equation_lexemes=50))


def test_nesting():
    def nested(depth: int, opening: str, closing: str) -> str:
        return r"\[ a = " + opening * depth + "x" + closing * depth + r" \]"

    for opening, closing in [("(", ")"), ("{", "}"), (r"\left[", r"\right]"), (r"\sqrt{", "}")]:
        (item,) = read_document(nested(60, opening, closing), kind="tex").equations
        assert isinstance(item, Equation), item.problems
        assert "more than 64 nested" in _only_message(nested(65, opening, closing), Limits())
    assert "more than 8 nested" in _only_message(nested(9, "(", ")"), Limits(nesting=8))


@pytest.mark.parametrize("prefix", [r"\sum_i ", r"\log ", r"\Delta ", r"\partial "])
def test_prefixes_inside_one_another(prefix):
    message = _only_message(r"\[ a = " + prefix * 3000 + r"x \]", Limits())
    assert message == "more than 64 nested groups"


def test_depth_of_a_tree():
    for text in ("x/" * 3000 + "x", "-" * 3000 + "x"):
        message = _only_message(rf"\[ a = {text} \]", Limits())
        assert message == "more than 128 operations inside one another"
    text = "(1 - x/" * 60 + "y" + ")" * 60
    (item,) = read_document(rf"\[ a = {text} \]", kind="tex").equations
    assert isinstance(item, Equation), item.problems
    assert "more than 64 nested" in _only_message(rf"\[ a = {text.replace('y', text)} \]", Limits())


def test_depth_of_scripts_inside_scripts():
    for n, inner in ((50, "x_{" + "(" * 50 + "y" + ")" * 50 + "}"), (3000, "y")):
        text = "x_{" + "(" * n + inner + ")" * n + "}"
        assert "more than 64 nested" in _only_message(rf"\[ a = {text} \]", Limits())


def test_seconds():
    items = read_document(r"\[ a = b \] " * 3, kind="tex", limits=Limits(seconds=0)).equations
    messages = {p.message for i in items if isinstance(i, Unreadable) for p in i.problems}
    assert messages == {"reading took longer than 0 s; this display was not read"}


def test_problems_of_one_equation():
    text = r"\[ a" + r" = \alpa" * 100 + r" \]"
    (item,) = read_document(text, limits=Limits(problems=5)).equations
    assert isinstance(item, Unreadable) and len(item.problems) == 5


# -- totality -------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=300), kind=st.sampled_from(FUZZ.KINDS))
def test_any_bytes(data, kind):
    FUZZ.check(data, kind)


@settings(max_examples=150, deadline=None)
@given(
    pieces=st.lists(st.sampled_from(FUZZ.PIECES), max_size=30),
    glue=st.sampled_from(["", " "]),
    kind=st.sampled_from(FUZZ.KINDS),
)
def test_any_notation(pieces, glue, kind):
    text = glue.join(pieces)
    FUZZ.check(text.encode(), kind)
    FUZZ.check(f"\\[ a = {text} \\]".encode(), kind)


def test_damaged_formulae():
    for seed in range(1500):
        rng = random.Random(seed)
        FUZZ.check(FUZZ.random_document(rng), rng.choice(FUZZ.KINDS))


def test_the_fuzzer_reaches_trees():
    reached = 0
    for seed in range(300):
        try:
            document = read_document(FUZZ.random_document(random.Random(seed)))
        except ReadingError:
            continue
        reached += any(isinstance(item, Equation) for item in document.equations)
    assert reached > 20


# Each of these made some reader of its kind quadratic.
HOSTILE = [
    "$", "$$ ", "\\[ ", "\\]", "\\( ", "\\begin{align} ", "\\begin{verbatim} ", "{", "\\def\\a{",
    "\\newcommand{\\a}{", "`", "`a``b```c````d", "```\n", "<!--", "<", "<a ", "<a \"", "<script>",
    "<code>", "&amp", "[", "[ x_i = y ", "[[[[x_i = frac]]]] ", "egin{align} ", "\\iffalse ",
    "\\verb|", "\\url{", "\\text{", "% proofhead: ", "> $$ a\n", "abcdefgh ", "\\\\", "\n\n",
    "| a ",
]  # fmt: skip


@pytest.mark.parametrize("kind", ["tex", "md", "html"])
def test_hostile_repetition_takes_linear_time(kind):
    for unit in HOSTILE:
        text = unit * (60_000 // len(unit))
        for document in (text, f"\\[ x_i = {text} \\]"):
            begun = time.monotonic()
            try:
                read_document(document, kind=kind)
            except ReadingError as error:
                assert "equations" in str(error)
            # Quadratic readers need minutes; the bound leaves room for a busy machine.
            assert time.monotonic() - begun < 10, (unit, kind)


def test_twice_the_equations_take_twice_the_work():
    text = r"""\begin{align}
      \frac{\partial L}{\partial s_{ij}}
        &= \alpha_{ij}\bigl(b_{ij}-\mathbb{E}_{\alpha_i}[b]\bigr) \\
        &= \alpha_{ij} \left( u_i^\top v_j - \sum_{k=1}^n \alpha_{ik} u_i^\top v_k \right)
    \end{align}"""

    def work(count: int) -> int:
        """Return how many functions are called to read so many equations: no clock is asked."""
        calls = 0

        def counted(frame, event, argument):
            nonlocal calls
            calls += event == "call"

        before = sys.getprofile()
        sys.setprofile(counted)
        try:
            found = len(read_document(text * count, kind="tex").equations)
        finally:
            sys.setprofile(before)
        assert found == count
        return calls

    work(2)  # loads the parser
    few = work(20)
    assert work(40) < 2.2 * few
    assert few < 20 * 20_000


def test_importing_the_reader_loads_no_sympy():
    code = (
        "import sys, proofs_checks.claims as c;"
        "print(sorted({'sympy', 'torch', 'difflib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
