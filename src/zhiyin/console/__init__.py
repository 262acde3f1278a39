"""The shell every room appears in: layout, navigation, command palette, components and charts.

Holds no business rules. Rooms below register what they add (a nav count, a palette provider) and
extend `console/page.html`.
"""
