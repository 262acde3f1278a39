"""Orders as rows, made by the pipeline from order events; sales, service and segments read them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from zhiyin.customers.models.person import Customer


class Order(models.Model):
    """A sale, or a return of goods. `total` is signed: a return is negative."""

    class Kind(models.TextChoices):
        SALE = "sale", _("Order")
        RETURN = "return", _("Return")

    id = models.UUIDField(primary_key=True)  # the id of the event that made it
    source = models.ForeignKey("collect.Source", on_delete=models.PROTECT, db_index=False)
    number = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind)
    identifier_id = models.UUIDField(null=True, blank=True)
    customer = models.ForeignKey(
        Customer, on_delete=models.SET_NULL, null=True, blank=True, db_index=False
    )
    ordered_at = models.DateTimeField()
    total = models.DecimalField(max_digits=18, decimal_places=2)
    currency = models.CharField(max_length=3)
    lines = models.IntegerField()
    department = models.ForeignKey(
        "accounts.Department", on_delete=models.SET_NULL, null=True, blank=True
    )
    batch = models.UUIDField(null=True, blank=True)
    simulated = models.BooleanField(default=False)
    # What its cells were before they were cleaned: field → [original, rule]; null where nothing was
    was = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="order_number_once"),
        ]
        indexes = [
            models.Index(fields=["number"], opclasses=["text_pattern_ops"], name="order_begins"),
            models.Index(fields=["customer", "-ordered_at"], include=["id"], name="order_newest"),
            models.Index(fields=["ordered_at"]),
            models.Index(fields=["batch"]),
            models.Index(fields=["identifier_id"]),
        ]

    def __str__(self) -> str:
        return str(self.id)


class OrderLine(models.Model):
    """A line of an order. `customer_id` and `ordered_at` repeat the order's, for segments' sake."""

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.CASCADE)
    customer_id = models.UUIDField(null=True, blank=True)
    ordered_at = models.DateTimeField()
    batch = models.UUIDField(null=True, blank=True)  # a mended line comes later than its order
    kind = models.CharField(max_length=12)  # sale, return, fee, adjustment
    sku = models.CharField(max_length=80)
    product_name = models.CharField(max_length=200, blank=True)
    quantity = models.IntegerField()
    unit_price = models.DecimalField(max_digits=18, decimal_places=4)
    amount = models.DecimalField(max_digits=18, decimal_places=4)
    was = models.JSONField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["customer_id", "-ordered_at"]),
            models.Index(fields=["sku", "ordered_at"]),
            models.Index(fields=["batch"]),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Product(models.Model):
    """What can be bought: code and the name last seen."""

    sku = models.CharField(max_length=80, primary_key=True)
    name = models.CharField(max_length=200, blank=True)
    last_price = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    last_sold_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.sku
