"""The index calculus: expressions with indices, and a normal form that decides equality."""
