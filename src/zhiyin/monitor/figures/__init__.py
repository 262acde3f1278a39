"""The figures of the dashboard, a file a theme: each is asked of PostgreSQL in one question."""
