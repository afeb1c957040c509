"""Notation and habits of public documents that the reader once misread, or did not read."""

import pytest

from proofs_checks.claims.reading import read_claims
from tests.proofs_checks.claims.corpus_documents import verdict_of

SOFTMAX = r"$$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$$ $$L = -\sum_k y_k \log p_k$$ "


def _claims(text, name="notes.md"):
    return read_claims(text, name).claims


def _last(text, name="notes.md"):
    return verdict_of(_claims(text, name)[-1])


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (r"$$f(x) = f(y) + 0 c$$", "unreadable"),
        (r"$$f(a) = f(b) + 1$$ $$f(x^*) = f(x)$$", "definition"),  # not "f = f"
        (r"$$f(u + v) = f(u) + f(v)$$ $$f(a) = f(b)$$", "unreadable"),
        (r"$$g(x) = x^2$$ $$g(x, y) = 3 g(x)$$ $$g(x, y) = g(x)$$", "refuted"),
        (r"$$f(\lambda x + (1 - \lambda) y) \le \lambda f(x) + (1 - \lambda) f(y)$$", "not judged"),
    ],
)
def test_the_argument_of_a_function_is_never_dropped(text, verdict):
    assert _last(text) == verdict


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\frac{\partial p_i}{\partial z_j} = p_i (1 - p_j), \quad i = j", "proved"),
        (r"\frac{\partial p_i}{\partial z_j} = p_i (1 - p_j), \quad i \neq j", "refuted"),
        (r"\frac{\partial p_i}{\partial z_j} = p_i p_j, \quad i = j", "refuted"),
        (r"\frac{\partial p_i}{\partial z_j} = - p_i p_j, \quad i = 1, j = 2", "proved"),
        (r"\frac{\partial p_i}{\partial z_j} = p_i p_j, \quad i = 1, j = 2", "refuted"),
    ],
)
def test_an_equation_of_indices_beside_another_is_its_condition(claim, verdict):
    assert _claims(SOFTMAX + f"$${claim}$$")[2].kind == "claim"
    assert verdict_of(_claims(SOFTMAX + f"$${claim}$$")[2]) == verdict


@pytest.mark.parametrize(
    "text",
    [
        r"Let $\mathbf{y}$ be one-hot. ",
        r"with the one-hot label vector $y$ ",
        r"where $y_k$ is a one-hot encoding ",
        r"$y$ 是 one-hot 向量 ",
        r"where $\sum_k y_k = 1$ ",
        r"$$q = 2 \underbrace{\sum_k y_k}_{= 1}$$ ",
    ],
)
def test_labels_that_the_prose_calls_one_hot_sum_to_one(text):
    claim = r"$$\frac{\partial L}{\partial z_i} = p_i - y_i$$"
    assert _last(text + SOFTMAX + claim) == "proved"
    assert _last(text + SOFTMAX + claim.replace("-", "+")) == "refuted"


@pytest.mark.parametrize(
    ("prose", "displays", "verdict"),
    [
        ("where $A$ is symmetric.", [r"f = x^\top A x", r"\nabla_x f = 2 A x"], "proved"),
        (
            "Let $A$ be a real symmetric matrix.",
            [r"f = x^\top A x", r"\nabla_x f = A x"],
            "refuted",
        ),
        ("for a symmetric matrix $A$,", [r"f = x^\top A x", r"\nabla_x f = 2 A x"], "proved"),
        ("$A$ is not symmetric:", [r"f = x^\top A x", r"\nabla_x f = 2 A x"], "refuted"),
        ("$A$ is skew-symmetric:", [r"f = x^\top A x", r"\nabla_x f = 2 A x"], "unreadable"),
        ("a probability vector $p$", [r"\sum_i p_i (1 - p_i) = 1 - \sum_i p_i^2"], "proved"),
        ("$Q$ is an orthogonal matrix.", [r"\|Q x\|^2 = \|x\|^2"], "unreadable"),
        ("a projection $P$", [r"P P P = P"], "unreadable"),
        ("Here $d = 2$.", [r"\sum_{i=1}^d x_i = x_1 + x_2"], "unreadable"),
        ("where $\\lambda > 0$ is a rate", [r"|\lambda| = \lambda"], "proved"),
    ],
)
def test_what_the_prose_calls_a_symbol_is_heeded(prose, displays, verdict):
    assert _last(prose + "\n\n" + "\n\n".join(f"$${x}$$" for x in displays)) == verdict


def test_a_loss_of_the_prose_has_its_one_hot_labels_too():
    text = (
        r"Let $\mathbf{p} = \text{softmax}(\mathbf{z})$, and $\mathbf{y}$ be one-hot. The loss is "
        r"$\mathcal{L} = -\sum_k y_k \log p_k$. "
    )
    assert _last(text + r"$$\frac{\partial \mathcal{L}}{\partial z_k} = p_k - y_k$$") == "proved"


