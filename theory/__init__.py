"""Theory of attention with SymPy: index calculus, models, laws, code and LaTeX."""
