"""How this room forgets a customer: files attached to them, and their bytes and pictures where they
are attached to nobody else.
"""

from __future__ import annotations

from collections.abc import Generator

from zhiyin.accounts.forgetting import Leaving, gone, mentions, nobody, step
from zhiyin.files import pictures, services
from zhiyin.files.models import Content

_THEIRS = "record_type = 'customer' and record_id = any(%(customers)s)"

gone("files_file", _THEIRS)
gone("files_ticket", f"file_id in (select id from files_file where {_THEIRS})")  # noqa: S608
mentions("files_file", "name")
nobody("files_content", "sha256 place kind doubt scan finding picture",
       why="a digest and a random name; the row goes with the last file")  # fmt: skip


@step
def bytes_of_files(leaving: Leaving) -> Generator[None, None, int]:
    """Rows of bytes that nobody attaches any more go now; the bytes after the commit."""
    theirs = Content.objects.filter(
        files__record_type="customer", files__record_id__in=leaving.customers
    )
    ids = set(theirs.values_list("pk", flat=True))
    yield
    unused = Content.objects.select_for_update(of=("self",)).filter(pk__in=ids, files=None)
    found = list(unused)
    for content in found:
        pictured = (services.picture_place(content, size) for size in pictures.SIZES)
        leaving.places.extend([content.place, *pictured])
    Content.objects.filter(pk__in=[one.pk for one in found]).delete()
    return len(found)
