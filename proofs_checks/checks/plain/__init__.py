"""Expressions of any model as float64 numbers: as they are written, differentiated forwards."""
