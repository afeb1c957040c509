"""Notebooks: which cells are read, and what reports call their places."""

import json

import pytest

from proofs_checks.claims.documents import read_document
from proofs_checks.claims.limits import Limits
from proofs_checks.claims.reading import read_claims
from proofs_checks.claims.sources import notebook
from proofs_checks.claims.sources.bundle import Bundle, SourceError
from proofs_checks.claims.sources.notebook import notebook_bundle
from proofs_checks.claims.sources.opening import document_of


def bundle_of(*cells, **rest):
    content = {"cells": list(cells), "nbformat": 4, **rest}
    return notebook_bundle(json.dumps(content).encode(), "d/n.ipynb", "n.ipynb")


def markdown(*lines):
    return {"cell_type": "markdown", "source": list(lines)}


def code(source, *latex):
    outputs = [{"output_type": "display_data", "data": {"text/latex": [x]}} for x in latex]
    return {"cell_type": "code", "source": source, "outputs": outputs}


def equations(bundle):
    document = read_document(bundle)
    return [(bundle.source.file_of(e.span.start), e.line, e.source) for e in document.equations]


def test_cells_are_one_document_in_their_order():
    bundle = bundle_of(
        markdown("# Title\n", "\n", "$$ x = a $$\n"),
        code("y = '$$ x = no $$'"),
        markdown("\\begin{equation}\n", "x = b\n", "\\end{equation}"),
    )
    assert equations(bundle) == [
        ("n.ipynb:cell 1", 3, "x = a"),
        ("n.ipynb:cell 3", 2, "x = b"),
    ]
    assert bundle.files == ("n.ipynb:cell 1", "n.ipynb:cell 3")


def test_outputs_and_latex_cells():
    bundle = bundle_of(
        code("expression", "$\\displaystyle x = a$", "$$x = b$$"),
        code("%%latex\n\\[ x = c \\]", "\\[ x = no \\]"),
        {"cell_type": "raw", "source": "\\[ x = d \\]", "metadata": {"raw_mimetype": "text/latex"}},
        {"cell_type": "raw", "source": "\\[ x = no \\]", "metadata": {}},
    )
    assert equations(bundle) == [
        ("n.ipynb:cell 1 output", 1, "x = a"),
        ("n.ipynb:cell 1 output'", 1, "x = b"),
        ("n.ipynb:cell 2", 2, "x = c"),
        ("n.ipynb:cell 3", 1, "x = d"),
    ]


def test_what_a_cell_leaves_open_ends_with_it():
    bundle = bundle_of(markdown("~~~~\ncode"), markdown("$$ x = a"), markdown("$$ x = b $$"))
    assert [(f, s) for f, _, s in equations(bundle)][-1] == ("n.ipynb:cell 3", "x = b")


def test_claims_name_the_cell():
    bundle = bundle_of(code("1"), markdown(r"$$ \frac{\partial L}{\partial z_i} = p_i - y_i $$"))
    (claim,) = read_claims(bundle, "d/n.ipynb").claims
    assert (claim.file, claim.line, claim.column) == ("n.ipynb:cell 2", 1, 4)


def test_notebooks_before_version_4():
    sheet = {"cells": [{"cell_type": "markdown", "source": "$$ x = a $$"}]}
    data = json.dumps({"worksheets": [sheet], "nbformat": 3}).encode()
    assert len(equations(notebook_bundle(data, "n.ipynb", "n.ipynb"))) == 1


def test_odd_cells_are_passed_over():
    bundle = bundle_of(
        None, 3, {}, {"cell_type": "markdown"}, {"cell_type": "markdown", "source": 3},
        {"cell_type": "code", "source": "x", "outputs": [None, {"data": 3}, {"data": {}}]},
        {"cell_type": "raw", "source": "$$ x = y $$", "metadata": 3}, markdown("$$ x = a $$"),
    )  # fmt: skip
    assert [e[2] for e in equations(bundle)] == ["x = a"]


def test_a_notebook_without_cells():
    assert equations(bundle_of()) == []


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"{\n'", "`n.ipynb` is no notebook: line 2: "),
        (b"", "`n.ipynb` is no notebook: line 1: "),
        (b"[]", "`n.ipynb` is no notebook: it has no list of cells"),
        (b'{"cells": 3}', "`n.ipynb` is no notebook: it has no list of cells"),
        (b'{"worksheets": []}', "`n.ipynb` is no notebook: it has no list of cells"),
        (b"[" * 200_000, "`n.ipynb` is no notebook: its JSON is too deep or too long"),
        (b"%PDF-1.4", "`n.ipynb` is a PDF; what is read is the source of a document"),
    ],
)
def test_what_is_no_notebook(data, why):
    with pytest.raises(SourceError) as caught:
        notebook_bundle(data, "n.ipynb", "n.ipynb")
    assert str(caught.value).startswith(why)


def test_the_text_of_the_cells_is_bounded():
    content = {"cells": [markdown("x" * 100), markdown("x" * 100)]}
    with pytest.raises(SourceError, match="more than 150 characters"):
        notebook_bundle(json.dumps(content).encode(), "n", "n", limits=Limits(document_bytes=150))


def test_the_bytes_of_a_notebook_are_bounded(monkeypatch):
    monkeypatch.setattr(notebook, "NOTEBOOK_BYTES", 10)
    with pytest.raises(SourceError, match="`n` has 13 bytes; at most 10 of a notebook are read"):
        notebook_bundle(b'{"cells": []}', "n", "n")


def test_from_the_disk(tmp_path):
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps({"cells": [markdown("$$ x = a $$")]}))
    bundle = document_of(path, "n.ipynb")
    assert isinstance(bundle, Bundle)
    assert len(equations(bundle)) == 1
