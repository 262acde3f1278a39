"""Lists and records, once for all rooms: a room declares an object, and this room does the rest.

An object is declared with its fields (definitions.py); from that come the list with its columns,
filters, views and paging, changes in the list and to many rows at once, and the record's page. What
an object means, who may see it and what else happens when it changes stays in the room it is of.
"""
