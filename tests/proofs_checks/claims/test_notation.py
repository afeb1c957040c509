"""Notation to tree: one line a notation, as papers write it."""

import pytest

from proofs_checks.claims import Equation, Unreadable, outline, read_document

# (LaTeX, outline of the tree)
TABLE = [
    # derivatives
    (r"\frac{\partial L}{\partial s_{ij}}", "(d L / s[i,j])"),
    (r"\partial L/\partial v_j", "(d L / v[j])"),
    (r"\partial \log p / \partial s", "(d (log~ p) / s)"),
    (r"\frac{\partial}{\partial s_{ij}} L", "(d L / s[i,j])"),
    (r"\frac{\partial}{\partial s} \left( a + b \right)", "(d (+ a b) / s)"),
    (r"\frac{\partial}{\partial s} \log \sum_k e^{s_k}", "(d (log~ (sum {k} (^ e s[k]))) / s)"),
    (r"\frac{\partial^2 L}{\partial v_j \partial v_l}", "(d L / v[j] v[l])"),
    (r"\frac{\partial^2 L}{\partial v_j \partial v_l^\top}", "(d L / v[j] (top v[l]))"),
    (r"\partial^2 L/\partial v_j\partial v_l", "(d L / v[j] v[l])"),
    (r"\frac{\partial^2 L}{\partial s_{ij}^2}", "(d L / s[i,j] s[i,j])"),
    (r"\frac{\partial L}{\partial \sigma^2}", "(d L / (^ sigma 2))"),
    (r"\partial_{s_{ij}} L", "(d L / s[i,j])"),
    (r"\nabla_{v_j} L", "(grad[v[j]] L)"),
    (r"\nabla^2_{v_j v_l} L", "(grad2[v[j],v[l]] L)"),
    (r"\nabla L", "(grad L)"),
    (r"\frac{d s_{ij}}{dt}", "(d-total s[i,j] / t)"),
    (r"\frac{\mathrm{d} L}{\mathrm{d} t}", "(d-total L / t)"),
    (r"\frac{d^2 x}{dt^2}", "(d-total x / t t)"),
    (r"\frac{d}{dt} L", "(d-total L / t)"),
    (r"dL/dt", "(/ (diff L) (diff t))"),
    (r"\frac{dL}{ds_{ij}}", "(d-total L / s[i,j])"),
    (r"\dot v_j", "(rate v[j])"),
    (r"\dot{v}_j", "(rate v[j])"),
    (r"\dot{v_j}", "(rate v[j])"),
    (r"\ddot x", "(rate2 x)"),
    (r"\Delta v_j", "(step v[j])"),
    (r"\Delta_{ij} + \Delta", "(+ Delta[i,j] Delta)"),
    (r"dO", "(diff O)"),
    (r"dS_{ij}", "(diff S[i,j])"),
    (r"dO_i^\top v + \Delta v_j^\top", "(+ (* (top (diff O[i])) v) (top (step v[j])))"),
    (r"d\mathbf{O}", "(diff bf:O)"),
    (r"\frac{dO}{\sqrt{d}}", "(/ (diff O) (sqrt d))"),
    (r"\bar{O}_{ij}", "bar.O[i,j]"),
    (r"\bar{O_{ij}}", "bar.O[i,j]"),
    (r"x + O(\eta^2)", "(+ x O((^ eta 2)))"),
    (r"x + \mathcal{O}(\eta^2)", "(+ x cal:O((^ eta 2)))"),
    # functions
    (r"\tanh'(x) + \exp^{\prime}(x)^2", "(+ (tanh' x) (^ (exp' x) 2))"),
    (r"y_ilog(p_i) + y_i k", "(+ (* y[i] (log p[i])) (* y[i] k))"),
    # indices
    (r"s_{ij} + s_{i,j} + s_{i j}", "(+ s[i,j] s[i,j] s[i,j])"),
    (r"P_{i:} P_{i,:} P_{:j} P_{i\cdot} P_{\cdot j}", "(* P[i,:] P[i,:] P[:,j] P[i,:] P[:,j])"),
    (r"x_{1:t}", "x[1:t]"),
    (r"x_{t-1} x_{i+1,j}", "(* x[(+ t (- 1))] x[(+ i 1),j])"),
    (r"W_Q^{(h)}", "W[Q]^[(h)]"),
    (r"v_j^* X^+ X^\dagger", "(* v[j]^['*'] X^['+'] X^['dagger'])"),
    (r"\theta_{\text{old}} \theta^{\mathrm{new}}", "(* theta['old'] theta^['new'])"),
    (r"\hat{p}_i' x'' x^{\prime}", "(* hat.p'[i] x'' x')"),
    (r"\tilde v_{j} \mathbf{\hat x} \widehat{y}_i", "(* tilde.v[j] hat.bf:x hat.y[i])"),
    (r"D_{KL} + d_k", "(+ D[K,L] d[k])"),
    (r"(A B)_{ij} [A]_{ij}", "(* (* A B)[i,j] A[i,j])"),
    # matrices and vectors
    (r"u_i^\top v_j", "(* (top u[i]) v[j])"),
    (r"A^T A^\top", "(* (T A) (top A))"),
    (r"A^{\mathsf{T}} Aᵀ A^\intercal A^\mathrm{T}", "(* (top A) (top A) (top A) (top A))"),
    (r"u_i^Tv_j", "(* (T u[i]) v[j])"),
    (r"A^{T}_{ij} A_{ij}^T", "(* (T A[i,j]) (T A[i,j]))"),
    (r"A^{-1} A^{-\top}", "(* (^ A (- 1)) (top (^ A (- 1))))"),
    (r"(X^\top X)^{-1} X^\top y", "(* (^ (* (top X) X) (- 1)) (top X) y)"),
    (r"W_O^\top(p_i - y_i)", "(* (top W[O]) (+ p[i] (- y[i])))"),
    (r"\langle u_i, v_j\rangle", "(inner u[i] v[j])"),
    (r"u_i \cdot v_j", "(cdot u[i] v[j])"),
    (r"\|x\|^2 + \|W\|_F^2", "(+ (^ (norm x) 2) (^ (norm[F] W) 2))"),
    (r"|x| + \lVert y \rVert + \left\| z \right\|", "(+ (abs x) (norm y) (norm z))"),
    (r"A \odot B C", "(odot A (* B C))"),
    (r"a \times b \cdot c", "(cdot (times a b) c)"),
    (r"\mathrm{diag}(p) - p p^\top", "(+ (diag p) (- (* p (top p))))"),
    (r"\mathrm{tr}(A B) + \operatorname{Tr} A", "(+ (tr (* A B)) (tr~ A))"),
    (r"\mathrm{rowsum}(dO \odot O)", "(rowsum (odot (diff O) O))"),
    (r"\mathbf{1}\mathbf{1}^\top + \mathbf 1_n + I", "(+ (* bf:1 (top bf:1)) bf:1[n] I)"),
    # sums
    (r"\sum_k a_k b_k + c", "(+ (sum {k} (* a[k] b[k])) c)"),
    (r"\sum_{k=1}^{n} a_k", "(sum {k=1..n} a[k])"),
    (r"\sum_i^n a_i", "(sum {i=..n} a[i])"),
    (r"\sum_{i,j} a_{ij} \sum_{kl} b_{kl}", "(sum {i, j} (* a[i,j] (sum {k, l} b[k,l])))"),
    (r"\sum_{i,j=1}^n a_{ij}", "(sum {i=1..n, j=1..n} a[i,j])"),
    (r"\sum_{k \neq j} a_k", "(sum {k, k!=j} a[k])"),
    (r"\sum_{k: k \neq j} a_k", "(sum {k, k!=j} a[k])"),
    (r"\sum_{\substack{k=1\\k\neq j}}^n a_k", "(sum {k=1..n, k!=j} a[k])"),
    (r"\sum_{1 \le k \le n} a_k", "(sum {k=1..n} a[k])"),
    (r"\sum_{k \le i} a_k", "(sum {k, k<=i} a[k])"),
    (r"\sum_{k \in S} a_k", "(sum {k in S} a[k])"),
    (r"\underset{k}{\sum} a_k", "(sum {k} a[k])"),
    (r"\sum_i -a_i + b", "(+ (sum {i} (- a[i])) b)"),
    (r"-\eta\sum_i α_{ij} u_i", "(- (* eta (sum {i} (* alpha[i,j] u[i]))))"),
    (r"\prod_i p_i", "(prod {i} p[i])"),
    # probability
    (r"\mathbb{E}_{\alpha_i}[b]", "(expectation[alpha[i]] b)"),
    (r"\mathbb{E}_{k\sim\alpha_i}\left[b_{ik}\right]", "(expectation[k~alpha[i]] b[i,k])"),
    (r"E_{\alpha_i}[b] + \operatorname{E}[x]", "(+ E[alpha[i]][b] rm:E[x])"),
    (r"\mathrm{Var}_{\alpha_i}[b]", "(var[alpha[i]] b)"),
    (r"\mathrm{Cov}_{\alpha_i}(a, b)", "(cov[alpha[i]] a b)"),
    (r"H(\alpha_i) + H(p, q)", "(+ H(alpha[i]) H(p q))"),
    (r"\mathrm{KL}(p\|q) + D_{\mathrm{KL}}(p || q)", "(+ (kl p q) D['KL'](p || q))"),
    (r"\mathrm{KL}\left[p \,\middle\|\, q\right]", "(kl p q)"),
    (r"\mathrm{softmax}(s_i)_j", "(softmax s[i])[j]"),
    (r"\mathrm{softmax}_j(s_{ij})", "(softmax[j] s[i,j])"),
    (r"\text{softmax}(S)^\top", "(top (softmax S))"),
    (r"\mathrm{LSE}(s_i) + \operatorname{logsumexp}_k(s_k)", "(+ (lse s[i]) (lse[k] s[k]))"),
    # functions
    (r"\exp(s_{ij}) v_j", "(* (exp s[i,j]) v[j])"),
    (r"e^{s_{ij}} + \mathrm{e}^x", "(+ (^ e s[i,j]) (^ rm:e x))"),
    (r"e_i^\top", "(top e[i])"),
    (r"-\sum_c y_{ic} \log p_{ic}", "(- (sum {c} (* y[i,c] (log~ p[i,c]))))"),
    (r"\log p_{ic} q", "(log~ (* p[i,c] q))"),
    (r"\log 2\pi\sigma^2", "(log~ (* 2 pi (^ sigma 2)))"),
    (r"\log a \log b", "(* (log~ a) (log~ b))"),
    (r"\log a \cdot b", "(cdot (log~ a) b)"),
    (r"\ln \frac{p}{q}", "(log~ (/ p q))"),
    (r"\log \sum_k e^{s_k}", "(log~ (sum {k} (^ e s[k])))"),
    (r"\tanh^2(x/2)", "(^ (tanh (/ x 2)) 2)"),
    (r"\log(p)^2", "(^ (log p) 2)"),
    (r"\sigma(x) (1 - \sigma(x))", "(* sigma(x) (+ 1 (- sigma(x))))"),
    (r"\sigma^2 (a+b)", "(* (^ sigma 2) (+ a b))"),
    (r"\sqrt{d_k} + \sqrt 2 + \sqrt[3]{x} + √d", "(+ (sqrt d[k]) (sqrt 2) (sqrt[3] x) (sqrt d))"),
    # cases and indicators
    (r"\delta_{jk}", "delta[j,k]"),
    (r"\mathbb{1}[j=k] + \mathbf 1\{j=k\}", "(+ (1 if j=k) (1 if j=k))"),
    (r"\mathbb{1}_{j=k} + \mathbf{1}_{\{j \neq k\}}", "(+ (1 if j=k) (1 if j!=k))"),
    (r"[j=k]", "(1 if j=k)"),
    (
        r"\begin{cases} a, & j = k, \\ b & \text{if $j \neq k$} \end{cases}",
        "(cases a if j=k; b if j!=k)",
    ),
    (
        r"\begin{cases} a & \text{if } i = j \text{ and } j = k \\ b & \text{else} \end{cases}",
        "(cases a if i=j,j=k; b if otherwise)",
    ),
    (
        r"\begin{cases} a \quad \text{for } j = k \\ b \text{ else} \end{cases}",
        "(cases a if j=k; b if otherwise)",
    ),
    (
        r"\left\{ \begin{array}{ll} a & j=k \\ b & \text{otherwise} \end{array} \right.",
        "(cases a if j=k; b if otherwise)",
    ),
    # arithmetic, brackets, spacing
    (r"-x^2 + 0.5 y", "(+ (- (^ x 2)) (* 0.5 y))"),
    (r"\frac{(\frac{\partial L}{\partial S})^{\!\top} Q}{\sqrt{d_{\text{m}}}}",
     "(/ (* (top (d L / S)) Q) (sqrt d['m']))"),
    (r"\frac{\partial L}{\partial S}^T Q", "(* (T (d L / S)) Q)"),
    (r"Z^\top(\frac{\partial L}{\partial{Y}})(W_o)^\top", "(* (top Z) (d L / Y) (top W[o]))"),
    (r"\frac12 x \frac{a}{b} \tfrac1{2}", "(* (/ 1 2) x (/ a b) (/ 1 2))"),
    (r"q_i^\top k_j/\sqrt{d_k}", "(/ (* (top q[i]) k[j]) (sqrt d[k]))"),
    (r"1/n \sum_i x_i", "(* (/ 1 n) (sum {i} x[i]))"),
    (r"1/2 (a + b)", "(* (/ 1 2) (+ a b))"),
    (r"\bigl( a \bigr) \left[ b \right] \Bigl\{ c \Bigr\}", "(* a b {c})"),
    (r"a\,b\;c\!d~e\ f", "(* a b c d e f)"),
    (r"\boxed{a} + \underbrace{b}_{\text{note}} + \overbrace{c}^{n}", "(+ a b c)"),
    (r"\textcolor{red}{a} + \mathrm{loss}", "(+ a rm:loss)"),
    (
        r"\mathbf{x} \boldsymbol{\alpha}_{ij} \mathcal{L} {\bf y}",
        "(* bf:x bf:alpha[i,j] cal:L bf:y)",
    ),
    (r"\alpha_{ij} \underbrace{(b - c)}_{\text{advantage}}", "alpha[i,j]((+ b (- c)))"),
    # unicode
    ("𝔼_{αᵢ}[b] + ŷ + x̂", "(+ (expectation[alpha[i]] b) hat.y hat.x)"),
    ("Σ_j αᵢⱼ vⱼ − ∑ₖ x²", "(+ (sum {j} (* alpha[i,j] v[j])) (- (sum {k} (^ x 2))))"),
    ("Σ + \\Sigma_{ij}", "(+ Sigma Sigma[i,j])"),
    ("∂L/∂s_{ij} · ‖x‖² ⊙ y", "(odot (cdot (d L / s[i,j]) (^ (norm x) 2)) y)"),
    ("𝐱ᵀ 𝒩 ℓ", "(* (top bf:x) cal:N ell)"),
    # read as they are shown; what they mean is settled later, or they are refused there
    (r"a/b c", "(* (/ a b) c)"),
    (r"\frac{\partial}{\partial x} a \cdot b", "(d (cdot a b) / x)"),
    (r"\frac{\partial}{\partial x} (a) b", "(d (* a b) / x)"),
    (r"\mathrm{tr} A B", "(tr~ (* A B))"),
    (r"{a + b} c", "(+ a (* b c))"),
    (r"- {a + b}", "(+ (- a) b)"),
    (r"a/{b c}", "(* (/ a b) c)"),
    (r"\sum_i {a_i + b}", "(+ (sum {i} a[i]) b)"),
    (r"f(x)", "f(x)"),
    (r"\text{Attention}(Q)", "rm:Attention(Q)"),
    (r"f(x, y)", "f(x y)"),
    (r"p(y | x)", "p(y | x)"),
    (r"\mathrm{Cov}(a)", "(cov a)"),
    (r"\exp(a, b)", "(exp a b)"),
    (r"(j = k)", "j=k"),
    (r"\frac{\partial L}{\partial x \partial y}", "(d L / x y)"),
    (r"\sum a_k", "(sum {} a[k])"),
    (r"\sum_{k=1} a_k", "(sum {k=1..} a[k])"),
    (r"\sum_{k \sim p} a_k", "(sum {k, k~p} a[k])"),
    (r"\frac{a}{b}_k", "(/ a b)[k]"),
    (r"\mathbf{A + B}", "(+ A B)"),
    (r"a + + b", "(+ a b)"),
    (r"\max_j s_{ij}", "(max {j} s[i,j])"),
    (r"x_1 + \dots + x_n", "(+ x[1] ... x[n])"),
    (r"n!", "rm:factorial(n)"),
    (r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", "(matrix[ 1 2; 3 4)"),
    (r"\left[ \begin{array}{cc} 1 & 2 \end{array} \right]", "(matrix[ 1 2)"),
]  # fmt: skip


def _side(latex: str) -> str:
    (item,) = read_document(rf"\[ \Omega = {latex} \]", kind="tex").equations
    assert isinstance(item, Equation), item.problems
    return outline(item.sides[1])


@pytest.mark.parametrize(("latex", "expected"), TABLE)
def test_notation(latex, expected):
    assert _side(latex) == expected


# What has two readings, or none, is refused: (LaTeX, part of the message, part of the suggestion).
REFUSED = [
    (r"\log n / n", "whether the division belongs", ""),
    (r"a \cdot {b + c}", "braces are invisible", r"\left("),
    (r"{ab}^2", "braces are invisible", r"\left("),
    (r"s_ij", "TeX takes `i` only", "`_{ij}`"),
    (r"x^10", "TeX takes `1` only", "`^{10}`"),
    (r"\mathrm{softmax} s_i", "this function needs its argument in brackets", ""),
    (r"\tanh^{-1}(x)", "superscript of a function", ""),
    (r"\mathrm{softmax}'(x)", "a prime stands after a symbol, or a function of a number", ""),
    (r"\partial L", "nothing says by what this is differentiated", ""),
    (r"\frac{\partial L}{d x}", "nothing says by what this is differentiated", ""),
    (r"\frac{\partial^2 L}{\partial x}", "the orders above and below differ", ""),
    (r"\frac{d}{dt}", "nothing is differentiated here", ""),
    (r"\partial^n L/\partial x", "the order of a derivative is a number", ""),
    (r"\sum_{2} a_k", "a sum runs over an index letter", ""),
    (r"A\top", "`\\top` cannot stand here", ""),
    (r"x_i_j", "two subscripts", ""),
    (r"x^2^3", "two superscripts", ""),
    (r"2_k", "a number has no subscript", ""),
    (r"\bar{a + b}", "an accent stands above a symbol", ""),
    (r"\dot{a + b}", "a dot stands above a symbol", ""),
    (r"\langle u \rangle", "an inner product has two arguments; got 1", ""),
    (r"(a \text{ times } b)", "these words stand inside a formula" , ""),
    (r"( a + b ]", "`]` cannot stand here", ""),
    (r"( a + b", "this bracket is never closed", ""),
    (r"a + b )", "`)` cannot stand here", ""),
    (r"| a | b |", "something is missing at the end", ""),
    (r"\left. a \right|_{x=0}", "`|` cannot stand here", ""),
    (r"a +", "something is missing at the end", ""),
    (r"a \cdot \cdot b", "`\\cdot` cannot stand here", ""),
    (r"a \pm b", "a double sign is two equations", ""),
    (r"3. x", "`.` cannot stand here", ""),
    (r"a ( b := c )", "`:=` cannot stand here", ""),
    (r"\left( a \\ b \right)", "no sign joins the lines", ""),
    (r"\begin{cases} a \\ b \end{cases}", "this case has no condition", ""),
    (r"\begin{cases} a & i=j \text{ or } j=k \\ b & i=k \end{cases}", "`or` is not read", ""),
    (r"\overset{!}{x}", "stands on something that is no relation", ""),
    (r"\alpa + \bet", "`\\alpa` is not known", r"\alpha"),
    (r"a # b", "`#` is no mathematics", ""),
    ("a € b", "`€` is no mathematics", ""),
    ("a \ufffd b", "is no mathematics", ""),
    ("a \x01 b", "U+0001 is no mathematics", ""),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "message", "suggestion"), REFUSED)
def test_refused(latex, message, suggestion):
    items = read_document(rf"\[ \Omega = {latex} \]", kind="tex").equations
    problems = [p for item in items if isinstance(item, Unreadable) for p in item.problems]
    assert problems, items
    assert any(message in problem.message for problem in problems), problems
    assert any(suggestion in problem.suggestion for problem in problems), problems


def test_the_first_unknown_command_of_every_side_is_reported():
    (item,) = read_document(r"\[ \alpa = \foo + \bet_i \]").equations
    assert isinstance(item, Unreadable)
    assert [(p.column, p.suggestion) for p in item.problems] == [
        (4, r"`\alpha`"),
        (12, r"define it with \newcommand"),
    ]


def test_bare_function_of_a_product_is_noted():
    (item,) = read_document(r"\[ x = \log p_{ic} q \]").equations
    assert isinstance(item, Equation)
    assert item.notes == (
        r"`\log p_{ic} q` was read as the log of `p_{ic} q`; brackets would settle it",
    )
