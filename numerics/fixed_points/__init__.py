"""Fixed points: found from many starts, classified on the quotient, proved in ball arithmetic."""

from numerics.fixed_points.balls import BallProgram, ball_program
from numerics.fixed_points.classification import Character, classify
from numerics.fixed_points.complete import CompleteList, Region
from numerics.fixed_points.covering import find_all
from numerics.fixed_points.krawczyk import prove
from numerics.fixed_points.points import FixedPoint, FixedPoints, Lost
from numerics.fixed_points.proof import Proof
from numerics.fixed_points.search import find

__all__ = [
    "BallProgram",
    "Character",
    "CompleteList",
    "FixedPoint",
    "FixedPoints",
    "Lost",
    "Proof",
    "Region",
    "ball_program",
    "classify",
    "find",
    "find_all",
    "prove",
]
