"""Figures that can be run again: each benchmark runs its peer on the same data in the same run."""
