"""A list with a search and filters, and a form for each customer with its identifiers."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path

from zhiyin.accounts import seat
from zhiyin.customers.models import Customer, Identifier

seat.process_is_system("the admin has no gate that would say who asks")


class Site(admin.AdminSite):
    """Whoever is signed in may do everything: no rights are worked out."""

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated


class Open:
    """Every permission of a model, without asking."""

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return True

    has_add_permission = has_change_permission = has_view_permission
    has_delete_permission = has_module_permission = has_view_permission


class Identifiers(Open, admin.TabularInline):
    model = Identifier
    raw_id_fields = ("source",)
    extra = 0


class Customers(Open, admin.ModelAdmin):
    list_display = ("name", "phone", "tier", "city", "revenue", "value_12m", "churn_risk",
                    "last_order_at")  # fmt: skip
    list_filter = ("tier", "rfm_segment")
    list_per_page = 50
    ordering = ("-revenue", "id")
    search_fields = ("name", "email", "phone", "number")
    raw_id_fields = ("owner", "department", "company")
    inlines = (Identifiers,)


def health(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


site = Site()
site.register(Customer, Customers)
urlpatterns = [path("admin/", site.urls), path("healthz", health)]
