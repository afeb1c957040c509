"""Lines at concrete sizes, against the model they come from."""

import numpy as np
import pytest
import sympy as sp

from tests.theory.algebra.evaluation import evaluate
from theory.models import attention_head, model_named, two_token_head
from theory.models.expanded import expanded_lines

SIZES = {"T": 3, "d_x": 2, "d_k": 2, "d_v": 1, "C": 2}


def scalars(model, values):
    """Return the entries of inputs as numbers."""
    return {
        name: {tuple(k + 1 for k in at): sp.Float(v) for at, v in np.ndenumerate(array)}
        for name, array in values.items()
    }


def test_expanded_lines_compute_the_loss_of_the_model():
    model = attention_head(weights=True)
    draw = np.random.default_rng(0)
    values = {str(t.label): draw.normal(size=[SIZES[k.name] for k in t.axes]) for t in model.inputs}
    known = dict(values)
    for line in model.definitions:
        known[line.name] = evaluate(line.value, SIZES, known, *line.parameters)
    lines = expanded_lines(model, SIZES, scalars(model, values))
    found = {}
    for line in lines:
        assert line.symbol not in found  # every entry has one line, before it is used
        found[line.symbol] = float(line.value.subs(found))
    assert found[model.loss] == pytest.approx(float(known["L"]), rel=1e-12)
    assert found[sp.Symbol("v_3", real=True)] == pytest.approx(known["v"][2, 0], rel=1e-12)
    assert found[sp.Symbol("s_23", real=True)] == pytest.approx(known["s"][1, 2], rel=1e-12)


def test_what_is_given_cuts_the_lines_before_it_away():
    names = [str(line.symbol) for line in model_named("two-token-head").definitions]
    assert names[:6] == ["s_11", "s_12", "s_21", "s_22", "v_1", "v_2"]
    assert not any(name.startswith(("q_", "k_", "X")) for name in names)
    assert names[-1] == "L"


def test_an_input_without_a_value_is_named():
    with pytest.raises(ValueError, match=r"the entry \(1, 1\) of the input `y` is needed"):
        expanded_lines(attention_head(), SIZES, {"X": {(n, 1): sp.S.One for n in (1, 2, 3)}})


def test_the_two_token_head_has_the_letters_of_the_reduced_one():
    assert {str(x) for x in two_token_head().inputs} == {"x", "y", "w"}
