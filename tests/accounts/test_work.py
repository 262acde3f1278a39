"""Long work shows its progress while it runs, stops when asked, and says how it ended."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from tests import factories
from zhiyin.accounts import work as long_work
from zhiyin.accounts.models import Work
from zhiyin.accounts.roles import Role


def _start() -> Work:
    return long_work.start(
        "import", by=factories.user(Role.SALES), title_zh="导入", title_en="Import"
    )


@pytest.mark.django_db
def test_work_that_ends_well_is_done() -> None:
    work = _start()
    with long_work.running(work):
        long_work.progress(work, "reading", 1, 2)
        long_work.progress(work, "reading", 2, 2)
        long_work.finish_with(work, {"rows": 2})
    work.refresh_from_db()
    assert (work.state, work.percent, work.result) == (Work.State.DONE, 100, {"rows": 2})
    assert work.finished_at is not None


@pytest.mark.django_db
def test_work_that_fails_says_why() -> None:
    work = _start()
    with pytest.raises(ZeroDivisionError), long_work.running(work):
        _ = 1 / 0
    work.refresh_from_db()
    assert work.state == Work.State.FAILED
    assert work.error == "ZeroDivisionError: division by zero"


@pytest.mark.django_db
def test_work_stops_at_its_next_progress_when_asked() -> None:
    work = _start()
    with long_work.running(work):
        long_work.progress(work, "reading", 0, 10)
        assert work.owner is not None
        long_work.ask_to_cancel(Work.objects.get(pk=work.pk), by=work.owner)
        long_work.progress(work, "writing", 1, 10)
        pytest.fail("not reached")
    work.refresh_from_db()
    assert work.state == Work.State.CANCELLED


@pytest.mark.django_db
def test_queued_work_is_cancelled_at_once_and_never_runs() -> None:
    work = _start()
    assert work.owner is not None
    long_work.ask_to_cancel(work, by=work.owner)
    assert work.state == Work.State.CANCELLED
    with pytest.raises(long_work.NotStartableError), long_work.running(work):
        pytest.fail("not reached")


@pytest.mark.django_db(transaction=True)
def test_progress_is_seen_by_others_while_the_transaction_is_open() -> None:
    work = _start()
    other = connection.copy()
    other.settings_dict["OPTIONS"].pop("pool", None)
    try:
        with long_work.running(work), transaction.atomic():
            long_work.progress(work, "writing", 7, 10)
            with other.cursor() as cursor:
                cursor.execute("select stage, done, total from accounts_work")
                assert cursor.fetchall() == [("writing", 7, 10)]
                # ... and a cancel asked over there is heard over here.
                cursor.execute("update accounts_work set cancel_asked = true")
            long_work.progress(work, "closing", 8, 10)
            pytest.fail("not reached")
    finally:
        other.close()
    work.refresh_from_db()
    assert work.state == Work.State.CANCELLED


@pytest.mark.django_db(transaction=True)
def test_work_inside_an_open_transaction_ends_as_done() -> None:
    work = _start()
    with transaction.atomic(), long_work.running(work):
        long_work.finish_with(work, {"rows": 1})
        long_work.progress(work, "closing", 1, 1)
    work.refresh_from_db()
    assert (work.state, work.result) == (Work.State.DONE, {"rows": 1})
