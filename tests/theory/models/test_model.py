"""Models: what they refuse, and what they know about their symbols."""

import dataclasses

import pytest
import sympy as sp

from theory.algebra.expressions import Equation
from theory.algebra.limits import AlgebraError
from theory.algebra.symbols import Index, Size, Tensor, indices, scalar, total
from theory.models import (
    MODELS,
    Constraint,
    Definition,
    Model,
    attention_head,
    model_named,
)
from theory.models.attention_head import ATTENTION_HEADS
from theory.models.model import name_of

T, N = Size("T"), Size("n")
i, j, k = indices("i j k", T)
(m,) = indices("m", N)
x, y, q = Tensor("x", (T,)), Tensor("y", (T,)), Tensor("q", (T, N))
S = Tensor("S", (T, T))
a, L = scalar("a"), scalar("L")
LOSS = Definition(L, total(y[k] ** 2, k), "loss")
SQUARE = Definition(y[i], a * x[i] ** 2, "squares")


def model(*definitions, **changes):
    standard = {
        "name": "test",
        "title": "a model of these tests",
        "sizes": (T, N),
        "inputs": (x, a),
        "definitions": definitions,
        "loss": L,
        "letters": {"T": ("i", "j", "k"), "n": ("m",)},
    }
    return Model(**{**standard, **changes})


