"""Reading files that people send us, and making their rows into clean tables.

No storage, no Django, nothing about who a customer is: a file or Arrow batches come in; clean
Arrow tables, rejected rows with their reasons, and a report of what was found and mended go out.
"""
