"""Which song played where on a run."""

import os

# Before numpy is loaded: matrices here are small, and threads that share them mostly wait for each
# other; with many the page Insights takes three times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # noqa: TID251 - for others to read
