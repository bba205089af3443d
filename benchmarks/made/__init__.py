"""Runs, listening histories and archives to measure with, made from a seed."""
