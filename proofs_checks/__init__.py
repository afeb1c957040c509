"""Judging: claims and laws to verdicts, reports, and the command line."""
