"""JUnit XML: well-formed whatever the document holds."""

from xml.etree import ElementTree

from proofs_checks.reports.junit import junit


def test_failures_errors_and_skipped_are_counted(report, empty):
    root = ElementTree.fromstring(junit([report, empty], [("gone.tex", "cannot be read")]))
    first, second, third = root.findall("testsuite")
    assert first.get("name") == "paper <b>.tex"
    counts = {key: first.get(key) for key in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "11", "failures": "2", "errors": "2", "skipped": "6"}
    assert second.get("tests") == "0"
    assert third.find("testcase/error").text == "cannot be read"
    assert third.get("errors") == "1"


def test_a_failure_says_what_is_known(report):
    root = ElementTree.fromstring(junit([report]))
    case = root.find("testsuite/testcase[@line='5']")
    failure = case.find("failure")
    assert failure.get("type") == "refuted"
    assert failure.get("message") == r"the baseline $\mathbb{E}_{\alpha_i}[b]$ is missing"
    assert r"correct: \frac{\partial L}{\partial s_{ij}} = \alpha_{ij} A_{ij}" in failure.text
    assert "at T = 1, C = 2: y_{11} = 0, W_{O,21} = 1/3, eta = 2" in failure.text
    assert "left 0, right -0.25 ± 1e-15" in failure.text
    assert case.get("time") == "0.250"


def test_unreadable_and_undecided_are_errors(report):
    root = ElementTree.fromstring(junit([report]))
    unreadable = root.find("testsuite/testcase[@line='9']/error")
    assert unreadable.get("message") == "`igl(` is not known"
    assert "suggestion: `\\bigl(` is" in unreadable.text
    undecided = root.find("testsuite/testcase[@line='6']/error")
    assert undecided.get("message") == "stopped after the time limit of 20 s"


def test_text_that_xml_cannot_hold_is_replaced(report):
    text = junit([report])
    assert "\x00" not in text
    assert "\x1b" not in text
    assert "<script>" not in text
    ElementTree.fromstring(text)


def test_what_is_not_judged_is_skipped_with_the_reason(understood_report):
    root = ElementTree.fromstring(junit([understood_report]))
    case = root.find("testsuite/testcase[@line='4']")
    assert case.get("file") == "sections/method.tex"
    assert case.find("skipped").get("message") == "a distribution; no equality"
    assert root.find("testsuite").get("skipped") == "2"
    assert root.find("testsuite").get("errors") == "0"
