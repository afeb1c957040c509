r"""Reading a researcher's document: displayed equations as syntax trees, with their places.

    document = read_document(Path("notes.tex").read_bytes(), "notes.tex")
    for item in document.equations:
        ...  # Equation (sides, relations, conditions) or Unreadable (problems, repair)

The road: bytes -> text (`places`) -> displays and directives (`displays`, `webpages`, `damage`)
-> lexemes (`lexemes`, `macros`, `tidy`) -> rows and equations (`rows`, `layout`) -> terminals and
trees (`terminals`, `grammar.lark`, `building`, `products`).  User text meets nothing but these:
no `eval`, no `sympify`.
"""

from proofs_checks.claims.directives import Directive
from proofs_checks.claims.documents import KINDS, Document, kind_of, read_document
from proofs_checks.claims.equations import Equation, Passed, Relation, Unreadable
from proofs_checks.claims.limits import Limits
from proofs_checks.claims.outline import outline
from proofs_checks.claims.places import Source, Span
from proofs_checks.claims.problems import Problem, ReadingError

__all__ = [
    "KINDS",
    "Directive",
    "Document",
    "Equation",
    "Limits",
    "Passed",
    "Problem",
    "ReadingError",
    "Relation",
    "Source",
    "Span",
    "Unreadable",
    "kind_of",
    "outline",
    "read_document",
]
