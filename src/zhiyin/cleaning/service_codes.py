"""Codes on an order line that are no goods: postage, fees, discounts, corrections, test products.

The list covers Online Retail's own codes and the words that shops commonly use.
"""

from __future__ import annotations

import re

FEE = "fee"
ADJUSTMENT = "adjustment"
TEST = "test"

_FEES = frozenset(
    [
        "POST",
        "DOT",
        "C2",
        "BANK CHARGES",
        "AMAZONFEE",
        "CRUK",
        "SHIPPING",
        "FREIGHT",
        "DELIVERY",
        "POSTAGE",
        "HANDLING",
        "FEE",
        "COD FEE",
        "运费",
        "邮费",
        "快递费",
        "手续费",
        "服务费",
        "包装费",
    ]
)
_ADJUSTMENTS = frozenset(
    [
        "D",
        "M",
        "S",
        "B",
        "PADS",
        "DISCOUNT",
        "ADJUST",
        "ADJUSTMENT",
        "MANUAL",
        "SAMPLE",
        "SAMPLES",
        "ROUNDING",
        "DEPOSIT",
        "折扣",
        "优惠",
        "优惠券",
        "抵扣",
        "调整",
        "补差价",
        "差价",
        "礼品卡",
        "样品",
    ]
)
_VOUCHER = re.compile(r"GIFT_\d+(_\d+)?|GIFT ?CARD|VOUCHER")
_TEST = re.compile(r"TEST[-_ ]?\d*|测试(商品)?\d*")


def service_kind(code: str) -> str | None:
    """fee, adjustment or test; None for goods."""
    word = code.strip().upper()
    if word in _FEES:
        return FEE
    if word in _ADJUSTMENTS or _VOUCHER.fullmatch(word):
        return ADJUSTMENT
    return TEST if _TEST.fullmatch(word) else None
