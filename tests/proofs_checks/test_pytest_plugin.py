"""The pytest plugin: every equation of a document is a test."""

import pytest

from proofs_checks.pytest_plugin import _seconds

pytest_plugins = ["pytester"]

DOCUMENT = r"""
\begin{equation}\label{eq:right}
\frac{\partial L}{\partial z_i} = p_i - y_i
\end{equation}
\[ r_i := \sum_k \alpha_{ik} b_{ik} \]
\[ \frac{\partial L}{\partial s_{ij}} = \alpha_{ij} (b_{ij} + r_i) \]
\[ \frac{a}{b = igl( \]
"""
SETTINGS = """
[pytest]
testpaths = paper
proofhead_claims = paper/*.tex
"""
# by module name, whether or not the entry point is installed
PLUGIN = ("-p", "no:proofhead", "-p", "proofs_checks.pytest_plugin")


@pytest.fixture
def paper(pytester):
    folder = pytester.mkdir("paper")
    (folder / "notes.tex").write_text(DOCUMENT)
    (folder / "other.md").write_text("$$ x = $$")
    return folder


def test_equations_pass_and_fail_with_the_report(pytester, paper):
    pytester.makeini(SETTINGS)
    result = pytester.runpytest_subprocess(*PLUGIN, "-v")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines([
        "*notes.tex::eq:right PASSED*",
        "*notes.tex::line 6 FAILED*",
        "*notes.tex::line 7 FAILED*",
    ])  # fmt: skip
    result.stdout.fnmatch_lines([
        "paper/notes.tex:6:4: refuted",
        "the sign of $r_i$ is wrong",
        r"correct: *\alpha_{ij} (b_{ij} - r_i)",
    ])  # fmt: skip
    result.stdout.fnmatch_lines(["paper/notes.tex:7:1: unreadable", "*is not known*"])
    assert "Traceback" not in result.stdout.str()


READER = """
from proofs_checks.claims import reading
from proofs_checks.claims.claim import Claim, Paper

def read_claims(data, name, **options):
    return Paper(name, (
        Claim("not judged", "", 3, 1, "x", notes=("a distribution,", "no [equality]")),
        Claim("not judged", "", 3, 1, "y", file="sections/method.tex"),
        Claim("definition", "", 4, 1, "y"),
    ), "own", "")

reading.read_claims = read_claims
"""


def test_what_is_not_judged_is_skipped_with_the_reason(pytester, paper):
    pytester.makeini(SETTINGS)
    pytester.makeconftest(READER)
    result = pytester.runpytest_subprocess(*PLUGIN, "-v", "-rs")
    result.assert_outcomes(skipped=2)
    result.stdout.fnmatch_lines([
        "*notes.tex::line 3 SKIPPED*",
        "*notes.tex::sections/method.tex line 3 SKIPPED*",
    ])  # fmt: skip
    result.stdout.fnmatch_lines_random(["*a distribution,; no [[]equality]*", "*: not judged"])


def test_one_equation_can_be_asked_for(pytester, paper):
    pytester.makeini(SETTINGS)
    result = pytester.runpytest_subprocess(*PLUGIN, "paper/notes.tex::eq:right")
    result.assert_outcomes(passed=1)


def test_without_the_setting_nothing_is_collected(pytester, paper):
    result = pytester.runpytest_subprocess(*PLUGIN, "paper")
    result.assert_outcomes()


def test_an_unknown_model_is_an_error_of_the_document(pytester, paper):
    pytester.makeini(SETTINGS + "proofhead_model = attention-haed\n")
    result = pytester.runpytest_subprocess(*PLUGIN)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*`attention-haed` is no model*"])


def test_a_timeout_that_is_no_number(pytester, paper):
    pytester.makeini(SETTINGS + "proofhead_timeout = soon\n")
    result = pytester.runpytest_subprocess(*PLUGIN)
    assert result.ret != 0
    output = result.stdout.str() + result.stderr.str()
    assert "`proofhead_timeout` must be a number of seconds; got 'soon'" in output


def test_seconds():
    assert _seconds("2.5") == 2.5
    with pytest.raises(pytest.UsageError, match="must be a number of seconds; got 'x'"):
        _seconds("x")


def test_a_paper_in_several_files(pytester, paper):
    pytester.makeini(SETTINGS.replace("*.tex", "main.tex"))
    (paper / "main.tex").write_text("\\usepackage{own}\\input{part}\n")
    (paper / "own.sty").write_text("\\newcommand{\\logit}{z_i}")
    equation = r"\frac{\partial L}{\partial \logit} = p_i + y_i"
    (paper / "part.tex").write_text(f"\n\\[ {equation} \\]\n")
    result = pytester.runpytest_subprocess(*PLUGIN, "-v")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*main.tex::part.tex line 2 FAILED*", "part.tex:2:4: refuted"])


def test_a_document_that_is_none_is_an_error(pytester, paper):
    pytester.makeini(SETTINGS)
    (paper / "notes.tex").write_bytes(b"%PDF-1.5")
    result = pytester.runpytest_subprocess(*PLUGIN)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*paper/notes.tex: `notes.tex` is a PDF; what is read is the*"])
