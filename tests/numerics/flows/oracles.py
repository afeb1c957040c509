"""Losses written by hand with torch, and the descent that automatic differentiation makes of them.

Nothing here comes out of a model: these are what the generated fields are compared with.
"""

import math

import numpy as np
import torch


def descent(loss, parts, rates):
    """Return -rate dL/dx of every part, one flat vector."""
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in parts]
    gradients = torch.autograd.grad(loss(*tensors), tensors)
    return np.concatenate([-e * g.numpy().ravel() for g, e in zip(gradients, rates, strict=True)])


def split(y, *shapes):
    """Return the state as arrays of these shapes, one after the other."""
    parts, at = [], 0
    for shape in shapes:
        size = math.prod(shape)
        parts.append(np.reshape(y[at : at + size], shape))
        at += size
    assert at == len(y)
    return parts


def cross_entropy(logits, labels, weights=1.0):
    """Return -sum_i w_i sum_c y_ic log p_ic."""
    labels = torch.tensor(labels, dtype=torch.float64)
    rows = -(labels * torch.log_softmax(logits, dim=-1)).sum(-1)
    return (torch.as_tensor(weights, dtype=torch.float64) * rows).sum()


def mixture_loss(X, means, weights, variance):
    """Return the negative log-likelihood of a Gaussian mixture; arguments are tensors."""
    X = torch.tensor(X, dtype=torch.float64)
    d_x = X.shape[1]
    squares = ((X[:, None, :] - means[None]) ** 2).sum(-1)
    normaliser = d_x / 2 * torch.log(2 * torch.pi * variance)
    return -torch.logsumexp(torch.log(weights) - squares / (2 * variance) - normaliser, 1).sum()


def em_step(X, means, weights, variance):
    """Return the next means, weights and variance, with NumPy."""
    squares = ((X[:, None, :] - means[None]) ** 2).sum(-1)
    exponents = np.log(weights) - squares / (2 * variance)
    r = np.exp(exponents - exponents.max(axis=1, keepdims=True))
    r /= r.sum(axis=1, keepdims=True)
    shares = r.sum(axis=0)
    moved = (r.T @ X) / shares[:, None]
    squares = ((X[:, None, :] - moved[None]) ** 2).sum(-1)
    return moved, shares / len(X), (r * squares).sum() / X.size
