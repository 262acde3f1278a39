"""How this room forgets a customer: everything on and around the profile goes; orders stay without
the person, as the law on accounts wants, unless the erasure says that they go too.
"""

from __future__ import annotations

from collections.abc import Generator

from django.utils import timezone

from zhiyin.accounts.forgetting import Leaving, gone, kept_without, mentions, nobody, step
from zhiyin.customers import companies
from zhiyin.customers.models import Customer

_LINKED = "customer_id = any(%(customers)s) or identifier_id = any(%(identifiers)s)"
_THEIR_ORDERS = f"select id from customers_order where {_LINKED}"  # noqa: S608
_OF_ORDERS = f"customer_id = any(%(customers)s) or order_id in ({_THEIR_ORDERS})"
_BOOKS = "the company's books: what was sold for how much, not to whom"

gone("customers_customer", "id = any(%(customers)s)")
gone("customers_identifier", "customer_id = any(%(customers)s) or id = any(%(identifiers)s)")
gone("customers_link", _LINKED)
gone("customers_sourcerecord", _LINKED)
gone("customers_statement", "a_id = any(%(identifiers)s) or b_id = any(%(identifiers)s)")
gone("customers_ownprofile", "customer = any(%(customers)s) or place = any(%(customers)s)")
gone("customers_displaced", "home = any(%(customers)s) or place = any(%(customers)s)")
gone("customers_proposal", "customer_id = any(%(customers)s) or other_id = any(%(customers)s)")
gone("customers_joining", "customer_id = any(%(customers)s) or other = any(%(customers)s)")
for _table in ("giventag", "groupmember"):
    gone(f"customers_{_table}")
for _table in ("customersearch", "profilechange", "segmentmember", "task", "note", "score"):
    gone(f"customers_{_table}")
kept_without("customers_order", _LINKED, "customer_id = null, identifier_id = null, was = null",
             keeps="number kind currency", why=_BOOKS)  # fmt: skip
kept_without("customers_orderline", _OF_ORDERS, "customer_id = null",
             keeps="kind sku product_name was", why=_BOOKS)  # fmt: skip
mentions("customers_note", "text")
mentions("customers_task", "title")
mentions("customers_segment", "name tree")
mentions("customers_segmentversion", "tree")
mentions("customers_company", "text website custom")
mentions("customers_order", "was")
mentions("customers_tagrule", "tag")
nobody("customers_tagrule", "basis model", why="rules about everybody")
nobody("customers_group", "kind", why="who belongs to it stands in its members")
nobody("customers_survivorship", "field strategy missing default", why="rules of fields")
nobody("customers_sourcetrust", why="the order of sources")
nobody("customers_company", "number name industry size country province city tags grams",
       why="a company, and not the people who buy for it")  # fmt: skip
nobody("customers_product", "sku name", why="goods")
nobody("customers_modelversion", "name scorecard in_use path", why="figures over everybody")
nobody("customers_reached", "name", why="names of our own")


@step
def figures_of_companies(leaving: Leaving) -> Generator[None, None, int]:
    """Companies count their people anew."""
    found = Customer.objects.filter(pk__in=leaving.customers).exclude(company=None)
    employers = set(found.values_list("company_id", flat=True))
    yield
    companies.refresh(employers, at=timezone.now())
    return len(employers)