@pytest.mark.parametrize(
    "text", ["", r"$z$ and the one-hot code ", r"one-hot. $y$ ", r"$\sum_k y_k = 2$ "]
)
def test_nothing_else_is_assumed_of_labels(text):
    claim = r"$$\frac{\partial L}{\partial z_i} = p_i - y_i$$"
    assert _last(text + SOFTMAX + claim) == "refuted"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (
            r"$$\text{MSE} = \sum_i (y_i - t_i)^2$$ $$\frac{\partial\,\text{MSE}}{\partial y_i} = "
            r"2 (y_i - t_i)$$",
            "proved",
        ),
        (r"$$F = 2\,\text{MSE}$$ $$F = \text{MSE}$$", "refuted"),  # the word is a factor
        (
            r"$$[\text{I}] = \sum_j p_j$$ $$[\text{II}] = 2 [\text{I}]$$ "
            r"$$[\text{II}] = \sum_j (p_j + p_j)$$",
            "proved",
        ),
        (r"$$\mbox{e}^{z} = \exp(z)$$", "proved"),
        (r"$$p = 2 \quad \text{otherwise}$$", "definition"),
    ],
)
def test_a_text_may_be_the_name_of_a_quantity(text, verdict):
    assert _last(text) == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (
            r"$$p_{j|i} = \frac{e^{x_i x_j}}{\sum_k e^{x_i x_k}}$$ $$\sum_j p_{j \mid i} = 1$$",
            "proved",
        ),
        (
            r"$$p_{j|i} = \frac{e^{x_i x_j}}{\sum_k e^{x_i x_k}}$$ $$\sum_i p_{j \mid i} = 1$$",
            "refuted",
        ),
        (r"$$\theta\_{t+1} = \theta\_t - \eta g\_t$$", "definition"),
        (
            r"\\( \def\matr#1{\mathbf{#1}} \\) $$\matr{A} \matr{B} + \matr{C} = \matr{C} + "
            r"\matr{A} \matr{B}$$",
            "proved",
        ),
        (r"$$\begin{aligned} a &= 3 \newline b &= 2 a \newline b &= 6 \end{aligned}$$", "proved"),
        (r"$$\begin{aligned} n &: \text{length} \newline d &= 2 n \end{aligned}$$", "definition"),
        (r"$$\log \prod_t q(y_t | y_{<t}) = \sum_t \log q(y_t | y_{<t})$$", "proved"),
        (r"$$E_{x \sim p}[2 f(x)] = 2 \sum_x p(x) f(x)$$", "proved"),
        (r"$$E_{x \sim p}[2 f(x)] = \sum_x p(x) f(x)$$", "refuted"),
        (
            r"$$f(x, y) = \log(e^x + e^y)$$ "
            r"$$\frac{\partial f}{\partial x} = \frac{e^x}{e^x + e^y}$$",
            "proved",
        ),
    ],
)
def test_notation(text, verdict):
    assert _last(text) == verdict


def test_a_capital_argument_that_indexes_nothing_names_the_data():
    text = (
        r"$$LL(D) = \sum_j \log \sum_i a_i e^{x_j m_i}$$ $$\frac{\partial LL(D)}{\partial a_i} = "
        r"\sum_j \frac{e^{x_j m_i}}{\sum_l a_l e^{x_j m_l}}$$"
    )
    assert _last(text) == "proved"
    assert _last(text.replace("a_l ", "")) == "refuted"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (r"$$g(x) = a x^2$$ $$\frac{dg}{dx}(x) = 2 a x$$", "proved"),
        (r"$$g(x) = a x^2$$ $$\frac{dg}{dx}(x) = 2 a x^2$$", "refuted"),
        (r"$$g(x) = a x^2$$ $$\frac{dg}{dx}(4) = 8 a$$", "unreadable"),
        (r"$$g(x) = a x^2$$ $$\frac{dg}{dx}(1 - x) = 2 a x (1 - x)$$", "proved"),
    ],
)
def test_a_derivative_is_taken_at_its_variables(text, verdict):
    assert _last(text) == verdict


@pytest.mark.parametrize(
    "text",
    [r"$$t > 0$$", r"$$A x = b$$", r"$$w_1 = 2 w_1 - 0.3$$ $$x \ge 0$$", r"$$f(x) \le 0$$",
     r"$$Q \in \mathbb{R}^{n \times d}$$ $$\frac{1}{\sqrt{d}} = \frac{1}{8}$$"],
)  # fmt: skip
def test_a_condition_on_inputs_is_not_judged(text):
    assert _last(text) == "not judged"


