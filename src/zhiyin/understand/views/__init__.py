"""Screens of this room, a file for each question."""
