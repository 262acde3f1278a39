"""Who is one person: the library floor's `identity`, kept in PostgreSQL.

resolving   the step of the pump: identifiers and links of a batch, and whose its events are
book        the pages of the ledger: cells with those next to them, read, decided and written
moving      who goes where by a decision: the map, and what hangs on identifiers
homes       rows that hang on a customer, and how each table's go with them and come back
own         profiles: what each says by itself, and what is made of several
"""
