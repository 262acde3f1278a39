"""Tables of files: what is attached to which record, and the bytes behind, each kept once."""

from __future__ import annotations

from django.db import models
from django.utils.translation import pgettext_lazy

from zhiyin.accounts.models import User
from zhiyin.files import types
from zhiyin.files.rules import is_drawable, is_readable
from zhiyin.files.types import Doubt
from zhiyin.ids import uuid7


class Content(models.Model):
    """Some bytes, kept once however often they are attached, under a name that says nothing."""

    class Scan(models.TextChoices):
        NOT_SCANNED = "none", pgettext_lazy("scan", "Not scanned")
        WAITING = "waiting", pgettext_lazy("scan", "Being scanned")
        CLEAN = "clean", pgettext_lazy("scan", "Scanned, clean")
        INFECTED = "infected", pgettext_lazy("scan", "Infected, locked")

    class Picture(models.TextChoices):
        NONE = "none", pgettext_lazy("picture", "No picture")
        WAITING = "waiting", pgettext_lazy("picture", "Being drawn")
        READY = "ready", pgettext_lazy("picture", "Ready")
        FAILED = "failed", pgettext_lazy("picture", "Cannot be drawn")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    place = models.CharField(max_length=64, unique=True)  # its name in the store
    kind = models.CharField(max_length=20)
    doubt = models.CharField(max_length=20, blank=True)
    scan = models.CharField(max_length=10, choices=Scan.choices, default=Scan.NOT_SCANNED)
    finding = models.CharField(max_length=200, blank=True)  # what the scanner called it
    scanned_at = models.DateTimeField(null=True)
    picture = models.CharField(max_length=10, choices=Picture.choices, default=Picture.NONE)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sha256"], name="content_kept_once"),
            models.CheckConstraint(condition=models.Q(size__gte=0), name="content_size_known"),
            models.CheckConstraint(
                condition=models.Q(scan__in=["none", "waiting", "clean", "infected"]),
                name="content_scan_known",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(scan="waiting"), name="content_to_scan")
        ]

    def __str__(self) -> str:
        return self.place

    @property
    def found(self) -> types.Kind:
        """The kind that its bytes say."""
        return types.kind(self.kind)

    @property
    def doubted(self) -> Doubt | None:
        return Doubt(self.doubt) if self.doubt in {doubt.value for doubt in Doubt} else None

    @property
    def may_leave(self) -> bool:
        """Whether it may be handed out: not while a scanner looks at it, never infected."""
        return self.scan in (self.Scan.NOT_SCANNED, self.Scan.CLEAN)

    @property
    def has_picture(self) -> bool:
        return self.picture == self.Picture.READY and self.may_leave

    @property
    def has_preview(self) -> bool:
        """Whether there is something to see without saving the file."""
        return self.may_leave and (self.has_picture or is_readable(self.found))

    @property
    def wants_picture(self) -> bool:
        return is_drawable(self.found)


class File(models.Model):
    """A file attached to a record of any room (see accounts.records)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    record_type = models.CharField(max_length=40)
    record_id = models.UUIDField()
    content = models.ForeignKey(Content, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=180)
    disguised = models.BooleanField(default=False)  # the name says another kind than the bytes
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True)
    deleted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(deleted_at__isnull=True, deleted_by__isnull=True)
                | models.Q(deleted_at__isnull=False, deleted_by__isnull=False),
                name="file_deleted_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["record_type", "record_id", "-id"], name="files_of_record"),
            models.Index(
                fields=["deleted_at"],
                condition=models.Q(deleted_at__isnull=False),
                name="files_deleted",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Ticket(models.Model):
    """A way to one file for one user, on the files' own origin: once, and for a minute."""

    id = models.UUIDField(primary_key=True, editable=False)
    file = models.ForeignKey(File, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.pk)
