"""A company whose people are customers. Its figures are those of all its people, kept on its own
row so that a list of two hundred thousand is ordered by one index. Who may not see all customers is
shown sums over those in their sight instead (see `customers.companies.as_seen`)."""

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


class Company(HasCustom):
    """A company, an institution or a shop that buys through people. Figures as of `figures_at`."""

    class Industry(models.TextChoices):
        RETAIL = "retail", _("Retail")
        WHOLESALE = "wholesale", _("Wholesale")
        HOSPITALITY = "hospitality", _("Hotels and catering")
        MANUFACTURING = "manufacturing", _("Manufacturing")
        SERVICES = "services", _("Business services")
        TECHNOLOGY = "technology", _("Technology")
        FINANCE = "finance", _("Finance")
        EDUCATION = "education", _("Education")
        HEALTH = "health", _("Health")
        PUBLIC = "public", _("Public sector")
        OTHER = "other", _("Other")

    class Size(models.TextChoices):
        MICRO = "micro", _("1 to 9 people")
        SMALL = "small", _("10 to 49 people")
        MEDIUM = "medium", _("50 to 249 people")
        LARGE = "large", _("250 to 999 people")
        HUGE = "huge", _("1,000 people or more")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=60, blank=True)  # unified credit code, company number
    # Whoever wrote the number does not see the company that has it already: see contested.py.
    contested = models.BooleanField(default=False, db_default=False)
    name = models.CharField(max_length=200)
    industry = models.CharField(max_length=20, choices=Industry, blank=True)
    size = models.CharField(max_length=10, choices=Size, blank=True)
    country = models.CharField(max_length=60, blank=True)
    province = models.CharField(max_length=60, blank=True)
    city = models.CharField(max_length=80, blank=True)
    website = models.CharField(max_length=200, blank=True)
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )
    department = models.ForeignKey(
        "accounts.Department", on_delete=models.SET_NULL, null=True, blank=True
    )
    simulated = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1)

    # of its people
    headcount = models.IntegerField(default=0)
    orders = models.IntegerField(default=0)
    revenue = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    last_order_at = models.DateTimeField(null=True, blank=True)
    figures_at = models.DateTimeField(null=True, blank=True)
    revenue_minor = minor_of("revenue")  # what is ordered by: see `Sort.minor`

    # what it is found by: see customers/search.py
    text = models.TextField(blank=True, default="", db_default="")
    grams = ArrayField(models.IntegerField(), default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["number"],
                condition=~models.Q(number="") & models.Q(contested=False),
                name="company_number_once",
            ),
        ]
        indexes = [
            models.Index(fields=["name", "id"], name="company_name"),
            models.Index(
                models.F("revenue_minor").desc(nulls_last=True), "id", name="company_revenue"
            ),
            models.Index(
                models.F("headcount").desc(nulls_last=True), "id", name="company_headcount"
            ),
            models.Index(
                models.F("last_order_at").desc(nulls_last=True), "id", name="company_last_order"
            ),
            models.Index(models.F("created_at").desc(), "id", name="company_created"),
            models.Index(fields=["industry"], name="company_industry"),
            models.Index(fields=["size"], name="company_size"),
            models.Index(fields=["city"], name="company_city"),
            models.Index(fields=["owner", "id"], name="company_owner"),
            models.Index(fields=["department", "id"], name="company_department"),
            GinIndex(fields=["grams"], name="company_grams", fastupdate=False),
        ]

    def __str__(self) -> str:
        return str(self.id)
