"""`proofhead reproduce`: lists, runs, compares, and says what is wrong with what was asked."""

import json
import os
from pathlib import Path

import pytest

from numerics.experiments import EXPERIMENTS
from proofs_checks.cli.run import run

ROOT = Path(__file__).parents[3]


def test_without_a_name_every_experiment_is_listed(capsys):
    assert run(["reproduce"]) == 0
    printed = capsys.readouterr().out
    assert all(f"{e.name}: " in printed for e in EXPERIMENTS)
    assert run(["reproduce", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["experiments"]
    assert [e["name"] for e in listed] == [e.name for e in EXPERIMENTS]
    assert all({"cpu", "paper"} <= e["presets"].keys() for e in listed)


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toy") / "out"
    status = run(["reproduce", "attention-toy", "--seeds", "2", "-o", str(folder)])
    return status, folder


def test_a_run_leaves_tables_figures_and_their_data(toy):
    status, folder = toy
    assert status == 0
    body = json.loads((folder / "table.json").read_text())
    assert body["preset"] == "cpu" and [r["seed"] for r in body["runs"]] == [0, 1]
    assert {"numpy", "torch", "machine", "day", "python"} <= body["runs"][0]["stamp"].keys()
    assert all(row["verdict"] in ("reproduced", "control") for row in body["rows"])
    assert all((folder / name).stat().st_size > 100 for name in body["figures"])
    assert (folder / "feedback.pdf").read_bytes().startswith(b"%PDF")
    data = (folder / "feedback.csv").read_text().splitlines()
    assert data[0].startswith("step,loss,entropy") and len(data) == 401
    assert "seeds 0, 1" in (folder / "table.txt").read_text()
    assert (folder / "table.tex").read_text().startswith(r"\begin{tabular}")


def test_the_same_command_reads_the_result_back(toy, capsys):
    _, folder = toy
    before = (folder / "seed-1" / "measured.json").read_bytes()
    assert run(["reproduce", "attention-toy", "--seeds", "2", "-o", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"]
    assert (folder / "seed-1" / "measured.json").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["attention-toi"], "Did you mean `attention-toy`"),
        (["attention-toy", "--preset", "huge"], "has the presets `cpu` or `paper`"),
        (["attention-toy", "--seeds", "0"], "--seeds must be 1 or more"),
        (["attention-toy", "--first-seed", "-1"], "--first-seed 0 or more"),
        (["attention-toy", "--device", "abacus"], "no device `abacus`"),
        (["attention-toy", "-o", "FILE"], "it is a file"),
    ],
)
def test_bad_input_is_one_line_and_harms_nothing(arguments, message, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "FILE").write_text("kept")
    assert run(["reproduce", *arguments]) == 2
    printed = capsys.readouterr().err
    assert message in printed and printed.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["FILE"]
    assert (tmp_path / "FILE").read_text() == "kept"


def test_a_folder_of_another_run_is_refused(toy, capsys):
    _, folder = toy
    assert run(["reproduce", "sticky-markov", "-o", str(folder)]) == 2
    assert "holds a run with other settings" in capsys.readouterr().err


def test_own_sequences_are_judged(capsys):
    example = "examples/sequences/priorities.jsonl"
    assert run(["reproduce", "token-priority", "--data", example]) == 0
    printed = capsys.readouterr().out
    assert "after sat: {cat, dog} > {sat}, {the}\n" in printed  # no order of sat and the
    assert "correlation of descent with W_svm 0.99" in printed
    assert run(["reproduce", "token-priority", "--data", example, "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert body["priorities"]["the"] == [
        {"members": ["sat"], "over": [["the"]]}, {"members": ["the"], "over": []},
    ]  # fmt: skip
    assert body["optimality"] < 1e-8 and body["distance"] < 1e-3


def test_an_own_table_is_judged_and_kept(tmp_path, capsys):
    example = "examples/tables/regression.csv"
    folder = tmp_path / "new" / "out"
    arguments = ["reproduce", "linear-regression", "--data", example, "-o", str(folder)]
    assert run(arguments) == 0
    printed = capsys.readouterr().out
    assert "40 rows, 60 columns, rank 40: overparameterised" in printed
    assert printed in (ROOT / "docs" / "experiments.md").read_text("utf-8")
    assert (folder / "report.txt").read_text() == printed
    body = json.loads((folder / "report.json").read_text())
    assert body["times"][-1] is None and len(body["theta"]) == 60
    assert (folder / "path.pdf").read_bytes().startswith(b"%PDF")


def test_malformed_rows_are_named_and_the_others_used_only_if_asked(tmp_path, capsys):
    path = tmp_path / "own.csv"
    rows = [f"{n},{n % 3},{2 * n}" for n in range(12)]
    path.write_text("\ufeffa,b,y\n" + "\n".join([*rows[:4], "1,2", *rows[4:], "a,b,c"]) + "\n")
    assert run(["reproduce", "linear-regression", "--data", str(path)]) == 2
    printed = capsys.readouterr().err
    for message in ("line 6: expected 3 numbers", "line 15: expected a finite", "2 malformed"):
        assert message in printed
    assert run(["reproduce", "linear-regression", "--data", str(path), "--skip-malformed"]) == 0
    assert "12 rows, 2 columns" in capsys.readouterr().out


def test_malformed_lines_are_named_and_the_others_used_only_if_asked(tmp_path, capsys):
    path = tmp_path / "own.jsonl"
    path.write_text(
        '{"tokens": ["a", "b"], "label": "a"}\n\nnonsense\n{"tokens": ["a"]}\n'
        '{"tokens": [], "label": "a"}\n[1]\n'
    )
    before = path.read_bytes()
    assert run(["reproduce", "token-priority", "--data", str(path)]) == 2
    printed = capsys.readouterr().err
    messages = (
        "line 3: expected one JSON object",
        "line 4: expected the fields",
        "line 5: expected texts",
        "line 6: expected the fields",
        "4 malformed lines",
    )
    for message in messages:
        assert message in printed
    assert run(["reproduce", "token-priority", "--data", str(path), "--skip-malformed"]) == 0
    assert "1 sequences, 2 tokens" in capsys.readouterr().out
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "hmm",
            '{"tokens": ["a"], "label": "a"}',
            "--data is for token-priority (JSON lines) and linear-regression",
        ),
        ("token-priority", "", "no sequence to judge"),
        ("token-priority", None, "No such file"),
    ],
)
def test_own_data_that_cannot_be_used(name, text, message, tmp_path, capsys):
    path = tmp_path / "own.jsonl"
    if text is not None:
        path.write_text(text)
    assert run(["reproduce", name, "--data", str(path)]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders")
def test_a_pipe_is_no_data(tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe.csv")
    words = ["reproduce", "linear-regression", "--data", str(tmp_path / "pipe.csv")]
    assert run(words) == 2
    assert "is a pipe or a device; give a file" in capsys.readouterr().err


def test_a_label_outside_of_its_sequence_is_shown_with_what_happens(tmp_path, capsys):
    path = tmp_path / "own.jsonl"
    kept = [(["a", "b"], "a"), (["b", "c", "b"], "c"), (["c", "a", "b"], "c")]
    lines = [json.dumps({"tokens": t, "label": y}) for t, y in [*kept, (["a", "b"], "z")]]
    path.write_text("\n".join(lines))
    assert run(["reproduce", "token-priority", "--data", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "3 sequences, 4 tokens" in printed
    assert "line 4: its label is not among its tokens: infinite loss" in printed
    assert "the theorem's direction is not reached" in printed
    assert run(["reproduce", "token-priority", "--data", str(path), "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert body["correlation"] > 0.99 > 0.9 > body["correlation_violated"]
    path.write_text(lines[-1])
    assert run(["reproduce", "token-priority", "--data", str(path)]) == 2
    assert "no loss is finite" in capsys.readouterr().err


def test_a_number_and_a_text_are_never_taken_for_one_token(tmp_path, capsys):
    path = tmp_path / "own.jsonl"
    path.write_text('{"tokens": [1, 2], "label": 1}\n{"tokens": ["1", 2], "label": "1"}\n')
    assert run(["reproduce", "token-priority", "--data", str(path)]) == 2
    assert "line 2: the token 1 is a text in one place and a number" in capsys.readouterr().err