@pytest.mark.parametrize(
    "text",
    [
        r"$$\frac{1}{1 - t} = \sum_{k=1}^{\infty} t^k$$",
        r"$$u_i = e^{-(x_i - m)^2 / 2 s^2}$$",  # by 2, or by 2 s^2
        r"$$q_{ij} = x_i x_j$$ $$\sum_{i,j} q_{ij} = 2 n$$",  # is n how many there are?
        r"$$C = a b$$ $$C = 0.6931$$",  # a value somewhere
    ],
)
def test_what_is_open_is_neither_proved_nor_refuted(text):
    assert _last(text) == "unreadable"


def test_a_letter_means_in_a_section_what_the_section_says():
    text = (
        "# One\n" r"$$f(x, y) = x y$$" "\n\n# Two\n" r"$$f(\mathbf{x}) = \sum_i \beta_i x_i$$"
        "\n" r"$$\frac{df}{dx_i} = \beta_i$$" "\n"
    )  # fmt: skip
    claim = _claims(text)[-1]
    assert verdict_of(claim) == "proved"
    assert any("within its section" in note for note in claim.notes)
    wrong = text.replace(r"{dx_i} = \beta_i", r"{dx_i} = 2 \beta_i")
    assert _last(wrong) == "unreadable"  # what the document contradicts is not refuted


OUTER = r"\mathbb{E}_{x \sim D}"
INNER = r"\mathbb{E}_{y \sim \rho(y | x)}[g(y)]"


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        (rf"{OUTER}[h(x) {INNER}] + {OUTER}[k(x) {INNER}] = {OUTER}[(h(x) + k(x)) {INNER}]",
         "proved"),
        (rf"{OUTER}[h(x) {INNER}] {OUTER}[k(x)] = {OUTER}[h(x)] {OUTER}[k(x) {INNER}]",
         "unreadable"),
    ],
)  # fmt: skip
def test_a_conditional_expectation_depends_on_its_condition(equation, verdict):
    assert _last(f"$${equation}$$") == verdict


def test_arguments_of_maxima_are_not_judged():
    for word in (r"\arg\max", r"\operatorname{argmax}", r"\mathop{\mathrm{argmin}}"):
        assert _last(rf"$$t = {word}_\theta L(\theta)$$") == "not judged"


BATCH_NORM = (
    r"$$\mu = \frac{1}{m} \Sigma_{i=1}^m x_i$$"
    r"$$\sigma^2 = \frac{1}{m} \Sigma^m_{i=1} (x_i - \mu)^2$$"
    r"$$h_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}$$ $$y_i = \gamma h_i + \beta$$"
)  # fmt: skip


@pytest.mark.parametrize(
    ("equation", "verdict"),
    [
        (r"\frac{\partial h_i}{\partial \sigma^2} = -\frac12 (x_i - \mu)(\sigma^2+\epsilon)^{-3/2}",
         "proved"),
        (r"\frac{\partial \sigma^2}{\partial x_i} = \frac{2}{m} (x_i - \mu)", "proved"),
        (r"\frac{\partial \sigma^2}{\partial x_i} = \frac{1}{m} (x_i - \mu)", "refuted"),
        (r"\frac{\partial f}{\partial \gamma} = \Sigma_{i=1}^m \frac{\partial f}{\partial y_i} h_i",
         "proved"),
        # the sum over i is meant, and not written
        (r"\frac{\partial f}{\partial \gamma} = \frac{\partial f}{\partial y_i} \frac{\partial y_i}"
         r"{\partial \gamma}", "unreadable"),
    ],
)  # fmt: skip
def test_a_capital_sigma_with_bounds_is_a_sum(equation, verdict):
    assert _last(f"{BATCH_NORM} $${equation}$$") == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (r"$$q_i = exp\{z_i\} / \sum_j exp\left(z_j\right)$$ $$\sum_i q_i = 1$$", "proved"),
        (r"$$relu(z) = max(0, z)$$", "proved"),
        (r"$$relu(z) = max(0, -z)$$", "refuted"),
        (r"$$c = \bold{1}^T x$$ $$c = \sum_i x_i$$", "proved"),
        (r"$$y = W.x$$ $$y_i = \sum_j W_{ij} . x_j$$", "proved"),
        (r"$$a = x. b = y$$", "unreadable"),  # the point ends a sentence
        (r"$$f(x) = x^\top A x$$ $$\nabla f(x_0) = (A + A^\top) x_0$$", "proved"),
        (r"$$f(x) = x^\top A x$$ $$\nabla f(x_0) = 2 A x_0$$", "refuted"),
        (r"$$\theta = \theta_0 - H^{-1} \nabla J(\theta_0)$$", "definition"),
        # f is one of a vector: x_i is another one
        (r"$$f(x) = x^\top A x$$ $$\nabla f(x) = A x + A^\top x$$ $$\nabla f(x_i) = A x_i$$",
         "refuted"),
    ],
)  # fmt: skip
def test_what_others_write(text, verdict):
    assert _last(text) == verdict


