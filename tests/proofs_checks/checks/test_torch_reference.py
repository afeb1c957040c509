"""The hand-written attention head against torch's own attention, loops, and its majorant."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs_checks.checks.torch_majorant import attention_head_majorant
from proofs_checks.checks.torch_reference import attention_head, reference_for
from theory.models import Model, model_named
from theory.models.attention_head import ATTENTION_HEADS

FLAGS = ("bias", "temperature", "cross", "heads", "weights")
NOTHING = {"mask": None, **dict.fromkeys(FLAGS, False)}
SIZES = {"T": 4, "n": 3, "d_x": 3, "d_k": 2, "d_v": 5, "C": 4, "H": 2}


@pytest.fixture(autouse=True)
def one_thread():
    """At these sizes a second thread only costs."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def features(**on):
    return {**NOTHING, **on}


def draw(on, sizes=SIZES, seed=0, scale=1.0):
    """Return float64 inputs for a set of features; W_Q is multiplied by ``scale``."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    T, n, d_x, d_k, d_v, C, H = (sizes[x] for x in ("T", "n", "d_x", "d_k", "d_v", "C", "H"))
    keys = n if on["cross"] else T
    own = (H,) if on["heads"] else ()
    inputs = {
        "X": normal(T, d_x),
        "X_K": normal(n, d_x),
        "W_Q": scale * normal(*own, d_x, d_k),
        "W_K": normal(*own, d_x, d_k),
        "W_V": normal(*own, d_x, d_v),
        "W_O": normal(*own, C, d_v),
        "y": torch.softmax(normal(T, C), -1),
        "B": normal(T, keys),
        "w": normal(T),
        "tau": normal().abs() + 0.5,
        "M": (normal(T, keys) > 0).double(),
    }
    inputs["M"][:, 0] = 1
    return inputs


def close(a, b):
    torch.testing.assert_close(a, b, rtol=1e-13, atol=1e-13)


VARIANTS = st.fixed_dictionaries(
    {"mask": st.sampled_from([None, "arbitrary", "causal"]), **{f: st.booleans() for f in FLAGS}}
).filter(lambda on: not (on["cross"] and on["mask"] == "causal"))
SHAPES = st.fixed_dictionaries(
    {x: st.integers(1, 6) for x in ("T", "n", "d_x", "d_k", "d_v", "C")} | {"H": st.integers(1, 3)}
)


@settings(max_examples=60, deadline=None)
@given(on=VARIANTS, sizes=SHAPES, seed=st.integers(0, 10**6))
def test_context_is_that_of_scaled_dot_product_attention(on, sizes, seed):
    inputs = draw(on, sizes, seed)
    made = attention_head(inputs, on)
    bias = inputs["B"] if on["bias"] else torch.zeros_like(inputs["M"])
    if on["mask"] == "arbitrary":
        bias = bias.masked_fill(inputs["M"] == 0, -math.inf)
    if on["mask"] == "causal":
        bias = bias.masked_fill(torch.ones_like(bias).triu(1).bool(), -math.inf)
    tau = float(inputs["tau"]) if on["temperature"] else 1.0
    expected = F.scaled_dot_product_attention(
        made["q"], made["k"], made["v"], attn_mask=bias, scale=1 / (tau * math.sqrt(sizes["d_k"]))
    )
    close(made["g"], expected)


def test_everything_by_loops_in_one_small_head():
    on = features(temperature=True, weights=True)
    inputs = draw(on)
    made = attention_head(inputs, on)
    X, W_Q, W_K, W_V, W_O, y = (inputs[x].tolist() for x in ("X", "W_Q", "W_K", "W_V", "W_O", "y"))
    w, tau = inputs["w"].tolist(), float(inputs["tau"])

    def project(x, W):
        return [sum(x[e] * W[e][r] for e in range(len(x))) for r in range(len(W[0]))]

    def softmax(row):
        return [math.exp(t) / sum(map(math.exp, row)) for t in row]

    q, k, v = ([project(x, W) for x in X] for W in (W_Q, W_K, W_V))
    scale = tau * math.sqrt(SIZES["d_k"])
    s = [[sum(a * b for a, b in zip(x, key, strict=True)) / scale for key in k] for x in q]
    alpha = [softmax(row) for row in s]
    g = [[sum(a * x[d] for a, x in zip(row, v, strict=True)) for d in range(5)] for row in alpha]
    z = [[sum(a * b for a, b in zip(row, x, strict=True)) for row in W_O] for x in g]
    p = [softmax(row) for row in z]
    loss = -sum(
        w[i] * y[i][c] * math.log(p[i][c]) for i in range(SIZES["T"]) for c in range(SIZES["C"])
    )
    for name, value in {"q": q, "k": k, "v": v, "s": s, "alpha": alpha, "g": g, "z": z}.items():
        close(made[name].detach(), torch.tensor(value, dtype=torch.float64))
    close(made["p"].detach(), torch.tensor(p, dtype=torch.float64))
    assert made["L"].item() == pytest.approx(loss, rel=1e-13)


def test_several_heads_are_single_heads_whose_logits_add_up():
    on = features(heads=True, bias=True)
    inputs = draw(on)
    made = attention_head(inputs, on)
    single = []
    for h in range(SIZES["H"]):
        own = {x: inputs[x][h] if x.startswith("W_") else inputs[x] for x in inputs}
        single.append(attention_head(own, features(bias=True)))
    close(made["z"], sum(x["z"] for x in single))
    for name in ("q", "k", "v", "s", "alpha", "g"):
        close(made[name], torch.stack([x[name] for x in single]))


@pytest.mark.parametrize("on", [features(), features(heads=True, weights=True, mask="causal")])
def test_vocabulary_is_the_gradient_of_the_loss(on):
    made = attention_head(draw(on), on)
    weight = made["w"][:, None] if on["weights"] else 1.0
    close(made["u"], (weight * (made["p"] - made["y"])) @ made["W_O"])
    by_alpha, by_scores = torch.autograd.grad(made["L"], (made["alpha"], made["s"]))
    close(made["b"], by_alpha)
    close(made["D"], by_scores)
    close(made["A"] - made["b"], -(made["alpha"] * made["b"]).sum(-1, keepdim=True) + 0 * made["b"])


@pytest.mark.parametrize("on", [features(), features(weights=True, heads=True)])
def test_loss_through_the_probabilities(on):
    inputs = draw(on)
    direct = attention_head(inputs, on)
    through = attention_head(inputs, on, through=frozenset({"p"}))
    close(direct["L"], through["L"])
    assert torch.autograd.grad(direct["L"], direct["p"], allow_unused=True) == (None,)
    (found,) = torch.autograd.grad(through["L"], through["p"])
    weight = through["w"][:, None] if on["weights"] else 1.0
    close(found, -weight * through["y"] / through["p"])


def test_extreme_scores_stay_finite_with_finite_logarithms():
    on = features()
    inputs = draw(on)
    inputs["W_Q"] *= 700 / attention_head(inputs, on)["s"].abs().max()
    made = attention_head(inputs, on)
    assert float(made["s"].detach().abs().max()) == pytest.approx(700)
    assert float(made["log_alpha"].detach().min()) < -400
    for name, x in made.items():
        assert bool(x.isfinite().all()), name


def test_causal_mask_is_the_lower_triangle_and_masked_logarithms_are_minus_infinity():
    on = features(mask="causal")
    made = attention_head(draw(on), on)
    lower = torch.ones(4, 4, dtype=torch.float64).tril()
    assert torch.equal(made["M"], lower)
    assert torch.equal((made["alpha"] > 0).double(), lower)
    assert torch.equal(made["log_alpha"].isneginf(), lower == 0)


def test_missing_and_misfit_inputs():
    with pytest.raises(ValueError, match=r"missing: W_O, tau\. Pass one float64 tensor for each"):
        inputs = draw(NOTHING)
        del inputs["W_O"], inputs["tau"]
        attention_head(inputs, features(temperature=True))
    with pytest.raises(ValueError, match=r"`y` must be float64; got torch.float32. Use `y.double"):
        attention_head({**draw(NOTHING), "y": torch.ones(4, 4)}, NOTHING)


@pytest.mark.parametrize("name", ATTENTION_HEADS)
def test_every_named_model_has_a_reference_with_its_names_and_shapes(name):
    model = model_named(name)
    reference = reference_for(model)
    assert reference is not None
    made = reference.values(draw(model.features), model.features)
    for quantity, tensor in model.tensors.items():
        axes = getattr(tensor, "axes", ())
        assert tuple(made[quantity].shape) == tuple(SIZES[x.name] for x in axes), quantity


def test_a_model_nobody_wrote_by_hand_has_no_reference():
    base = model_named("attention-head")
    other = Model("doc", "a document", base.sizes, base.inputs, base.definitions, base.loss)
    assert reference_for(other) is None


@settings(max_examples=25, deadline=None)
@given(on=VARIANTS, sizes=SHAPES, seed=st.integers(0, 10**6), scale=st.sampled_from([1, 30, 300]))
def test_majorant_bounds_values_and_gradients(on, sizes, seed, scale):
    made = attention_head(draw(on, sizes, seed, scale), on)
    major = attention_head_majorant(made, on)
    slack = 1 + 1e-10
    for name in made.keys() - {"log_alpha", "M"}:
        assert bool((made[name].abs() <= major[name] * slack + 1e-300).all()), name
    for name in ("z", "g", "v", "alpha", "s", "q", "k", "W_Q", "W_K", "W_V", "W_O", "X", "y"):
        (value,) = torch.autograd.grad(made["L"], made[name], retain_graph=True)
        (bound,) = torch.autograd.grad(major["L"], major[name], retain_graph=True)
        assert bool((value.abs() <= bound * slack + 1e-300).all()), name


@pytest.mark.parametrize("on", [features(), features(mask="causal", temperature=True)])
def test_majorant_bounds_second_derivatives(on):
    made = attention_head(draw(on), on)
    major = attention_head_majorant(made, on)

    def hessian(at, first, second):
        (gradient,) = torch.autograd.grad(at["L"], at[first], create_graph=True)
        rows = [
            torch.autograd.grad(x, at[second], retain_graph=True)[0].reshape(-1)
            for x in gradient.reshape(-1)
        ]
        return torch.stack(rows)

    for first, second in (("s", "s"), ("v", "v"), ("s", "v"), ("W_Q", "W_K")):
        value, bound = hessian(made, first, second), hessian(major, first, second)
        assert bool((value.abs() <= bound * (1 + 1e-10)).all()), (first, second)
        assert float((value.abs() / (bound + 1e-300)).max()) > 1e-4
