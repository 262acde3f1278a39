"""What may be offered to whom: stock, what was just bought, what never, and people's own choice.

Rules take away; one gives: places kept for new products, which no history can bring up. A person
who has switched personal offers off (PIPL, article 24) gets what is popular, which uses nothing of
his.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Rules:
    """`None` means that there is no such rule.

    `again_after`: what the customer has may be offered again when its last purchase is longer ago;
    without it, never. `may_contact`: the customers whose consent covers offers; others get none.
    `new_places`: so many last places are kept for products that nobody has yet, the likest first.
    """

    in_stock: frozenset[str] | None = None
    never: frozenset[str] = frozenset()
    again_after: timedelta | None = None
    may_contact: frozenset[str] | None = None
    not_personalised: frozenset[str] = frozenset()
    new_places: int = 0

    def allows(self, product: str) -> bool:
        return product not in self.never and (self.in_stock is None or product in self.in_stock)

    def may_receive(self, customer: str) -> bool:
        return self.may_contact is None or customer in self.may_contact


NO_RULES = Rules()