@pytest.mark.parametrize(
    ("first", "second"),
    [("k=i", r"k \neq i"), ("k<i", r"k \le i"), (r"k \cdot i", r"k \times i"), ("(x)", "[x]")],
)
def test_what_stands_in_a_script_tells_names_apart(first, second):
    assert _last(f"$$a = y_{{{first}}} + 1$$ $$a = y_{{{second}}} + 1$$") == "unreadable"
    assert _last(f"$$a = y_{{{first}}} + 1$$ $$a = 1 + y_{{{first}}}$$") == "proved"


def test_brackets_of_layers_and_of_samples_are_two_names():
    assert _last(r"$$a = c^{(2)} + 1$$ $$a = c^{[2]} + 1$$") == "unreadable"


VARIANCES = r"$$K = \frac12 \sum_j (\sigma_j^2 - \log \sigma_j^2)$$"
MIXTURE = (
    r"$$\ell(\theta) = \sum_{n=1}^N \log \sum_{k=1}^K "
    r"\pi_k \mathcal{N}(x_n \mid \mu_k, \sigma_k^2)$$ "
    r"$$r_{nk} = \frac{\pi_k \mathcal{N}(x_n \mid \mu_k, \sigma_k^2)}"
    r"{\sum_{j=1}^K \pi_j \mathcal{N}(x_n \mid \mu_j, \sigma_j^2)}$$ "
)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (VARIANCES + r"$$\frac{\partial K}{\partial \sigma_j^2} = \frac12 (1 - \sigma_j^{-2})$$",
         "proved"),
        (VARIANCES + r"$$\frac{\partial K}{\partial \sigma_j} = \sigma_j - \frac{1}{\sigma_j}$$",
         "proved"),
        (VARIANCES + r"$$\frac{\partial K}{\partial \sigma_j^2} = \sigma_j - \frac{1}{\sigma_j}$$",
         "refuted"),
        (MIXTURE + r"$$\frac{\partial \ell}{\partial \mu_k} = \sum_n r_{nk} \frac{x_n - \mu_k}"
         r"{\sigma_k^2}$$", "proved"),
        (MIXTURE + r"$$\frac{\partial \ell}{\partial \sigma_k^2} = \sum_n r_{nk} \left["
         r"\frac{(x_n-\mu_k)^2}{2\sigma_k^4} - \frac{1}{2\sigma_k^2}\right]$$", "proved"),
        (r"$$f = \sum_i |x_i|$$ $$\frac{\partial f}{\partial x_j} = \frac{x_j}{|x_j|}$$", "proved"),
        (r"$$f = \sum_i |x_i|$$ $$\frac{\partial f}{\partial x_j} = x_j$$", "refuted"),
        # w is the argument of L, not its index
        (r"$$L(w) = \sum_i z_i^2$$ $$\frac{\partial L}{\partial z_i} = 2 z_i$$", "proved"),
    ],
)  # fmt: skip
def test_derivatives_by_variances_and_of_absolute_values(text, verdict):
    assert _last(text) == verdict


SETS = r"where $y_i \in \{0, 1\}$ and $p_i \in [0, 1]$. "


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (r"$$L = \sum_i y_i^2 z_i$$ $$L = \sum_i y_i z_i$$", "undecided"),  # true, and not proved
        (r"$$L = \sum_i y_i^2 z_i$$ $$L = \sum_i 2 y_i z_i$$", "refuted"),
        (r"$$q_i = p_i^{y_i} (1-p_i)^{1-y_i}$$ $$q_i = y_i p_i + (1-y_i)(1-p_i)$$", "undecided"),
        (r"$$q_i = p_i^{y_i} (1-p_i)^{1-y_i}$$ $$q_i = y_i p_i + (1-y_i) p_i$$", "refuted"),
        (r"$$s = \sum_i p_i$$ $$s \ge 0$$", "verified"),
        (r"$$s = \sum_i p_i$$ $$s \le 1$$", "refuted"),
    ],
)
def test_a_counterexample_lies_in_the_sets_that_the_document_names(text, verdict):
    assert _last(SETS + text) == verdict


