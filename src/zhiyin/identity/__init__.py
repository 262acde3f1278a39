"""Who is one person: links between identifiers, and records that are probably of one human being.

No storage, no Django, no profiles: identifiers, links and records come in as Arrow tables, and
people, the reasons for them and what was held back go out. docs/identity.md says how it decides.
"""
