"""The judges: each looks at one equation of one model, independently of the others."""
