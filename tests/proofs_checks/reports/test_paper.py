"""JSON of a checked document."""

import json

from proofs_checks.reports.paper import (
    check_document,
    refused_document,
    refused_symbols,
    several_documents,
    symbols_document,
)


def test_the_document_has_the_agreed_shape(report):
    document = json.loads(json.dumps(check_document(report)))
    assert document["schema"] == 2
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
        "not judged": 0,
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
    assert both["schema"] == 2
    assert [f["file"] for f in both["files"]] == ["empty.tex", "gone.tex"]
    assert refused["error"] == "cannot be read"
    assert refused.keys() - {"error"} == one.keys()


def test_the_symbol_table_and_the_choices(understood_report):
    document = json.loads(json.dumps(check_document(understood_report)))
    assert document["symbols"][1] == {
        "latex": "W_q",
        "kind": "matrix, d x d_k",
        "origin": "input (a name: q is no index)",
        "note": "did you mean W_p?",
        "line": 0,
    }
    assert document["symbols"][0]["line"] == 12
    assert document["notes"] == ["L and \\mathcal{L} are one symbol"]
    assert symbols_document(understood_report.paper) == {
        key: document[key] for key in ("schema", "file", "model", "why", "symbols", "notes")
    }


def test_what_is_not_judged_has_a_reason_and_is_counted_apart(understood_report):
    document = check_document(understood_report)
    definition, other, proved = document["equations"]
    assert (other["kind"], other["verdict"]) == ("not judged", "not judged")
    assert other["reason"] == "a distribution; no equality"
    assert definition["reason"] is None
    assert document["summary"]["not judged"] == 1
    assert sum(document["summary"].values()) == 3
    assert understood_report.exit_status == 0
    assert understood_report.statuses == ("proved",)
    assert proved["verdict"] == "proved"


def test_the_file_of_an_equation_only_where_it_is_another(understood_report):
    definition, other, _ = check_document(understood_report)["equations"]
    assert "file" not in definition
    assert other["file"] == "sections/method.tex"


def test_symbols_of_a_file_that_cannot_be_read(understood_report):
    refused = refused_symbols("gone.tex", "cannot be read")
    assert (refused["model"], refused["error"]) == (None, "cannot be read")
    assert refused.keys() - {"error"} == symbols_document(understood_report.paper).keys()
