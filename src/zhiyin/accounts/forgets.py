"""How this room forgets a customer: kept answers, shares, sessions and what long work said; and the
tables of Django's own apps, which know users only.
"""

from __future__ import annotations

from collections.abc import Generator

from django.conf import settings
from django.db import connection

from zhiyin import embedded
from zhiyin.accounts.forgetting import (
    Leaving,
    gone,
    mentions,
    nobody,
    outside,
    step,
    taken_by_step,
)
from zhiyin.accounts.models import Session
from zhiyin.accounts.session_store import SessionStore

_USERS = "people who work here, and no customer"
_CONFIG = "what the company set up"
_CHAIN = "ids, counts and names of fields alone: see audit.py"

gone("accounts_share", "resource = 'customer' and row_id = any(%(customers)s)")
mentions("accounts_share", "reason")
taken_by_step("accounts_keptanswer")
taken_by_step("accounts_session")
mentions("accounts_work", "title_zh title_en stage error result")
nobody("accounts_work", "kind state", why="names of our own")
mentions("accounts_delegation", "reason")
for _table, _columns in {
    "accounts_user": "password kind email name roles locale theme",
    "accounts_accesstoken": "name prefix digest scopes ended",
    "accounts_knowndevice": "digest agent network", "accounts_signinattempts": "key",
    "accounts_spentcode": "key", "accounts_identity": "issuer subject",
    "account_emailaddress": "email", "account_emailconfirmation": "key",
    "mfa_authenticator": "type data", "accounts_requestcount": "",
    "accounts_signinrules_break_glass": "", "accounts_territorymember": "",
}.items():  # fmt: skip
    nobody(_table, _columns, why=_USERS)
for _table, _columns in {
    "accounts_department": "path name_zh name_en",
    "accounts_signinrules": "domains default_roles groups_claim department_claim strong_acr",
    "accounts_grouprule": "value role", "accounts_policyversion": "grants note",
    "accounts_policydraft": "changes", "accounts_territory": "name_zh name_en",
    "accounts_territoryrule": "country province city",
    "accounts_workspace": "company language currency time_zone put_off",
    "auth_permission": "name codename", "auth_group": "name", "auth_group_permissions": "",
    "django_content_type": "app_label model", "django_migrations": "app name",
}.items():  # fmt: skip
    nobody(_table, _columns, why=_CONFIG)
for _table in ("accounts_auditpending", "accounts_auditentry"):
    nobody(_table, "verb object_type object_id detail seal", why=_CHAIN)
nobody("accounts_auditentry", "hash", why=_CHAIN)
nobody("accounts_audithead", "hash seal", why=_CHAIN)
# Arguments of jobs are ids of imports, changes and work; a customer's would be one of these words.
mentions("procrastinate_jobs", "args lock queueing_lock")
nobody("procrastinate_jobs", "queue_name task_name", why="names of our own")
nobody("procrastinate_events", why="when jobs ran")
nobody("procrastinate_workers", why="processes")
nobody("procrastinate_periodic_defers", "task_name periodic_id", why="names of our own")


@step
def kept_answers(leaving: Leaving) -> Generator[None, None, int]:
    """Answers of the API that name them; the same request again is done again."""
    words = [*leaving.ids, *leaving.spoken]
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from accounts_keptanswer where exists (select from unnest(%s::bytea[]) w"
            " where position(w in body) > 0 or position(w in lower(convert_from(body, 'LATIN1'))"
            "::bytea) > 0)",
            [[one.encode() for one in words]],
        )
        gone_here = int(cursor.rowcount)
    yield
    return gone_here


@step
def sessions(leaving: Leaving) -> Generator[None, None, int]:
    """Sessions that hold something of theirs, as a message not shown yet, end."""
    kept = SessionStore()
    ended = [
        key
        for key, data in Session.objects.values_list("session_key", "session_data").iterator()
        if leaving.mentioned_in(told := str(kept.decode(data)))
        or any(id_ in told for id_ in leaving.ids)
    ]
    Session.objects.filter(pk__in=ended).delete()
    yield
    return len(ended)


def _log_mentions(leaving: Leaving) -> int:
    """Lines of the embedded server's log that name them; older releases logged errors there."""
    server = embedded.serving(settings.DATA, str(connection.settings_dict.get("HOST") or ""))
    if server is None or not embedded.log_of(server).exists():
        return 0
    with embedded.log_of(server).open(errors="replace") as lines:
        return sum(leaving.mentioned_in(line) for line in lines)


def _empty_log(leaving: Leaving) -> int:
    """A log that names them begins anew; the server goes on writing at its end."""
    found = _log_mentions(leaving)
    if found:
        server = embedded.serving(settings.DATA, str(connection.settings_dict.get("HOST") or ""))
        assert server is not None
        with embedded.log_of(server).open("r+b") as file:
            file.truncate(0)
    return found


outside("server_log", count=_log_mentions, act=_empty_log)
