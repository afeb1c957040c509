"""Fixed points: found from many starts, classified on the quotient, proved in ball arithmetic."""

from numerics.fixed_points.balls import BallProgram, ball_program
from numerics.fixed_points.classification import Character, classify
from numerics.fixed_points.points import FixedPoint, FixedPoints, Lost
from numerics.fixed_points.proof import Proof
from numerics.fixed_points.search import find

__all__ = [
    "BallProgram",
    "Character",
    "FixedPoint",
    "FixedPoints",
    "Lost",
    "Proof",
    "ball_program",
    "classify",
    "find",
]
