"""A picture is drawn anew: pixels come through, and nothing else."""

from __future__ import annotations

import io

import pytest
from django.conf import LazySettings
from PIL import Image

from tests.files import samples
from tests.files.desk import Desk
from zhiyin.files import pictures, services, tasks
from zhiyin.files.models import Content


def _opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_metadata_stays_behind_and_the_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "where I live"
    data = samples.picture("JPEG", (400, 200), exif=exif, comment=b"<script>alert(1)</script>")
    drawn = pictures.draw(io.BytesIO(data))
    assert _opened(drawn["large"]).size == (200, 400)
    assert _opened(drawn["small"]).size == (96, 192)
    for made in drawn.values():
        assert made[8:12] == b"WEBP"
        assert b"where I live" not in made and b"script" not in made
        assert not _opened(made).getexif()


def test_a_bomb_is_refused_by_its_header() -> None:
    with pytest.raises(pictures.CannotDraw):
        pictures.draw(io.BytesIO(samples.bomb()))


def test_a_picture_over_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_PIXELS", 10)
    with pytest.raises(pictures.CannotDraw, match="pixels"):
        pictures.draw(io.BytesIO(samples.picture(size=(4, 4))))


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", samples.SVG, samples.picture()[:40], samples.GIF_SCRIPT]
)
def test_what_is_no_picture_is_not_drawn(data: bytes) -> None:
    with pytest.raises(pictures.CannotDraw):
        pictures.draw(io.BytesIO(data))


def test_what_can_be_seen_through_stays_so() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (8, 8), (1, 2, 3, 0)).save(out, "PNG")
    assert _opened(pictures.draw(out)["large"]).mode == "RGBA"
    out = io.BytesIO()
    Image.new("P", (8, 8)).save(out, "GIF", transparency=0)
    assert _opened(pictures.draw(out)["large"]).mode == "RGBA"


def test_the_worker_draws_what_was_attached_and_the_page_shows_it(desk: Desk) -> None:
    made = desk.attach(samples.picture(size=(300, 300)) + b"<script>", "a.png")
    assert made.content.picture == Content.Picture.WAITING
    tasks.look_at(content_id=str(made.content_id))
    made.content.refresh_from_db()
    assert made.content.has_picture
    answer = desk.client(desk.reader).get(f"/files/{made.pk}/picture/small")
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert b"script" not in answer.content
    assert desk.client(desk.reader).get(f"/files/{made.pk}/picture/huge").status_code == 404


def test_a_bomb_is_kept_and_never_drawn(desk: Desk) -> None:
    made = desk.attach(samples.bomb(), "a.png")
    tasks.look_at(content_id=str(made.content_id))
    made.content.refresh_from_db()
    assert made.content.picture == Content.Picture.FAILED
    assert desk.client(desk.owner).get(f"/files/{made.pk}/picture/small").status_code == 404


def test_pictures_go_with_their_file(desk: Desk, settings: LazySettings) -> None:
    from datetime import timedelta
    from pathlib import Path

    from django.utils import timezone

    made = desk.attach(samples.picture(), "a.png")
    services.draw(made.content)
    kept = [p for p in Path(settings.FILES_STORE).rglob("*") if p.is_file()]
    assert len(kept) == 3
    services.purge(now=timezone.now() + timedelta(days=2))
    assert all(path.exists() for path in kept)


def test_a_task_for_bytes_that_are_gone_does_nothing(db: None) -> None:
    from zhiyin.ids import uuid7

    tasks.look_at(content_id=str(uuid7()))
