"""JSON of a checked document."""

import json

from proofs_checks.reports.paper import check_document, refused_document, several_documents


def test_the_document_has_the_agreed_shape(report):
    document = json.loads(json.dumps(check_document(report)))
    assert document["schema"] == 1
    assert document["file"] == "paper <b>.tex"
    assert document["model"] == "own"
    assert document["summary"] == {
        "proved": 1,
        "refuted": 1,
        "undecided": 1,
        "unreadable": 1,
        "inconsistent": 1,
        "definition": 1,
        "assumption": 1,
    }
    assert sum(document["summary"].values()) == len(document["equations"])
    assert not document["interrupted"]


def test_a_refuted_equation(report):
    entry = check_document(report)["equations"][3]
    assert entry["kind"] == "step"
    assert (entry["chain"], entry["step"]) == (1, 1)
    assert (entry["line"], entry["column"]) == (5, 3)
    assert entry["verdict"] == "refuted"
    assert entry["method"] == "exact"
    assert entry["sizes"] == {"T": 1, "C": 2}
    assert entry["assumptions"] == []
    assert entry["counterexample"]["point"]["W_{O,21}"] == "1/3"
    assert entry["counterexample"]["left"] == "0"
    assert entry["residual"] == r"-\alpha_{ij} \mathbb{E}_{\alpha_i}[b]"
    assert entry["diagnosis"]["kind"] == "missing_term"
    assert entry["correction"].startswith(r"\frac{\partial L}")
    assert entry["checks"][1] == {
        "judge": "modular",
        "agrees": False,
        "error_bound": "1e-18",
        "detail": "a difference",
        "seed": 0,
        "seconds": 0.0,
    }
    assert entry["seconds"] == 0.25


def test_what_is_not_judged_has_its_kind_as_verdict(report):
    definition, assumption, proved, *_ = check_document(report)["equations"]
    assert (definition["kind"], definition["verdict"]) == ("definition", "definition")
    assert definition["notes"] == ["defines P"]
    assert (assumption["kind"], assumption["verdict"]) == ("assumption", "assumption")
    assert proved["assumptions"] == ["sum_c y_ic = 1"]
    assert proved["counterexample"] is None
    assert proved["correction"] is None


def test_an_unreadable_equation_is_a_claim_with_a_problem(report):
    entry = check_document(report)["equations"][-1]
    assert (entry["kind"], entry["verdict"]) == ("claim", "unreadable")
    assert entry["problem"] == {
        "line": 9,
        "column": 5,
        "message": "`igl(` is not known",
        "expected": "an operator",
        "suggestion": r"`\bigl(` is",
        "caret": "\\frac{a}{b = igl(\n     ^",
    }


def test_chains(report):
    first, second, third, _ = check_document(report)["chains"]
    assert (first["chain"], first["first_wrong_step"]) == (1, 1)
    assert first["ends"]["verdict"] == "proved"
    assert second["ends"]["verdict"] == "refuted"
    assert third["ends"] is None


def test_one_file_is_one_document_and_several_are_listed(report, empty):
    one = check_document(report)
    assert several_documents([one]) is one
    refused = refused_document("gone.tex", "cannot be read")
    both = several_documents([check_document(empty), refused])
    assert both["schema"] == 1
    assert [f["file"] for f in both["files"]] == ["empty.tex", "gone.tex"]
    assert refused["error"] == "cannot be read"
    assert refused.keys() - {"error"} == one.keys()
