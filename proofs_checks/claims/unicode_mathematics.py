r"""Unicode mathematics as TeX: what a page pasted from the web holds instead of commands.

`as_tex` turns one character into the commands that mean the same: α is ``\alpha``, ᵀ is a
superscript T, 𝔼 is ``\mathbb E``, − is a minus sign.  Σ is the letter; the lexer makes it a sum
when a subscript follows (``Σ_i``), as people who paste text write it.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from proofs_checks.claims.notation import GREEK

__all__ = ["COMBINING", "as_tex"]

# Characters whose name does not give them away; values as `as_tex` returns them.
_SIGNS = {
    "−": "-", "–": "-", "‐": "-", "‑": "-", "﹣": "-", "·": r"\cdot", "⋅": r"\cdot",
    "∙": r"\cdot", "•": r"\cdot", "×": r"\times", "⊙": r"\odot", "⊗": r"\otimes",
    "∘": r"\circ", "∗": "*", "⋆": r"\star", "†": r"\dagger", "‡": r"\ddagger", "∕": "/",
    "⁄": "/", "÷": "/", "∑": r"\sum", "∏": r"\prod", "∂": r"\partial", "∇": r"\nabla",
    "∆": r"\Delta", "√": r"\sqrt", "∞": r"\infty", "⊤": r"\top", "⟙": r"\top", "⊺": r"\intercal",
    "≠": r"\neq", "≤": r"\le", "≥": r"\ge", "⩽": r"\le", "⩾": r"\ge", "≡": r"\equiv",
    "≔": ":=", "≕": "=:", "≜": r"\triangleq", "≝": r"\defeq", "≐": r"\doteq", "∈": r"\in",
    "∉": r"\notin", "∀": r"\forall", "∼": r"\sim", "≈": r"\approx", "≅": r"\cong",
    "≃": r"\simeq", "∝": r"\propto", "→": r"\to", "⇒": r"\Rightarrow", "⟹": r"\implies",
    "⇔": r"\iff", "←": r"\leftarrow", "↦": r"\mapsto", "⟨": r"\langle", "⟩": r"\rangle",
    "〈": r"\langle", "〉": r"\rangle", "‖": r"\|", "∥": r"\|", "∣": "|", "…": r"\ldots",
    "⋯": r"\cdots", "′": "'", "″": "''", "‴": "'''", "ℓ": r"\ell", "ℏ": r"\hbar",
    "±": r"\pm", "∓": r"\mp", "∫": r"\int", "⊂": r"\subset", "⊆": r"\subseteq",
    "≪": r"\ll", "≫": r"\gg", "⊥": r"\perp", "µ": r"\mu", "Ω": r"\Omega", "ı": r"\imath",
    "，": ",", "（": "(", "）": ")", "＝": "=", "＋": "+", "；": ";", "：": ":", "｜": "|",
    "∶": ":", "⟂": r"\perp", "𝟙": r"\mathbb 1", "ᵀ": r"^ \top",
    "⁻": "^ -", "⁺": "^ +", "₊": "_ +", "₋": "_ -",
    "ϵ": r"\epsilon", "ε": r"\varepsilon", "ϕ": r"\phi", "φ": r"\varphi", "ϑ": r"\vartheta",
    "ϖ": r"\varpi", "ϱ": r"\varrho", "ς": r"\varsigma", "ϰ": r"\varkappa",
}  # fmt: skip
_FONT_WORDS = (
    ("DOUBLE-STRUCK", r"\mathbb"),
    ("SANS-SERIF", r"\mathsf"),
    ("FRAKTUR", r"\mathfrak"),
    ("BLACK-LETTER", r"\mathfrak"),
    ("SCRIPT", r"\mathcal"),
    ("MONOSPACE", r"\mathtt"),
    ("BOLD", r"\mathbf"),
)
_LATEX_NAME = {"LAMDA": "lambda"}  # Unicode's spelling
# Combining marks, which follow their letter -> accent command.
COMBINING = {
    "\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "bar", "\u0307": "dot",
    "\u0308": "ddot", "\u20d7": "vec",
}  # fmt: skip


@lru_cache(maxsize=4096)
def as_tex(character: str) -> tuple[str, ...] | None:
    """Return the TeX words for one non-ASCII character, or None when it is no mathematics.

    Words are commands with their backslash, letters, digits and signs; a superscript or
    subscript character gives ``("^", letter)`` or ``("_", letter)``.
    """
    if character in _SIGNS:
        sign = _SIGNS[character]
        return tuple(sign) if sign[0] == "'" else tuple(sign.split())
    name = unicodedata.name(character, "")
    if name.startswith("GREEK "):
        greek = _greek(name)
        return (greek,) if greek else None
    decomposed = unicodedata.decomposition(character)
    if not decomposed:
        return None
    if not decomposed.startswith("<"):
        return _accented(character)
    kind, *codes = decomposed.split()
    if len(codes) != 1:
        return None
    plain = chr(int(codes[0], 16))
    inner = (plain,) if plain.isascii() else as_tex(plain)
    if inner is None:
        return None
    if kind == "<super>":
        return ("^", *inner)
    if kind == "<sub>":
        return ("_", *inner)
    if kind != "<font>":
        return None
    if name.startswith("MATHEMATICAL ITALIC"):
        return inner
    font = next((f for word, f in _FONT_WORDS if word in name), None)
    return (font, *inner) if font else inner


def _greek(name: str) -> str | None:
    # "GREEK SMALL LETTER ALPHA"; accented letters carry more words and are prose.
    words = name.split()
    if len(words) != 4 or words[2] != "LETTER":
        return None
    letter = _LATEX_NAME.get(words[3], words[3].lower())
    if words[1] == "CAPITAL":
        capital = letter.capitalize()
        if capital in GREEK:
            return "\\" + capital
        # Capitals that LaTeX lacks because they look Latin.
        latin = {"alpha": "A", "beta": "B", "epsilon": "E", "zeta": "Z", "eta": "H", "iota": "I",
                 "kappa": "K", "mu": "M", "nu": "N", "omicron": "O", "rho": "P", "tau": "T",
                 "chi": "X"}  # fmt: skip
        return latin.get(letter)
    if letter == "omicron":
        return "o"
    return "\\" + letter if letter in GREEK else None


def _accented(character: str) -> tuple[str, ...] | None:
    base, *marks = unicodedata.normalize("NFD", character)
    if len(marks) != 1 or marks[0] not in COMBINING or not (base.isascii() and base.isalpha()):
        return None
    return ("\\" + COMBINING[marks[0]], base)
