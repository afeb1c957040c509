"""The explorer: a phase portrait on a page of this machine, with sliders and clicks.

What it needs of a server and a page is bokeh, which only `server`, `page`, `plane` and `series`
import; the rest is the model, which runs without.
"""

from proofs_checks.explorer.explorer import Explorer
from proofs_checks.explorer.painter import Picture
from proofs_checks.explorer.subject import Subject, subject_of
from proofs_checks.explorer.view import Slider, View

__all__ = ["Explorer", "Picture", "Slider", "Subject", "View", "subject_of"]
