"""What the figures in the README come from: each measured beside a yardstick in the same run.

``python -m benchmarks`` runs all of them, each in a throw-away home folder.
"""
