"""What the matrices ask with: a browser of each user, and a count of what was written meanwhile."""

from __future__ import annotations

from django.db import connection
from django.test import Client

from zhiyin.accounts.models import User


def signed_in(user: User) -> Client:
    """A browser in which this user is signed in; an error is an answer with its status."""
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def writes(besides: str = "") -> int:
    """Rows inserted, updated or deleted in this transaction so far, by the database's own counters;
    in every table but one, and but that which counts the requests themselves."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)"
            " from pg_stat_xact_user_tables where relname <> all(%s)",
            [[besides, "accounts_requestcount"]],
        )
        (count,) = cursor.fetchone() or (0,)
    return int(count)
