"""How this room forgets a customer: what rows held before, who opened them, and their names in
views, filters and changes of many rows.
"""

from __future__ import annotations

from zhiyin.accounts.forgetting import gone, mends, mentions, nobody

gone("objects_rowbefore", "row = any(%(customers)s)")
gone("objects_fieldchange", "object_type = 'customer' and row = any(%(customers)s)")
gone("objects_opened", "kind = 'customer' and record = any(%(customers)s)")
mends(
    "objects_bulkchange", "rows && %(customers)s::uuid[]",
    "rows = array(select one from unnest(rows) one where one <> all(%(customers)s)),"
    " \"left\" = '[]'",
)  # fmt: skip
mentions("objects_fieldchange", "before after")
mentions("objects_bulkchange", "text query left")
nobody("objects_bulkchange", "object_type field state lacks", why="names of fields")
mentions("objects_savedview", "name filters where columns")
nobody("objects_savedview", "object_type sort", why="names of fields")
for _table, _columns in {
    "custom_customfield": "object_type key label_zh label_en help_zh help_en type sensitivity rules"
                          " default formula formula_kind index_state",
    "custom_demand": "object_type key rules", "custom_layout": "object_type role sections",
}.items():  # fmt: skip
    nobody(_table, _columns, why="which fields the company added")
