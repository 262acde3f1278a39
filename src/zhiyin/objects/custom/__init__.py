"""Fields that a company adds itself, how its screens lay them out, and the indexes that serve them.

A definition says what a field holds, how it is checked and how close it is to a person; the values
stand in one JSON column beside the built-in ones (columns.py) and reach lists, conditions, exports
and the record's page through `objects.definitions` like any other field. A retired definition keeps
the old values. Formulas are computed from the row whenever they are read.
"""
