"""Django's PostgreSQL backend, which takes the right seat before each statement (see seat.py)."""
