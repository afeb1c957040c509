"""Readable NumPy and torch source from a model's gradient or a law.

`value_and_gradient(model, wrt)` gives the loss and its gradients, `function(model, expression)` one
expression; both return a `GeneratedFunction`, callable with keyword arrays, whose ``source`` can be
read and kept.  Softmax, log-softmax and log-sum-exp are written stably; no array of shape (T, n, d)
is made.
"""

from theory.codegen.generate import function, value_and_gradient
from theory.codegen.generated import GeneratedFunction

__all__ = ["GeneratedFunction", "function", "value_and_gradient"]