REFUSED = {
    "an unknown symbol": (
        lambda: model(Definition(y[i], x[i] + q[i, 1], ""), LOSS),
        r"model `test`: the definition of `y` uses \['q'\], which no input and no earlier line",
    ),
    "a symbol of a later line": (
        lambda: model(Definition(x[i] * 0 + S[i, j], y[i], ""), SQUARE, LOSS),
        r"the definition of `S` uses \['y'\]",
    ),
    "a second definition": (lambda: model(SQUARE, SQUARE, LOSS), "`y` is defined twice"),
    "a definition of an input": (
        lambda: model(Definition(x[i], a, ""), LOSS),
        "`x` is defined twice; sizes, inputs and definitions need different names",
    ),
    "a size and a scalar of one name": (
        lambda: model(SQUARE, LOSS, inputs=(x, a, scalar("T"))),
        "`T` is defined twice",
    ),
    "a vocabulary that redefines": (
        lambda: model(SQUARE, LOSS, vocabulary=(SQUARE,)),
        "`y` is defined twice",
    ),
    "an index on one side only": (
        lambda: model(Definition(y[i], x[j], ""), LOSS),
        r"\['j'\] stand free in the definition of `y\[i\]`; sum over them",
    ),
    "a stray index in the vocabulary": (
        lambda: model(SQUARE, LOSS, vocabulary=(Definition(q[i, m], x[k], ""),)),
        r"\['k'\] stand free in the definition of `q\[i, m\]`",
    ),
    "a diagonal on the left": (
        lambda: model(Definition(S[i, i], x[i], ""), SQUARE, LOSS),
        r"the left side `S\[i, i\]` needs a different index in every slot",
    ),
    "a literal on the left": (
        lambda: model(Definition(S[i, 1], x[i], ""), SQUARE, LOSS),
        r"the left side `S\[i, 1\]` needs a different index in every slot",
    ),
    "a vocabulary in a circle": (
        lambda: model(
            SQUARE,
            LOSS,
            vocabulary=(Definition(q[i, m], S[i, i], ""), Definition(S[i, j], q[i, 1], "")),
        ),
        r"model `test`: \['S', 'q'\] are defined in terms of each other",
    ),
    "no loss": (lambda: model(SQUARE), "model `test`: no definition has the loss `L`"),
    "another loss": (lambda: model(SQUARE, LOSS, loss=scalar("F")), "has the loss `F`"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_model_that_makes_no_sense_is_refused(name):
    make, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        make()


def test_a_constraint_that_is_no_rule_is_refused_when_it_is_needed():
    odd = Constraint(Equation(x[i] + a, 1), "x_i + a = 1")
    with pytest.raises(AlgebraError, match="a hypothesis needs one product on its left side"):
        _ = model(SQUARE, LOSS, constraints=(odd,)).rules


def test_definitions_know_their_parts():
    assert (SQUARE.name, SQUARE.tensor, SQUARE.parameters) == ("y", y, (i,))
    assert (LOSS.name, LOSS.tensor, LOSS.parameters) == ("L", L, ())
    assert name_of(x) == "x" and name_of(a) == "a"


def test_symbols_by_name():
    made = model(SQUARE, LOSS)
    assert set(made.tensors) == {"x", "a", "y", "L"}
    assert made.size_names == {"T": T, "n": N}
    assert made.by_name["y"] is SQUARE
    assert made.index("j", "T") == j


def test_a_line_knows_all_that_it_is_computed_from():
    made = model(SQUARE, LOSS)
    assert made.ancestors == {"y": {"a", "x"}, "L": {"y", "a", "x"}}


def test_entries_take_the_usual_letters():
    made = model(SQUARE, LOSS)
    assert made.entry(S) == S[i, j]
    assert made.entry(q) == q[i, m]
    assert made.entry(a) == a
    assert made.letter(T, {"i", "j"}) == "k"


def test_models_are_equal_by_what_they_say():
    assert model(SQUARE, LOSS) == model(SQUARE, LOSS)
    assert hash(model(SQUARE, LOSS)) == hash(model(SQUARE, LOSS))
    assert model(SQUARE, LOSS) != dataclasses.replace(model(SQUARE, LOSS), name="other")


def test_rows_that_sum_to_one_are_found_out():
    weight = Tensor("weight", (T, T))
    softmax = Definition(
        weight[i, j], sp.exp(S[i, j]) / total(sp.exp(S[i, k]), k), "softmax over the second axis"
    )
    loss = Definition(L, total(weight[i, j] * x[j], i, j), "")
    (rule,) = model(softmax, loss, inputs=(x, S)).rules
    assert rule.hypothesis == "" and "weight" in rule.pattern.key
    assert model(SQUARE, LOSS).rules == ()
    assert set(model(softmax, loss, inputs=(x, S)).refolding) == {"weight"}


# -- the attention heads -------------------------------------------------------------------------


def test_named_models_are_made_once():
    assert model_named("attention-head") is model_named("attention-head")
    assert {model_named(name).name for name in MODELS} == set(MODELS)


def test_an_unknown_model_suggests_the_nearest():
    with pytest.raises(ValueError, match="`atention-head` is no model. Did you mean `attention-h"):
        model_named("atention-head")
    with pytest.raises(ValueError, match="`zzz` is no model. Models: attention-head"):
        model_named("zzz")


def test_unknown_masks_are_refused():
    with pytest.raises(ValueError, match="`mask` must be None, 'arbitrary' or 'causal'; got 'up'"):
        attention_head(mask="up")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="a causal mask needs queries and keys at the same posit"):
        attention_head(mask="causal", cross=True)


@pytest.mark.parametrize("name", ATTENTION_HEADS)
def test_features_are_recorded_and_change_the_inputs(name):
    made = model_named(name)
    names = {name_of(tensor) for tensor in made.inputs}
    for feature, symbol in (
        ("mask", "M"),
        ("bias", "B"),
        ("temperature", "tau"),
        ("cross", "X_K"),
        ("weights", "w"),
    ):
        assert bool(made.features[feature]) == (symbol in names)
    assert ("H" in made.size_names) == made.features["heads"]
    assert ("n" in made.size_names) == made.features["cross"]


def test_all_features_at_once_make_a_model():
    made = attention_head(mask="arbitrary", bias=True, temperature=True, heads=True, weights=True)
    assert [line.name for line in made.definitions] == [*"qkvs", "alpha", *"gzp", "L"]
    assert Index("h", made.size_names["H"]) in made.by_name["s"].parameters
