"""FIT files: what watches and bike computers record.

``structure`` finds the messages among the bytes (whole or damaged), ``messages`` turns them
into columns of numbers, ``samples`` into samples, ``workouts`` into workouts.
"""

from runsous.files.fit.structure import is_fit
from runsous.files.fit.workouts import KIND, read_fit

__all__ = ["KIND", "is_fit", "read_fit"]
