r"""Documents as they lie on an author's disk: projects, archives, notebooks.

    for opened in documents_at("paper.tar.gz"):
        document = read_document(opened.read(), opened.name)

A TeX document comes with what it includes (`project`, `scanning`, `packages`), a notebook with its
cells (`notebook`), an archive with its members (`archive`), each as one text that knows file, line
and column of every character (`bundle`).  `mathml` turns MathML into LaTeX for web pages.
"""
