"""Short names of a model's entries: indices and sizes by their letters."""

import pytest

from theory.algebra.symbols import Index, Partial
from theory.laws.entries import Entries
from theory.models import model_named


def test_letters_are_indices_and_sizes_are_attributes():
    model = model_named("posterior-predictive")
    x = Entries(model)
    i, c = Index("i", model.size_names["N"]), Index("c", model.size_names["C"])
    assert (x.i, x.c, x.N) == (i, c, model.size_names["N"])
    assert x("p", x.i, x.c) == model.tensors["p"][i, c]
    assert x("L") == model.loss
    assert x.gradient("z", x.i, x.c) == Partial(model.loss, model.tensors["z"][i, c])


def test_other_names_are_refused():
    with pytest.raises(AttributeError, match="`j_2` is no size and no letter .*; it has K, N, C"):
        _ = Entries(model_named("posterior-predictive")).j_2
