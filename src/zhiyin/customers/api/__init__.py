"""The HTTP API of this room: people, segments, models."""
