"""How this room forgets a customer: hot events go; requests that wait are written again without
their messages, and so is what waits for the lake; messages set aside go; imported files go once
they are loaded, and their rejected rows.
"""

from __future__ import annotations

from zhiyin.accounts.forgetting import (
    gone,
    mentions,
    nobody,
    outside,
    taken_by_step,
)
from zhiyin.collect import forgetting_files, forgetting_messages, forgetting_plans
from zhiyin.collect.connections import forgetting

gone(
    "collect_event",
    "customer_id = any(%(customers)s) or identifier_id = any(%(identifiers)s)",
)
outside("inbox", count=forgetting_messages.waiting, act=forgetting_messages.forget_waiting)
taken_by_step("collect_received")
outside("set_aside", count=forgetting_messages.kept, act=forgetting_messages.forget_kept)
taken_by_step("collect_setaside")
taken_by_step("collect_repeat")
outside("to_archive", count=forgetting_messages.bound, act=forgetting_messages.forget_bound)
taken_by_step("collect_toarchive")
outside("imports", count=forgetting_files.count, act=forgetting_files.forget)
outside("examples", count=forgetting_plans.count, act=forgetting_plans.forget, again=True)
taken_by_step("collect_learnt")
taken_by_step("collect_planday")
mentions("collect_planversion", "document note")
mentions("collect_import", "file_name report")
nobody(
    "collect_import", "kind state file_digest path mapping shape", why="names of columns, a digest"
)
nobody("collect_savedmapping", "header_digest kind mapping columns", why="names of columns")
nobody("collect_mappingversion", "kind mapping columns", why="names of columns")
nobody("collect_tally", "outcome reason", why="counts")
nobody("collect_refusal", why="counts")
nobody(
    "collect_source", "key name_zh name_en kind troubles asks without", why="where events come from"
)
nobody("collect_writekey", "key origins", why="where events come from")
mentions("collect_connection", "name cursor")
nobody("collect_connection", "kind where secret", why="a folder or a table of another system")
mentions("collect_run", "cursor problem")
outside("arrivals", count=forgetting.count, act=forgetting.forget)
taken_by_step("collect_arrival")
nobody("collect_turnedaway", "reason", why="counts")
nobody("collect_run", "state", why="counts")