def test_a_one_hot_vector_may_be_introduced_with_its_space():
    text = (
        r"where $y \in \{0,1\}^C$ is one-hot. $$L = -\sum_k y_k \log p_k$$"
        r"$$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}$$ $$\frac{\partial L}{\partial z_k} = p_k - y_k$$"
    )
    assert _last(text) == "proved"
    assert _last(text.replace("p_k - y_k", "y_k - p_k")) == "refuted"


def test_a_loss_with_inputs_alone_is_no_evidence_for_a_vocabulary():
    text = r"$$\mu = \frac{1}{n} \sum_i x_i$$ $$\frac{\partial L}{\partial x_i} = \frac{1}{n}$$"
    assert read_claims(text, "a.md").vocabulary == "own"


@pytest.mark.parametrize("name", ["notes.md", "a.tex"])
def test_a_display_begins_where_another_ends(name):
    text = r"$$m = \frac{1}{n} \sum_{i=1}^n x_i$$$$h_i = x_i - m$$$$\sum_{i=1}^n h_i = 0$$"
    assert [c.kind for c in _claims(text, name)] == ["definition", "definition", "claim"]
    assert _last(text, name) == "proved"


@pytest.mark.parametrize("signs", [r"$$$$", "$"])
def test_a_dollar_inside_a_display_is_not_passed_over(signs):
    claims = _claims(rf"\[ a = x {signs} y \]" "\n" r"\[ a = x y \]", "a.tex")
    assert claims[0].kind == "unreadable"


GAUSSIAN = r"$$\log p = -\frac{(x - \mu)^2}{2 \sigma^2} - \frac12 \log(2\pi\sigma^2)$$"
POLICY = (
    r"$$\log \pi_\theta(a \mid s) = \theta^\top \phi(s, a) "
    r"- \log \sum_b e^{\theta^\top \phi(s,b)}$$"
)
MEAN = r"$$\frac{\partial \log p}{\partial \mu} = "
SCORE = r"\nabla_\theta \log \pi_\theta(a \mid s) = \phi(s,a)"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (GAUSSIAN + MEAN + r"\frac{x - \mu}{\sigma^2}$$", "proved"),
        (GAUSSIAN + MEAN + r"\frac{\mu - x}{\sigma^2}$$", "refuted"),
        (POLICY + rf"$${SCORE} - \sum_b \pi_\theta(b \mid s) \phi(s,b)$$", "proved"),
        (r"$$-\log q_i = \log \sum_j e^{z_j} - z_i$$ $$\sum_i q_i = 1$$", "proved"),
        # what is defined elsewhere is claimed
        (r"$$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$$ $$\log p_i = z_i + \log \sum_j e^{z_j}$$",
         "refuted"),
    ],
)  # fmt: skip
def test_a_logarithm_may_define(text, verdict):
    assert _last(text) == verdict


LABELLED = r"$$\mathcal{L}_{CE} = -\log \frac{e^{z_y}}{\sum_j e^{z_j}}$$"
SLOPE = r"$$\frac{\partial \mathcal{L}}{\partial z_i} = \frac{e^{z_i}}{\sum_j e^{z_j}}"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (LABELLED + SLOPE + r" - 1[i = y]$$", "proved"),
        (LABELLED + SLOPE + r"$$", "unreadable"),  # it may be another loss
        (LABELLED + r"$$\mathcal{L}_{reg} = \sum_i z_i^2$$" + SLOPE + r" - 1[i = y]$$",
         "unreadable"),
        (LABELLED + r"$$\mathcal{L} = \mathcal{L}_{CE} + \sum_i z_i$$" + SLOPE + r" - 1[i = y]$$",
         "refuted"),
    ],
)  # fmt: skip
def test_a_loss_without_its_label(text, verdict):
    assert _last(text) == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (r"$$f(x) = \log \sum_{j=1}^n e^{x_j}$$ $$f(x) \le \max_i x_i$$", "refuted"),
        (r"$$f(x) = \log \sum_{j=1}^n e^{x_j}$$ $$f(x) \ge \max\{x_1, \dots, x_n\}$$", "verified"),
        (r"$$m = \max(x_1, \dots, x_n)$$ $$m = \min(x_1, \dots, x_n)$$", "refuted"),
    ],
)
def test_an_inequality_defines_nothing(text, verdict):
    assert _last(text) == verdict


def test_what_an_inequality_says_of_a_function_is_not_its_definition():
    claims = _claims(r"$$f(x) \ge x^2$$ $$f(y) = y^2$$")
    assert [c.kind for c in claims] == ["claim", "definition"]


