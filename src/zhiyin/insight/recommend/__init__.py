"""What to offer a customer next, why, and whether that is better than what everybody buys.

    from zhiyin.insight import recommend
    offers = recommend.fit(ratings, as_of, products=products).score(n=10)

`ratings` has customer_id, product_id, at and optionally weight; `products` and `people` may add
what is known of each. Below 20,000 products the model is EASE, above it implicit ALS; products that
nobody has bought yet inherit from the products most like them, people without a history from people
like them. Naive baseline: the most popular products that the customer does not have. Where the last
purchase of each customer is not found better than so, popularity is served, and the model says so.
"""

from zhiyin.insight.recommend.fitting import Settings, fit
from zhiyin.insight.recommend.interleaving import Preference, interleave, preferred
from zhiyin.insight.recommend.rules import Rules
from zhiyin.insight.recommend.serving import Recommender, Source, Suggestion

__all__ = [
    "Preference",
    "Recommender",
    "Rules",
    "Settings",
    "Source",
    "Suggestion",
    "fit",
    "interleave",
    "preferred",
]
