"""Writes of this room: one field of a row, one field of many rows, saved views."""
