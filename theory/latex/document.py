r"""A complete LaTeX document: the notation of the models, laws with derivations, references.

It needs no package outside Debian's texlive-latex-base and texlive-latex-recommended, and no
bibliography run: the works cited come with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import sympy as sp

from theory.algebra.expressions import Equation, Relation
from theory.algebra.symbols import Flow, Partial, Step
from theory.latex.layout import PAGE_WIDTH, broken, width
from theory.latex.notation import model_section
from theory.latex.prose import escaped, prose
from theory.latex.recognition import Entropy, Mean, prepared
from theory.latex.references import thebibliography
from theory.latex.statements import chain, derivation, equation, phrases
from theory.models import model_named
from theory.models.model import Model

if TYPE_CHECKING:
    from theory.laws.law import Law

__all__ = ["display", "document", "law_section"]

PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
% Written by `proofhead latex`; what is changed here is lost when it is run again.
\usepackage[margin=25mm]{geometry}
\usepackage{amsmath,amssymb}
\usepackage{array,booktabs,longtable}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt}
\ifdefined\pdfinfo\pdfinfo{/Creator (proofhead latex)}\fi
"""


def display(eq: Relation, model: Model | None = None, order: str = "", label: str = "") -> str:
    r"""Return a numbered display of a statement, in several lines if it is too long for one.

    ``label`` is the argument of \label; ``order`` as in `equation`.
    """
    text = equation(eq, model, order)
    mark = rf"\label{{{label}}}" if label else ""
    if width(text) <= PAGE_WIDTH - 30:  # the number stands beside it
        return "\n".join((rf"\begin{{equation}}{mark}", text, r"\end{equation}"))
    left, right = chain([eq.left, eq.right], model)
    right += f" + {order}" if order else ""
    first, *others = broken(right, PAGE_WIDTH - 30 - width(left) - 20)
    lines = [f"{left} &{eq.sign} {first}", *(rf"&\qquad {{}} {part}" for part in others)]
    body = " \\\\\n".join(lines)
    return "\n".join((
        rf"\begin{{equation}}{mark}", r"\begin{split}", body, r"\end{split}", r"\end{equation}",
    ))  # fmt: skip


def law_section(law: Law, model: Model) -> str:
    """Return the section of one law: statement, assumptions, derivation, source."""
    known, quoted = phrases(model)
    statement = law.statement(model)
    parts = [
        rf"\subsection{{{_sentence(prose(law.title, known, quoted))}}}",
        display(statement, model, law.order, f"law:{law.name}"),
        *_motion(statement, model),
    ]
    if law.assumptions:
        texts = "; ".join(prose(text, known, quoted) for text in law.assumptions)
        parts.append(rf"\textit{{Assumptions.}} {texts}.")
    parts.append("\\textit{Derivation.}\n" + derivation(law.derivation(model), model))
    place = f"[{escaped(law.citation.place)}]" if law.citation.place else ""
    names = ", ".join(rf"\texttt{{{escaped(name)}}}" for name in law.models)
    parts.append(rf"\textit{{Source.}} \cite{place}{{{law.citation.key}}}.")
    parts.append(rf"{{\raggedright\textit{{Models.}} \small {names}.\par}}")
    return "\n\n".join(parts)


def document(
    laws: Iterable[Law],
    model_of: Callable[[Law], Model] | None = None,
    title: str = "Gradient laws of softmax attention",
    *,
    fragment: bool = False,
) -> str:
    r"""Return a LaTeX document of the laws that compiles with pdflatex.

    ``model_of`` chooses the model in whose symbols a law is written; by default it is the first
    model of the law.  A ``fragment`` is what stands between the table of contents and the
    references, for \input in another document; that one loads amsmath, amssymb, array, booktabs and
    longtable, and knows the works that are cited.

    Raises `ValueError` if there are no laws or a citation is unknown.
    """
    chosen = list(laws)
    if not chosen:
        raise ValueError("a document needs at least one law; got none.")
    pairs = [(law, model_of(law) if model_of else model_named(law.models[0])) for law in chosen]
    models = {model.name: model for _, model in pairs}
    body = [
        r"\section{Notation}",
        *(model_section(model) for model in models.values()),
        _conventions(pairs),
        r"\section{Laws}",
        *(law_section(law, model) for law, model in pairs),
    ]
    if fragment:
        return "\n\n".join([*body, ""])
    references = thebibliography(law.citation.key for law in chosen)
    parts = [
        rf"{PREAMBLE}\title{{{escaped(title)}}}",
        r"\author{}\date{}",
        "\\begin{document}\n\\maketitle\n\\tableofcontents",
        *body,
        references,
        "\\end{document}\n",
    ]
    return "\n\n".join(parts)


def _conventions(pairs: Iterable[tuple[Law, Model]]) -> str:
    """Return what the symbols beyond the model's mean, as far as the laws use them."""
    kinds: Mapping[type, str] = {
        Mean: r"$\mathbb{E}_{\alpha_i}[b] = \sum_k \alpha_{ik} b_{ik}$ is the mean of a row under "
        "weights that sum to one",
        Entropy: r"$H(\alpha_i) = -\sum_k \alpha_{ik} \log \alpha_{ik}$ is its entropy in nats",
        Step: r"$\Delta$ is the first-order change under one gradient step of rate $\eta$",
        Flow: r"$\frac{d}{dt}$ is the rate along the gradient flow",
    }
    used: set[type] = set()
    for law, model in pairs:
        members = [law.statement(model), *(step.equation for step in law.derivation(model))]
        for eq in members:
            for side in (eq.left, eq.right):
                used |= {kind for kind in kinds if prepared(side, model).has(kind)}
    texts = [text for kind, text in kinds.items() if kind in used]
    dropped = (
        "Feature and class axes are written where an equation is stated entry by entry and dropped "
        "where it is stated for vectors and matrices; derivatives by a vector or a matrix have its "
        "shape, a row of a matrix is written as a column"
    )
    return rf"\textit{{Conventions.}} {'. '.join([dropped, *texts])}."


def _motion(statement: Relation, model: Model) -> list[str]:
    """Return the sentence that says what a step or a flow of the statement moves."""
    sentences = []
    for node in sorted(statement.atoms(Step, Flow), key=str):
        if isinstance(node, Step):
            pairs: list[tuple[Any, Any]] = [(x, node.args[1]) for x in node.args[2:]]
            moves = [
                equation(Equation(Step(x, r, x), -r * _gradient(x, model)), model) for x, r in pairs
            ]
            sentences.append(f"One step: {_listed(moves)}.")
        else:
            moves = [
                equation(Equation(Flow(x, (x, r)), -r * _gradient(x, model)), model)
                for x, r in node.pairs
            ]
            sentences.append(f"Along the flow {_listed(moves)}.")
    return list(dict.fromkeys(sentences))


def _gradient(x: Any, model: Model) -> sp.Expr:
    return Partial(model.loss, x)


def _listed(formulas: Iterable[str]) -> str:
    return ", ".join(f"${tex}$" for tex in formulas)


def _sentence(text: str) -> str:
    """Return the text with a capital at the start, unless it starts with mathematics."""
    return text[:1].upper() + text[1:]
