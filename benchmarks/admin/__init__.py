"""The peer of the screens: Django's own admin over the same tables, set up in an hour."""
