"""Every number that the simulated channels are made from, in one place.

What a later test finds in the data is held against these figures. Shares are between 0 and 1;
times are in days unless the name says otherwise.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Parameters:
    """How the people around the real orders live, browse, complain and answer an offer."""

    # people
    chinese_share: float = 0.60  # people with a Chinese name, who live in China in the simulation
    minority_share: float = 0.012  # of the Chinese names: a transcribed name with a middle dot
    double_surname_share: float = 0.015  # of the Chinese names: 欧阳, 司马 …
    rare_hanzi_share: float = 0.02  # of the Chinese names: a given name that old fonts lack
    email_share: float = 0.96
    mobile_share: float = 0.72
    birthday_share: float = 0.78
    gender_share: float = 0.88  # people who told their gender
    consent_email_share: float = 0.88
    consent_sms_share: float = 0.55
    consent_profiling_share: float = 0.80
    second_account_share: float = 0.015  # customers who are another customer's second account
    household_share: float = 0.01  # customers who share a mobile with someone else at home

    # devices and visits
    device_known_share: float = 0.62  # profiles that name the app device
    second_device_share: float = 0.45
    dense_days: int = 120  # the last days, with every order's visit and many without an order
    sparse_visit_share: float = 0.12  # orders before these days whose visit is still on record
    browse_only_visits_per_100_days: float = 4.5
    cart_share: float = 0.28  # browse-only visits that fill a cart and leave it
    signed_in_share: float = 0.55  # visits before an order that carry the customer's sign-in
    anonymous_devices_per_customer: float = 0.35  # visitors who never say who they are

    # shops
    card_share: float = 0.22  # online customers who also shop with a member card
    shop_only_per_customer: float = 0.20  # members the web shop does not know
    card_written_share: float = 0.45  # of the card holders: the online profile names the card
    receipts_per_member: float = 3.0

    # voices
    reviews_per_customer: float = 1.3
    tickets_per_customer: float = 0.45
    complaint_share: float = 0.30  # of the tickets

    # planted path: a complaint, then the return policy, within `path_days`
    path_share: float = 0.06  # of the customers at risk at each anchor
    path_relative_risk: float = 2.0  # P(no purchase | path) / P(no purchase | no path)
    path_days: int = 7
    path_outcome_days: int = 90  # a customer who buys nothing for so long has left
    path_at_risk_days: int = 120  # at risk: bought within these days before the anchor
    path_anchors: int = 8  # one anchor every 30 days, back from the end

    # planted campaign: a win-back with two offers and a hold-out group
    campaign_days_before_end: int = 60
    campaign_lapsed_days: int = 75
    campaign_hold_out: float = 0.10
    campaign_outcome_days: int = 30
    campaign_bounce_share: float = 0.012
    # added chance to buy again, by what the customer used to spend on an order and by offer
    lift_small_basket_discount: float = 0.05
    lift_small_basket_free_delivery: float = 0.17
    lift_large_basket_discount: float = 0.17
    lift_large_basket_free_delivery: float = 0.05
    campaign_cost_per_message: str = "0.05"  # GBP
    campaign_cost_per_order: str = "3.00"  # GBP: the offer itself, for each treated order


DEFAULT = Parameters()
DEMO_SEED = 2024
"""The seed of the shipped demo; the counts in `examples/simulated/README.md` are its counts."""
