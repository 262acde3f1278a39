"""Which rows hang on a customer, of this room and of those below that do not know customers."""

from __future__ import annotations

from zhiyin.customers.identities.homes import belongs, follows

for _table in ("profilechange", "task", "note", "joining"):
    belongs(f"customers_{_table}")
belongs("customers_segmentmember", once=("segment_id",), prefer="r.since")
belongs("customers_score", once=("model",))
belongs("customers_giventag", once=("tag", "rule_id"), nulls_differ=False)
belongs("customers_groupmember", once=("group_id",), prefer="r.since")
# What a source says goes with its identifier; what people here write, with the customer.
belongs(
    "customers_sourcerecord",
    where="(t.identifier_id is null or not exists ("
    "select from customers_identifier i where i.id = t.identifier_id))",
)
belongs("customers_order", where="t.identifier_id is null")
belongs("collect_event", where="t.identifier_id is null")
for _table in ("talk_comment", "talk_notice", "files_file"):
    belongs(_table, "record_id", where="t.record_type = 'customer'")
belongs("objects_fieldchange", "row", where="t.object_type = 'customer'")
belongs(
    "accounts_share",
    "row_id",
    where="t.resource = 'customer'",
    once=("user_id", "department_id"),
    free="r.ended_at is not null",
    nulls_differ=False,
)
belongs("objects_opened", "record", where="t.kind = 'customer'", once=("user_id",),
        prefer="r.at desc")  # fmt: skip

for _table in ("identifier", "link"):
    follows(f"customers_{_table}", why="the map itself")
follows("customers_orderline", why="lines are whose their order is")
follows("customers_customersearch", why="made anew from the profile")
follows("customers_customer", why="profiles are kept whole: identities/own.py")
follows("objects_rowbefore", why="a change of many rows is taken back where it was made")
follows("customers_proposal", why="about two profiles, and shown while both are there")
for _table in ("ownprofile", "displaced"):
    follows(f"customers_{_table}", why="where people come back from")
