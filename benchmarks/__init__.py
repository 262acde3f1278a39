"""Figures that can be run again: each benchmark runs its peer on the same data, one after another."""