RECURRENT = r"$$h_t = \tanh(W x_t + U h_{t-1})$$"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (RECURRENT + r"$$\frac{\partial h_t}{\partial h_{t-2}} = 0$$", "unreadable"),
        (RECURRENT + r"$$\frac{\partial h_t}{\partial x_{t-1}} = 0$$", "unreadable"),
        (r"$$a_i = b_i, \quad i \in S$$ $$\sum_i a_i = \sum_i b_i$$", "unreadable"),
        (r"$$a_i = b_i, \quad i \in S$$ $$\sum_{i \in S} a_i = \sum_{i \in S} b_i$$", "proved"),
        (r"$$x \ne 0 \implies y = 1$$", "unreadable"),
        (r"$$x > 0 \implies |x| = x$$", "proved"),
        (r"$$x > 0 \implies |x| = x$$ $$|x| = x$$", "refuted"),
        (r"$$a = b \implies 2a = 2b$$", "proved"),
    ],
)
def test_what_holds_in_part_is_not_taken_for_the_whole(text, verdict):
    assert _last(text) == verdict


def test_alternatives_define_nothing():
    claims = _claims(r"$$a = b \text{ or } a = c$$ $$a = b$$")
    assert [c.kind for c in claims] == ["unreadable", "definition"]


@pytest.mark.parametrize(
    ("display", "verdict"),
    [
        (r"\log p(y;\lambda) = y \log \lambda - \lambda - \log y!", "proved"),
        (r"\frac{\partial \log p}{\partial \lambda} = \frac{y}{\lambda} - 1", "proved"),
        (r"\frac{\partial \log p}{\partial \lambda} = \frac{y}{\lambda} + 1", "refuted"),
        (r"p(3; \lambda) = \frac{1}{6} e^{-\lambda} \lambda^3", "unreadable"),
        (r"5! = 120", "proved"),
        (r"5! = 100", "refuted"),
        (r"(y + 1)! = (y + 1) y!", "unreadable"),
        (r"p(y + 1; \lambda) = p(y; \lambda) \frac{\lambda}{y + 1}", "unreadable"),
    ],
)
def test_a_factorial_is_a_function_of_which_nothing_more_is_known(display, verdict):
    poisson = r"$$p(y;\lambda) = \frac{e^{-\lambda} \lambda^y}{y!}$$ "
    assert verdict_of(_claims(poisson + f"$${display}$$")[1]) == verdict


BERNOULLI = r"$$p(y;\phi) = \phi^y (1 - \phi)^{1 - y}$$ $$\eta = \log\frac{\phi}{1 - \phi}$$ "


@pytest.mark.parametrize(
    ("display", "verdict"),
    [
        (r"\phi = \frac{1}{1 + e^{-\eta}}", "proved"),
        (r"e^\eta = \frac{\phi}{1 - \phi}", "proved"),
        (r"\phi = \frac{1}{1 + e^{\eta}}", "refuted"),
        (r"p(y;\phi) = \exp(y \log\phi + (1 - y)\log(1 - \phi))", "proved"),
        (r"p(y;\phi) = \exp(y \log\phi + (y - 1)\log(1 - \phi))", "refuted"),
    ],
)
def test_a_bernoulli_distribution_is_of_the_exponential_family(display, verdict):
    assert verdict_of(_claims(BERNOULLI + f"$${display}$$")[2]) == verdict


def test_prose_goes_on_from_its_own_words():
    text = r"The mean $= \theta$, its variance $= \sigma^2$. $$f(x) = \sigma x$$ "
    claims = _claims(text + r"$$\frac{df}{dx} = \sigma$$")
    assert [c.kind for c in claims] == ["definition", "claim"]
    assert verdict_of(claims[1]) == "proved"


@pytest.mark.parametrize(("factor", "verdict"), [(r"\frac{1}{2}", "proved"), ("2", "refuted")])
def test_a_diagonal_matrix_is_written_with_dots(factor, verdict):
    text = r"$$e = X\theta - y$$ $$W = \tfrac12 \mathrm{diag}(w^{(1)}, \dots, w^{(m)})$$ "
    claim = _claims(text + rf"$$e^T W e = {factor} \sum_{{i=1}}^m w^{{(i)}} e_i^2$$")[2]
    assert verdict_of(claim) == verdict


@pytest.mark.parametrize("where", [r"\forall i = 1, 2, 3", r"\quad i = 1, 2, 3", r"i = 1, 2"])
@pytest.mark.parametrize(("factor", "verdict"), [("1", "proved"), ("2", "refuted")])
def test_positions_may_be_listed_beside_an_equation(where, factor, verdict):
    claim = rf"$$\frac{{\partial p_i}}{{\partial z_i}} = p_i ({factor} - p_i), {where}$$"
    assert verdict_of(_claims(SOFTMAX + claim)[2]) == verdict


def test_a_list_of_numbers_is_no_condition_of_a_quantity():
    assert [c.kind for c in _claims("$$p_i = 1, 2, 3$$")] == ["unreadable"]


