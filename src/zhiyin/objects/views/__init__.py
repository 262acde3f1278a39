"""Screens of this room: the list, its forms, changes in it, and the record of a declared object."""
