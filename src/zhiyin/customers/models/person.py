"""One human being: the profile, what it is found by, and how it changed.

The profile's figures (orders, revenue, scores…) stand on the customer's own row, so that a list of
a million is filtered and sorted by one index; their history is in the lake.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from zhiyin.customers.models.money import minor_of
from zhiyin.ids import uuid7
from zhiyin.objects.custom.columns import HasCustom


class Customer(HasCustom):
    """A customer, from prospect to lost. Every figure is as of `figures_at` or `scored_at`."""

    class Gender(models.TextChoices):
        FEMALE = "female", _("Female")
        MALE = "male", _("Male")
        OTHER = "other", _("Other")

    class Language(models.TextChoices):
        CHINESE = "zh", _("Chinese")
        ENGLISH = "en", _("English")

    class Tier(models.TextChoices):
        PLATINUM = "platinum", _("Platinum")
        GOLD = "gold", _("Gold")
        REGULAR = "regular", _("Regular")

    # who
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    gender = models.CharField(max_length=10, choices=Gender, blank=True)
    birth_date = models.DateField(null=True, blank=True)
    language = models.CharField(max_length=5, choices=Language, blank=True)
    country = models.CharField(max_length=60, blank=True)
    province = models.CharField(max_length=60, blank=True)
    city = models.CharField(max_length=80, blank=True)
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    department = models.ForeignKey(
        "accounts.Department", on_delete=models.SET_NULL, null=True, blank=True
    )
    company = models.ForeignKey(
        "customers.Company", on_delete=models.SET_NULL, null=True, blank=True,
        related_name="people", db_index=False,
    )  # fmt: skip
    job_title = models.CharField(max_length=80, blank=True, default="", db_default="")
    simulated_profile = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())
    created_by_batch = models.UUIDField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    # what they did: traits, kept by the pipeline and by training
    orders = models.IntegerField(default=0)
    revenue = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    first_order_at = models.DateTimeField(null=True, blank=True)
    last_order_at = models.DateTimeField(null=True, blank=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    figures_at = models.DateTimeField(null=True, blank=True)

    # what is predicted: scores, written by training
    tier = models.CharField(max_length=12, choices=Tier, blank=True)
    rfm = models.CharField(max_length=3, blank=True)
    rfm_segment = models.CharField(max_length=40, blank=True)
    persona = models.CharField(max_length=40, blank=True)
    value_12m = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    value_12m_low = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    value_12m_high = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    churn_risk = models.FloatField(null=True, blank=True)
    churn_risk_low = models.FloatField(null=True, blank=True)
    churn_risk_high = models.FloatField(null=True, blank=True)
    next_purchase_from = models.DateField(null=True, blank=True)
    next_purchase_to = models.DateField(null=True, blank=True)
    next_purchase_probability = models.FloatField(null=True, blank=True)
    scored_at = models.DateTimeField(null=True, blank=True)

    # what is ordered by: see `Sort.minor`
    revenue_minor = minor_of("revenue")
    value_12m_minor = minor_of("value_12m")

    class Meta:
        indexes = [
            models.Index(fields=["name", "id"]),
            models.Index(
                models.F("revenue_minor").desc(nulls_last=True), "id", name="customer_revenue"
            ),
            models.Index(models.F("orders").desc(nulls_last=True), "id", name="customer_orders"),
            models.Index(
                models.F("last_order_at").desc(nulls_last=True), "id", name="customer_last_order"
            ),
            models.Index(
                models.F("value_12m_minor").desc(nulls_last=True), "id", name="customer_value"
            ),
            models.Index(models.F("churn_risk").desc(nulls_last=True), "id", name="customer_churn"),
            models.Index(models.F("created_at").desc(), "id", name="customer_created"),
            models.Index(fields=["rfm_segment"]),
            models.Index(fields=["persona"]),
            models.Index(fields=["country", "city"]),
            models.Index(fields=["city"]),
            models.Index(fields=["department", "id"]),
            models.Index(fields=["owner", "id"]),
            models.Index(fields=["company", "id"], name="customer_company"),
            models.Index(fields=["created_by_batch"]),
            GinIndex(fields=["tags"], name="customer_tags"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class CustomerSearch(models.Model):
    """What a search finds a customer by: folded text, its pinyin, and n-grams of both.

    The embedded server has no pg_trgm, so the grams are ours: hashes in an indexed array.
    """

    customer = models.OneToOneField(
        Customer, on_delete=models.CASCADE, primary_key=True, related_name="search"
    )
    text = models.TextField()
    names = models.TextField(db_default="")  # the part of it that holds no address
    grams = ArrayField(models.IntegerField())

    class Meta:
        indexes = [GinIndex(fields=["grams"], name="customer_grams", fastupdate=False)]

    def __str__(self) -> str:
        return str(self.customer_id)


class ProfileChange(models.Model):
    """A field of a profile that changed: what stood there before, who or what changed it."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="changes")
    field = models.CharField(max_length=40)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    batch = models.UUIDField(null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["customer", "-at"]), models.Index(fields=["batch"])]

    def __str__(self) -> str:
        return str(self.id)