EXERCISES = r"""
## (a) - $f(x) = g(h(x))$

$$\nabla f(x) = g'(h(x)) \nabla h(x)$$

## (b) - $f(x) = g(a^T x)$, with the gradient

$$\nabla f(x) = g'(a^T x) a$$

$$\nabla^2 f(x) = g''(a^T x) a a^T$$

$$\nabla^2 f(x) = g'(a^T x) a a^T$$

## (c) - $f(x) = x^T A x$

$$\nabla f(x) = (A + A^T) x$$

$$\nabla f(x) = g'(a^T x) a$$
"""


def test_the_prose_of_a_section_defines_its_own_functions():
    found = [verdict_of(c) for c in _claims(EXERCISES)]
    assert found[:3] == ["proved"] * 3 and found[4] == "proved"
    assert "proved" not in (found[3], found[5])


LINEAR = r"$$\mathbf{z} = \mathbf{W} \mathbf{x} + \mathbf{b}$$ $$r = \log \sum_{j=1}^v e^{z_j}$$ "


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [(r"\mathbf{dz} \mathbf{W}^\top", "unreadable"), (r"\mathbf{W}^\top \mathbf{dz}", "proved")],
)
def test_bold_letters_are_no_numbers_to_make_a_wrong_equation_fit(claim, verdict):
    """With a vector W and a number x, dz W^T would be the derivative by x."""
    text = (
        LINEAR + rf"$$\mathbf{{dW}} = \mathbf{{dz}} \mathbf{{x}}^\top$$ $$\mathbf{{dx}} = {claim}$$"
    )
    assert [verdict_of(c) for c in _claims(text)[2:]] == ["proved", verdict]


def test_a_bold_letter_is_a_number_where_its_definition_says_so():
    text = (
        r"$$\mathbf{L} = -\sum_k y_k \log p_k$$ $$\frac{\partial \mathbf{L}}{\partial p_k} = c_k$$"
    )
    assert _last(text.replace("c_k", r"-\frac{y_k}{p_k}")) == "proved"
    assert _last(text.replace("c_k", r"\frac{y_k}{p_k}")) == "refuted"


@pytest.mark.parametrize(("product", "verdict"), [("", "unreadable"), (r"^\top", "proved")])
def test_a_numbered_bold_letter_that_is_transposed_is_a_vector(product, verdict):
    text = (
        r"$$\mathbf{o} = f(\mathbf{x}) = c \frac{\mathbf{x}_1 \odot \mathbf{w}}"
        r"{\sqrt{\mathbf{x}_1^\top \mathbf{x}_1}} "
        r"= (c/\sqrt{d}) \frac{\mathbf{x}_1 \odot \mathbf{w}}"
        rf"{{\sqrt{{\mathbf{{x}}_1{product} \mathbf{{x}}_1/d}}}}$$"
    )
    assert _last(text) == verdict


MIXTURE = r"$$A(m_k) := -\frac{1}{2} \sum_{i=1}^N (x_i - m_k)^T \Sigma_k^{-1} (x_i - m_k) r_{ki}$$ "


@pytest.mark.parametrize(
    ("slope", "verdict"),
    [
        (r"\sum_{i=1}^N \Sigma_k^{-1} (x_i - m_k) r_{ki}", "proved"),
        (r"-\sum_{i=1}^N \Sigma_k^{-1} (x_i - m_k) r_{ki}", "refuted"),
        (r"\sum_{i=1}^N \Sigma_k (x_i - m_k) r_{ki}", "refuted"),
    ],
)
@pytest.mark.parametrize("other", ["", r"$$f(x) = (x - m)^T (x - m)$$ "])
def test_data_of_a_mixture_are_vectors_beside_a_letter_without_index(slope, verdict, other):
    assert _last(rf"{other}{MIXTURE}$$\nabla_{{m_k}} A(m_k) = {slope}$$") == verdict


def test_the_letter_of_iterates_is_part_of_all_their_names_or_of_none():
    r"""The (t) of \pi_k^{(t)} is no index where that of T_k^{(t)}, which it defines, is none."""
    text = (
        r"$$T_{k, i}^{(t)} := \frac{g_{ki} \pi_k^{(t)}}{\sum_{l = 1}^K g_{li} \pi_l^{(t)}}$$"
        r"$$\sum_{k = 1}^K T_{k, i}^{(t)} = 1$$"
    )
    assert [verdict_of(c) for c in _claims(text)] == ["definition", "proved"]
    assert _last(text.replace("= 1$$", "= 2$$", 1)) == "refuted"


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\frac{\partial Y_{ij}}{\partial X_{ik}} = W_{kj}", "proved"),
        (r"\frac{\partial Y_{ij}}{\partial W_{kj}} = X_{ik}", "proved"),
        (r"\frac{\partial Y_{ij}}{\partial X_{ik}} = W_{jk}", "refuted"),
        (r"\frac{\partial Y_{ij}}{\partial X_{ik}} = 2 W_{kj}", "refuted"),
        (r"\frac{\partial Y_{ij}}{\partial W_{kl}} = X_{ik}", "unreadable"),  # only where l = j
        (r"Y_{ij} = X_{ik}", "unreadable"),
    ],
)
def test_an_index_above_and_below_in_a_derivative_may_be_missing_on_the_other_side(claim, verdict):
    assert _last(rf"$$Y_{{ij}} = \sum_k X_{{ik}} W_{{kj}} + b_j$$ $${claim}$$") == verdict


