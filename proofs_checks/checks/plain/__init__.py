"""Index expressions of any model as float64 numbers, by forward differentiation and nothing else."""
