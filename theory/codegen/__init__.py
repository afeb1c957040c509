"""Readable NumPy and torch source from a model's gradient or a law.

`value_and_gradient(model, wrt)` gives the loss and its gradients,
`hessian_vector_product(model, wrt)` second derivatives along a direction,
`jacobian_vector_product(model, of, wrt)` how a quantity changes, `function(model, expression)` one
expression.  Each returns a `GeneratedFunction`, callable with keyword arrays, whose ``source`` can
be read and kept.  Softmax, log-softmax and log-sum-exp are written stably; no array of shape
(T, n, d) is made.
"""

from theory.codegen.directional import hessian_vector_product, jacobian_vector_product
from theory.codegen.generate import function, value_and_gradient
from theory.codegen.generated import GeneratedFunction

__all__ = [
    "GeneratedFunction",
    "function",
    "hessian_vector_product",
    "jacobian_vector_product",
    "value_and_gradient",
]
