"""Names of symbols in LaTeX: bars, layers, neighbours, arguments."""

import pytest

from theory.latex.names import index_name, name_of, subscripted


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("p_y_given_x", r"p_{y \mid x}"),
        ("p_i_j_given_k", r"p_{i,j \mid k}"),
        ("t_k_given_km1", r"t_{k \mid k-1}"),
        ("x_given", r"x_{\mathrm{given}}"),
        ("p_given_x", r"p_{\mathrm{given},x}"),
        ("p_a_given_b_given_c", r"p_{a \mid b,\mathrm{given},c}"),
        ("a_.lm1", "a^{l-1}"),
        ("W_.Q_h", "W^{Q}_h"),
        ("x_bar_.l", r"\bar{x}^{l}"),
        ("m_.1", "m^{(1)}"),
        ("x_in.i", "x_{(i)}"),
        ("m_.star", "m^{*}"),
        ("sigma2_star", r"\sigma^{2*}"),
        ("pi_theta_.|.y_c.x", r"\pi_{\theta}(\cdot)"),
        ("theta'", r"\theta'"),
        ("x_of_P", "x"),
        ("f_.x.y", r"f(\cdot)"),
        ("f_theta_.x.", r"f_{\theta}(\cdot)"),
        ("J_each!", "J"),
        ("h_theta_.x_each!.", r"h_{\theta}(\cdot)"),
        ("y_hat_bold!", r"\mathbf{\hat{y}}"),
        ("prob_pi.y", r"\mathrm{prob}_{\pi,y}"),
    ],
)
def test_names(name, latex):
    assert subscripted(name_of(name)) == latex


def test_indices_follow_what_a_name_has_of_its_own():
    assert subscripted(name_of("p_y_given_x"), ["i"]) == r"p_{y \mid x,i}"
    assert subscripted(name_of("a_.lm1"), ["1"]) == "a^{l-1}_1"
    assert subscripted(name_of("S_.tm1"), ["t", "a"]) == "S_{t-1,a}"
    assert index_name("y.c") == "y_c"
    assert index_name("x_of_r") == "x"
    assert index_name("r1") == "r_1"
