"""Sources that are asked on a schedule: folders and databases.

Each reading gives pieces: rows and how far they reach. A piece becomes an import like any file that
a person brings, so it is mapped, cleaned, loaded and can be undone by the same code; only then is
the connection taken as read so far. What is read twice counts once.
"""
