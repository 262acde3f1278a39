"""The identifiers that were seen, the links between them, and whose each was taken to be.

What is said of links is only ever appended (`Statement`), and so is whose an identifier was when
(`Link`); both are the tables of the library floor's `identity`, kept here. `OwnProfile` and
`Displaced` hold what of a customer stands elsewhere while they are one person with others, so that
all of it comes back when they are parted.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhiyin.customers.models.alone import NextNumber, OwnCustomer
from zhiyin.customers.models.person import Customer
from zhiyin.identity.edges import RULES
from zhiyin.ids import uuid7


class Identifier(models.Model):
    """Something that was seen and points at a person: an address, a card, a device."""

    class Kind(models.TextChoices):
        NUMBER = "number", _("Customer number")
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Mobile")
        CARD = "card", _("Member card")
        DEVICE = "device", _("Device")
        WECHAT = "wechat", _("WeChat")
        # Of somebody who is known by a shared address and a name, or was written down by hand.
        RECORD = "record", pgettext_lazy("identifier", "Record")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=12, choices=Kind)
    # A number is unique within its source; what another has already, within its customer.
    namespace = models.CharField(max_length=60, blank=True)
    value = models.CharField(max_length=254)
    customer = models.ForeignKey(  # empty: seen, but not known whose
        Customer, on_delete=models.CASCADE, null=True, blank=True, related_name="identifiers"
    )
    # Who this would be if it were linked to nothing; there may be no such customer (yet).
    own_customer = OwnCustomer()
    # What is decided together; empty: it alone.
    cell = models.UUIDField(null=True, blank=True)
    public = models.BooleanField(default=False, db_default=False)  # many share it: it links nobody
    # In which order identifiers became known: the oldest of a person gives the customer.
    number = models.BigIntegerField(db_default=NextNumber(), editable=False)
    source = models.ForeignKey("collect.Source", on_delete=models.PROTECT)
    batch = models.UUIDField(null=True, blank=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "namespace", "value"], name="identifier_once"),
        ]
        indexes = [
            models.Index(fields=["batch"]),
            models.Index(fields=["value"]),
            models.Index(
                fields=["cell"], condition=models.Q(cell__isnull=False), name="identifier_cell"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Statement(models.Model):
    """A link between two identifiers is asserted, or one that was is retracted. Never changed.

    Its id is the link's; a retraction names that. Ends and source have no constraint in the
    database, which would look three rows up for each: what writes them has just read or written
    them, and what deletes an identifier deletes its statements.
    """

    id = models.BigAutoField(primary_key=True)
    retracts = models.BigIntegerField(null=True, blank=True)
    a = models.ForeignKey(
        Identifier, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    b = models.ForeignKey(
        Identifier, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    rule = models.CharField(max_length=20)
    probability = models.FloatField(default=1.0)
    source = models.ForeignKey(
        "collect.Source", on_delete=models.DO_NOTHING, db_index=False, db_constraint=False
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    batch = models.UUIDField(null=True, blank=True)
    seen_at = models.DateTimeField()  # when it happened
    at = models.DateTimeField()  # when we learned it

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(rule__in=list(RULES)), name="statement_rule_known"
            ),
            models.CheckConstraint(condition=~models.Q(a=models.F("b")), name="statement_of_two"),
            models.UniqueConstraint(
                fields=["retracts"],
                condition=models.Q(retracts__isnull=False),
                name="statement_retracted_once",
            ),
        ]
        indexes = [
            models.Index(fields=["a", "b"], name="statement_ends"),
            models.Index(fields=["b"], name="statement_other_end"),
            models.Index(fields=["batch"], name="statement_batch"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Link(models.Model):
    """The versioned answer to "whose identifier is this": merge and un-merge change only this."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identifier = models.ForeignKey(
        Identifier, on_delete=models.CASCADE, related_name="links", db_index=False
    )
    customer_id = models.UUIDField()  # who may have become part of another since
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["identifier", "until"],
                nulls_distinct=False,
                name="identifier_has_one_current_link",
            ),
        ]
        indexes = [models.Index(fields=["customer_id"], name="link_customer")]

    def __str__(self) -> str:
        return str(self.id)


class OwnProfile(models.Model):
    """What a customer's profile says by itself, while they are one person with others.

    `place` is the customer whom they are part of: their own id for the one who stays. Of that one,
    `told` is what was made of all, so that what somebody edits meanwhile is known from it.
    """

    customer = models.UUIDField(primary_key=True)
    place = models.UUIDField()
    row = models.JSONField()
    told = models.JSONField(null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["place"], name="own_profile_place")]

    def __str__(self) -> str:
        return str(self.customer)


class Displaced(models.Model):
    """A row that is another customer's (`home`) and stands at the one they are part of (`place`);
    or, with `row`, that is laid aside because there can be one such row only."""

    id = models.BigAutoField(primary_key=True)
    table = models.CharField(max_length=63)
    key = models.CharField(max_length=40)
    home = models.UUIDField()
    place = models.UUIDField()
    row = models.JSONField(null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["table", "key"], name="displaced_once"),
        ]
        indexes = [
            models.Index(fields=["home"], name="displaced_home"),
            models.Index(fields=["place"], name="displaced_place"),
        ]

    def __str__(self) -> str:
        return f"{self.table}:{self.key}"


class Proposal(models.Model):
    """Two customers who are probably one person, by what stands on their profiles; and what became
    of it. `evidence` holds levels of likeness and bits, and no value."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("proposal", "To be looked at")
        MERGED = "merged", pgettext_lazy("proposal", "One person")
        APART = "apart", pgettext_lazy("proposal", "Two people")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    customer_id = models.UUIDField()  # the older of the two
    other_id = models.UUIDField()
    probability = models.FloatField()
    bits = models.FloatField()
    why = models.CharField(max_length=60, blank=True)  # it was not linked by itself
    evidence = models.JSONField(default=list)
    model = models.CharField(max_length=12)  # the version that found it
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    decision = models.UUIDField(null=True, blank=True)  # of the statements; it takes them back

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer_id", "other_id"], name="proposed_once"),
        ]
        indexes = [
            models.Index(fields=["state", "-probability", "id"], name="proposal_likeliest"),
            models.Index(fields=["other_id"], name="proposal_other"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Joining(models.Model):
    """Two customers became one person, or one became two; by whom, or by which links."""

    class What(models.TextChoices):
        MERGED = "merged", pgettext_lazy("joining", "Merged")
        SPLIT = "split", pgettext_lazy("joining", "Parted")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    what = models.CharField(max_length=6, choices=What)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="joinings")
    other = models.UUIDField()  # who became part of them, or ceased to be
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    batch = models.UUIDField(null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["customer", "-at"], name="joining_newest"),
            models.Index(fields=["other"], name="joining_other"),
        ]

    def __str__(self) -> str:
        return str(self.id)
