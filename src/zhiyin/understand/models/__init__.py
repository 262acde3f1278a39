"""Tables of this room, a file for each question."""

from zhiyin.understand.models.run import Run

__all__ = ["Run"]
