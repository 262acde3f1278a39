"""Files are kept once, under opaque names; deleted ones come back; limits hold."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.utils import timezone

from tests.files import samples
from tests.files.desk import Desk
from zhiyin.accounts.access import Denied, OutOfSight
from zhiyin.accounts.models import AuditPending
from zhiyin.files import links, queries, services, store, tasks
from zhiyin.files.models import Content, File
from zhiyin.files.taking import Doubtful, RecordFull, TooLarge


def _stored(settings: LazySettings) -> list[Path]:
    return [path for path in Path(settings.FILES_STORE).rglob("*") if path.is_file()]


def test_the_same_bytes_are_kept_once_and_under_a_name_that_says_nothing(
    desk: Desk, settings: LazySettings
) -> None:
    one = desk.attach(samples.PDF, "contract.pdf")
    two = desk.attach(samples.PDF, "again.pdf")
    assert one.content_id == two.content_id
    (kept,) = _stored(settings)
    assert "contract" not in str(kept) and one.content.sha256 not in str(kept)
    assert kept.read_bytes() == samples.PDF
    assert kept.stat().st_mode & 0o077 == 0
    assert not list(store.incoming().iterdir())


def test_the_audit_says_what_was_attached_and_not_what_it_is_called(desk: Desk) -> None:
    made = desk.attach(samples.HTML, "secret name.pdf")
    entry = AuditPending.objects.get(verb="file.attached")
    assert entry.object_id == str(made.pk)
    assert entry.detail["kind"] == "html" and entry.detail["disguised"] is True
    assert "secret" not in str(entry.detail)


def test_who_may_not_change_the_record_attaches_nothing(desk: Desk) -> None:
    with pytest.raises(Denied):
        desk.attach(samples.PDF, by=desk.reader)
    with pytest.raises(Denied):
        desk.attach(samples.PDF, by=desk.colleague)
    with pytest.raises(OutOfSight):
        desk.attach(samples.PDF, by=desk.stranger)
    with pytest.raises(OutOfSight):
        services.attach(("nothing", desk.customer.pk), [b"x"], name="x", by=desk.owner)
    assert not File.objects.exists()


def test_too_large_a_file_is_refused_while_it_comes_in(desk: Desk, settings: LazySettings) -> None:
    settings.MAX_FILE_BYTES = 10
    came = []

    def chunks():  # type: ignore[no-untyped-def]
        for number in range(100):
            came.append(number)
            yield b"12345"

    with pytest.raises(TooLarge):
        services.attach(desk.ref, chunks(), name="a", by=desk.owner)
    assert len(came) == 3
    assert not Content.objects.exists() and not list(store.incoming().iterdir())


def test_a_record_takes_so_much_and_no_more(desk: Desk, settings: LazySettings) -> None:
    settings.MAX_RECORD_FILES_BYTES = 10
    first = desk.attach(b"1234567", "a.txt")
    with pytest.raises(RecordFull):
        desk.attach(b"7654", "b.txt")
    services.delete(first, by=desk.owner, now=timezone.now())
    desk.attach(b"7654", "b.txt")
    with pytest.raises(RecordFull):
        services.restore(first, by=desk.owner)


def test_a_strict_house_takes_nothing_that_may_run(desk: Desk, settings: LazySettings) -> None:
    settings.REFUSE_DOUBTFUL_FILES = True
    for data, name in (
        (samples.SVG, "a.svg"), (samples.PDF, "a.png"), (samples.GIF_SCRIPT, "a.gif"),
    ):  # fmt: skip
        with pytest.raises(Doubtful):
            desk.attach(data, name)
    desk.attach(samples.PDF, "a.pdf")


def test_a_deleted_file_is_out_of_sight_and_comes_back_whole(desk: Desk) -> None:
    made = desk.attach(samples.PDF, "a.pdf")
    services.delete(made, by=desk.owner, now=timezone.now())
    services.delete(made, by=desk.owner, now=timezone.now())  # twice is no accident
    with pytest.raises(OutOfSight):
        queries.file(desk.owner, made.pk)
    assert queries.counts([desk.ref]) == {desk.ref: 0}
    services.restore(made, by=desk.owner)
    services.restore(made, by=desk.owner)
    assert queries.file(desk.owner, made.pk).deleted_by is None
    assert queries.counts([desk.ref]) == {desk.ref: 1}
    verbs = AuditPending.objects.filter(verb__startswith="file.").values_list("verb", flat=True)
    assert sorted(verbs) == ["file.attached", "file.deleted", "file.restored"]


def test_bytes_are_forgotten_when_nothing_holds_them_any_more(
    desk: Desk, settings: LazySettings
) -> None:
    one, other = desk.attach(b"one", "a.txt"), desk.attach(b"two", "b.txt")
    lost = Path(settings.FILES_STORE) / "zz" / "zz-of-a-crash"
    lost.parent.mkdir()
    lost.write_bytes(b"x")
    (store.incoming() / "half").write_bytes(b"x")
    now = timezone.now()
    services.delete(one, by=desk.owner, now=now)
    tasks.purge_files(0)
    assert len(_stored(settings)) == 3  # nothing is old enough
    Content.objects.update(created_at=now - timedelta(days=40))
    gone = services.purge(now=now + timedelta(days=31))
    assert gone == 3
    assert [path.read_bytes() for path in _stored(settings)] == [b"two"]
    assert not File.objects.filter(pk=one.pk).exists() and File.objects.filter(pk=other.pk).exists()
    assert not list(store.incoming().iterdir())


def test_bytes_that_somebody_attaches_while_others_are_forgotten_stay(
    desk: Desk, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, kept = timezone.now(), {}
    for data in (b"one", b"two"):
        made = desk.attach(data, "a.txt")
        kept[made.content.sha256] = data
        services.delete(made, by=desk.owner, now=now)
    Content.objects.update(created_at=now - timedelta(days=40))
    remove = store.Folder.remove

    def remove_while_another_comes_back(self: store.Folder, name: str) -> None:
        remove(self, name)
        if not File.objects.exists():
            desk.attach(kept[Content.objects.get().sha256], "again.txt")

    monkeypatch.setattr(store.Folder, "remove", remove_while_another_comes_back)
    assert services.purge(now=now + timedelta(days=31)) == 1
    (left,) = _stored(settings)
    assert left.read_bytes() == kept[File.objects.get().content.sha256]


def test_a_log_that_names_bytes_or_a_ticket_tells_nothing_of_the_file(desk: Desk) -> None:
    made = desk.attach(samples.PDF, "contract.pdf")
    ticket = services.make_ticket(made, by=desk.owner, lives=links.TICKET_LIVES)
    assert str(made) == "contract.pdf"
    assert (str(made.content), str(ticket)) == (made.content.place, str(ticket.pk))


def test_two_who_bring_the_same_bytes_at_once_keep_them_once(
    desk: Desk, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other's row appears between our look and our insert."""
    put = store.Folder.put
    theirs = Content(sha256="", size=3, place="theirs", kind="text")

    def put_and_be_overtaken(self: store.Folder, name: str, source: Path) -> None:
        put(self, name, source)
        if not theirs.sha256:
            import hashlib

            theirs.sha256 = hashlib.sha256(b"one").hexdigest()
            theirs.save(force_insert=True)

    monkeypatch.setattr(store.Folder, "put", put_and_be_overtaken)
    assert desk.attach(b"one", "a.txt").content == theirs
    assert not _stored(settings)