def test_a_later_section_may_define_a_letter_anew():
    text = r"""
## The logistic function
$$Y = \sigma(X)$$
$$\frac{\partial Y_{ij}}{\partial X_{ij}} = Y_{ij} (1 - Y_{ij})$$
## The hyperbolic tangent
$$Y = \tanh(X)$$
$$Y_{ij} = \tanh(X_{ij})$$
"""
    verdicts = [verdict_of(c) for c in _claims(text)]
    assert verdicts == ["definition", "proved", "definition", "proved"]
    # stated again, of the same functions, it is a claim; so it is without a heading
    again = text.replace(r"\tanh", r"2 \sigma")
    assert verdict_of(_claims(again)[2]) == "refuted"
    without = text.replace("## The hyperbolic tangent\n", "")
    assert verdict_of(_claims(without)[2]) == "refuted"


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\frac{\partial A_{ij}}{\partial H_{ij}} = \phi'(H_{ij})", "proved"),
        (r"A_{ij} = \frac{e^{H_{ij}}}{\sum_k e^{H_{ik}}}", "unreadable"),  # perhaps that is phi
        (r"A_{ij} = 2 \phi(H_{ij})", "refuted"),
    ],
)
def test_what_rests_on_a_function_of_which_nothing_is_said_is_not_refuted(claim, verdict):
    assert _last(rf"$$A_{{ij}} = \phi(H_{{ij}})$$ $${claim}$$") == verdict


def test_what_an_implication_follows_is_its_premise():
    text = (
        r"$$z = x + y \Rightarrow \frac{\partial z}{\partial x} = 1$$ "
        r"$$z = x y \Rightarrow \frac{\partial z}{\partial x} = y$$"
    )
    assert [verdict_of(c) for c in _claims(text)] == ["definition", "proved"] * 2
    wrong = _claims(text.replace("= y$$", "= x$$"))
    assert [verdict_of(c) for c in wrong][2:] == ["definition", "unreadable"]
    claimed = _claims(text.replace(r"x y \Rightarrow", r"x y, \quad"))
    assert [verdict_of(c) for c in claimed][2:] == ["refuted", "refuted"]


def test_nothing_is_proved_of_a_bold_number_that_is_transposed():
    r"""With \lambda and \lambda_j so much is contradictory that x is taken for a number."""
    text = r"""
$$\mathbf{q} = (1-\lambda) \mathbf{y} + \lambda / e \mathbf{1}, \quad
  \mathbf{1}^\top \mathbf{q} = (1-\lambda) + \lambda$$
$$\mathbf{z} = \mathbf{W} \mathbf{x} + \mathbf{b}$$
$$r = \log \sum_{j=1}^v e^{z_j}$$
$$o = -\sum_{i=1}^v q_i (z_i - r) = -(1-\lambda) z_k + r - \lambda / v \sum_{i=1}^v z_i$$
$$\mathbf{dz} = \mathbf{do} (-(1-\lambda) \mathbf{h} + \mathbf{p} - \lambda / v)$$
$$\mathbf{dx} = \mathbf{dz} \mathbf{W}^\top
  = \mathbf{do} (-(1-\lambda) \mathbf{h} \mathbf{W}^\top - \frac{\lambda}{v} \mathbf{W}^\top)$$
$$\mathbf{dW} = \mathbf{dz} \mathbf{x}^\top
  = \mathbf{do} (-(1-\lambda) \mathbf{h} \mathbf{x}^\top - \frac{\lambda}{v} \mathbf{x}^\top)$$
$$\mathbf{dx} = \mathbf{dz} \mathbf{W}^\top$$
$$c_i = b_i (1-\lambda_i) \prod_{j=1}^k \lambda_j$$
"""
    verdicts = {c.source: verdict_of(c) for c in _claims(text)}
    assert verdicts[r"\mathbf{dx} = \mathbf{dz} \mathbf{W}^\top"] != "proved"
