r"""The works that the laws cite.

This table is the only place where they are written down: the bibliography of a LaTeX document and
the file references.bib at the root of the project are made from it (a test compares that file).
Fields are BibTeX's, accents in TeX.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

__all__ = ["REFERENCES", "Reference", "bibtex", "reference", "thebibliography"]

HEADER = "% Sources of the laws. A law cites its source by these keys.\n"


@dataclass(frozen=True)
class Reference:
    """A work: its key, its BibTeX type, and its fields in order."""

    key: str
    kind: str
    fields: dict[str, str]

    def bibtex(self) -> str:
        """Return the entry in BibTeX."""
        lines = (f"  {name:<13} = {{{value}}},\n" for name, value in self.fields.items())
        return f"@{self.kind}{{{self.key},\n{''.join(lines)}}}\n"

    def bibitem(self) -> str:
        r"""Return the entry as a \bibitem."""
        own = self.fields
        parts = [_authors(own["author"]), own["title"]]
        if "journal" in own:
            number = f"({own['number']})" if "number" in own else ""
            parts.append(rf"\emph{{{own['journal']}}} {own['volume']}{number}")
        if "booktitle" in own:
            parts.append(rf"\emph{{{own['booktitle']}}}")
        if "series" in own:
            parts.append(f"{own['series']} {own['volume']}")
        if "pages" in own:
            parts[-1] += f", {own['pages']}"
        parts.append(own["year"])
        if "doi" in own:
            parts.append(f"doi:{own['doi']}")
        if "eprint" in own:
            parts.append(f"arXiv:{own['eprint']}")
        return rf"\bibitem{{{self.key}}} " + ". ".join(parts) + "."


REFERENCES = (
    Reference(
        "agarwal2025gradient",
        "misc",
        {
            "author": "Agarwal, Naman and Dalal, Siddhartha R. and Misra, Vishal",
            "title": "Gradient Dynamics of Attention: How Cross-Entropy Sculpts {B}ayesian "
            "Manifolds",
            "year": "2025",
            "eprint": "2512.22473",
            "archiveprefix": "arXiv",
        },
    ),
    Reference(
        "agarwal2025geometry",
        "misc",
        {
            "author": "Agarwal, Naman and Dalal, Siddhartha R. and Misra, Vishal",
            "title": "The {B}ayesian Geometry of Transformer Attention",
            "year": "2025",
            "eprint": "2512.22471",
            "archiveprefix": "arXiv",
        },
    ),
    Reference(
        "li2024mechanics",
        "inproceedings",
        {
            "author": "Li, Yingcong and Huang, Yixiao and Ildiz, M. Emrullah and Rawat, Ankit "
            "Singh and Oymak, Samet",
            "title": "Mechanics of Next Token Prediction with Self-Attention",
            "booktitle": "Proceedings of The 27th International Conference on Artificial "
            "Intelligence and Statistics",
            "series": "Proceedings of Machine Learning Research",
            "volume": "238",
            "pages": "685--693",
            "year": "2024",
            "eprint": "2403.08081",
            "archiveprefix": "arXiv",
        },
    ),
    Reference(
        "tarzanagh2023transformers",
        "misc",
        {
            "author": "Tarzanagh, Davoud Ataee and Li, Yingcong and Thrampoulidis, Christos and "
            "Oymak, Samet",
            "title": "Transformers as Support Vector Machines",
            "year": "2023",
            "eprint": "2308.16898",
            "archiveprefix": "arXiv",
        },
    ),
    Reference(
        "xu1996convergence",
        "article",
        {
            "author": "Xu, Lei and Jordan, Michael I.",
            "title": "On Convergence Properties of the {EM} Algorithm for {G}aussian Mixtures",
            "journal": "Neural Computation",
            "volume": "8",
            "number": "1",
            "pages": "129--151",
            "year": "1996",
            "doi": "10.1162/neco.1996.8.1.129",
        },
    ),
    Reference(
        "dempster1977maximum",
        "article",
        {
            "author": "Dempster, A. P. and Laird, N. M. and Rubin, D. B.",
            "title": "Maximum Likelihood from Incomplete Data via the {EM} Algorithm",
            "journal": "Journal of the Royal Statistical Society, Series B",
            "volume": "39",
            "number": "1",
            "pages": "1--38",
            "year": "1977",
        },
    ),
    Reference(
        "oursland2025implicit",
        "misc",
        {
            "author": "Oursland, Alan",
            "title": "Gradient Descent as Implicit {EM} in Distance-Based Neural Models",
            "year": "2025",
            "eprint": "2512.24780",
            "archiveprefix": "arXiv",
        },
    ),
    Reference(
        "xu2023compatibility",
        "inproceedings",
        {
            "author": "Xu, Jing and Teng, Jiaye and Yuan, Yang and Yao, Andrew Chi-Chih",
            "title": "Towards Data-Algorithm Dependent Generalization: a Case Study on "
            "Overparameterized Linear Regression",
            "booktitle": "Advances in Neural Information Processing Systems",
            "volume": "36",
            "year": "2023",
            "eprint": "2202.06054",
            "archiveprefix": "arXiv",
        },
    ),
    Reference(
        "marcotte2023abide",
        "inproceedings",
        {
            "author": r"Marcotte, Sibylle and Gribonval, R{\'e}mi and Peyr{\'e}, Gabriel",
            "title": "Abide by the Law and Follow the Flow: Conservation Laws for Gradient Flows",
            "booktitle": "Advances in Neural Information Processing Systems",
            "volume": "36",
            "year": "2023",
            "eprint": "2307.00144",
            "archiveprefix": "arXiv",
        },
    ),
    Reference(
        "dao2022flash",
        "inproceedings",
        {
            "author": r"Dao, Tri and Fu, Daniel Y. and Ermon, Stefano and Rudra, Atri and R{\'e}, "
            r"Christopher",
            "title": "{FlashAttention}: Fast and Memory-Efficient Exact Attention with "
            "{IO}-Awareness",
            "booktitle": "Advances in Neural Information Processing Systems",
            "volume": "35",
            "year": "2022",
            "eprint": "2205.14135",
            "archiveprefix": "arXiv",
        },
    ),
)
"""Every work, in the order of references.bib."""


def reference(key: str) -> Reference:
    """Return the work with this key.

    Raises `ValueError` with the nearest keys if there is none.
    """
    for work in REFERENCES:
        if work.key == key:
            return work
    near = get_close_matches(key, [work.key for work in REFERENCES], n=3, cutoff=0.4)
    hint = f" Did you mean {', '.join(f'`{x}`' for x in near)}?" if near else ""
    raise ValueError(f"`{key}` is no key of the references.{hint} Add it to REFERENCES.")


def bibtex() -> str:
    """Return the content of references.bib."""
    return HEADER + "".join(f"\n{work.bibtex()}" for work in REFERENCES)


def thebibliography(keys: Iterable[str]) -> str:
    """Return the works with these keys as a thebibliography environment, sorted by key.

    Raises `ValueError` for an unknown key.
    """
    items = [reference(key).bibitem() for key in sorted(set(keys))]
    return "\n".join((r"\begin{thebibliography}{99}", *items, r"\end{thebibliography}"))


def _authors(field: str) -> str:
    """Return "A. Last, B. Last, and C. Last" from BibTeX's "Last, First and ..."."""
    names = []
    for author in field.split(" and "):
        last, _, first = author.partition(", ")
        names.append(f"{first} {last}".strip())
    if len(names) < 3:
        return " and ".join(names)
    return f"{', '.join(names[:-1])}, and {names[-1]}"
