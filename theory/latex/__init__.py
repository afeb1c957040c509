r"""LaTeX in the notation of the papers: expressions, derivations, documents, PDF.

    expression(total(W_O[c, a] * (p[i, c] - y[i, c]), c))   ->   W_O^\top (p_i - y_i)

Axes of features and classes are silent: a statement drops them on both sides where both are chains
of vectors and matrices, and prints every index otherwise.
"""

from theory.latex.document import display, document, law_section
from theory.latex.notation import notation
from theory.latex.pdf import LatexError, compile_pdf
from theory.latex.prose import escaped, prose
from theory.latex.references import bibtex, reference, thebibliography
from theory.latex.statements import chain, derivation, equation, expression

__all__ = [
    "LatexError",
    "bibtex",
    "chain",
    "compile_pdf",
    "derivation",
    "display",
    "document",
    "equation",
    "escaped",
    "expression",
    "law_section",
    "notation",
    "prose",
    "reference",
    "thebibliography",
]
