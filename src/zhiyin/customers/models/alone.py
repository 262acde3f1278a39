"""What an identifier is by itself: its number in the order of all, and who it would be alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models

from zhiyin.ids import uuid7


class NextNumber(models.Func):
    """The next of the numbers that order identifiers."""

    function = "nextval"
    template = "nextval('customers_identifier_number')"
    output_field = models.BigIntegerField()


class OwnCustomer(models.UUIDField):  # type: ignore[type-arg]
    """Who an identifier would be alone: where nobody says, the customer that it is made for, or
    somebody who is not there yet."""

    def pre_save(self, model_instance: models.Model, add: bool) -> object:
        if getattr(model_instance, self.attname) is None:
            made_for = getattr(model_instance, "customer_id", None)
            setattr(model_instance, self.attname, made_for or uuid7())
        return super().pre_save(model_instance, add)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.UUIDField", args, kwargs
