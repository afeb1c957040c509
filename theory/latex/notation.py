r"""The table of a model's symbols: symbol, meaning, shape.

Sizes come first, with the letters of their indices, then inputs, then the definitions in the order
in which they are computed, then the vocabulary of the theory.
"""

from __future__ import annotations

import sympy as sp

from theory.algebra.expressions import tensors_in
from theory.algebra.symbols import Size, Tensor
from theory.latex.names import index_name
from theory.latex.prose import escaped, prose
from theory.latex.statements import chain, equation, expression, phrases
from theory.models.model import Definition, Model, name_of

__all__ = ["model_section", "notation"]

COLUMNS = r"@{}l>{\raggedright\arraybackslash}p{0.68\textwidth}l@{}"
HEAD = r"symbol & meaning & shape \\"


def model_section(model: Model) -> str:
    """Return what a document says about a model: its name, symbols and hypotheses."""
    known, quoted = phrases(model)
    lines = [
        rf"Model \texttt{{{escaped(model.name)}}}: {prose(model.title, known)}.",
        notation(model),
    ]
    if quoted:
        listed = ", ".join(f"${tex}$" for tex in quoted.values())
        lines.append(f"Hypotheses on the inputs: {listed}.")
    return "\n\n".join(lines)


def notation(model: Model) -> str:
    """Return the table of a model's symbols as a longtable environment."""
    groups = [
        [_size_row(size, model) for size in model.sizes],
        [_input_row(tensor, model) for tensor in model.inputs],
        [_definition_row(line, model) for line in model.definitions],
        [_definition_row(line, model) for line in model.vocabulary],
    ]
    body = "\n\\midrule\n".join("\n".join(rows) for rows in groups if rows)
    return "\n".join((
        r"{\renewcommand{\arraystretch}{1.35}",
        rf"\begin{{longtable}}{{{COLUMNS}}}",
        r"\toprule", HEAD, r"\midrule", r"\endfirsthead",
        r"\toprule", HEAD, r"\midrule", r"\endhead", r"\bottomrule", r"\endfoot",
        body, r"\end{longtable}}",
    ))  # fmt: skip


def _size_row(size: Size, model: Model) -> str:
    letters = ", ".join(f"${index_name(x)}$" for x in model.letters.get(size.name, ()))
    return rf"${expression(size, model)}$ & size{f'; indices {letters}' if letters else ''} & \\"


def _input_row(tensor: sp.Basic, model: Model) -> str:
    own = [c.equation for c in model.constraints if name_of(tensor) in tensors_in(c.equation)]
    meaning = "; ".join(("input", *(f"${equation(eq, model)}$" for eq in own)))
    return rf"${expression(model.entry(tensor), model)}$ & {meaning} & {_shape(tensor, model)} \\"


def _definition_row(line: Definition, model: Model) -> str:
    symbol, value = chain([line.symbol, line.value], model)
    title = prose(line.title, *phrases(model))
    return rf"${symbol}$ & {title}, ${symbol} = {value}$ & {_shape(line.tensor, model)} \\"


def _shape(tensor: sp.Basic, model: Model) -> str:
    if not isinstance(tensor, Tensor):
        return "scalar"
    sizes = r" \times ".join(expression(n, model) for n in tensor.axes)
    return f"${sizes}$"
