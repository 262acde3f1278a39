"""The order exports of shops, as people download them: known by their headers, mapped at once.

Each `Shop` says which of its columns fill which field, which states of an order are no sale, and
where discounts and refunds stand. What a platform hides (masked buyers, numbers that forward calls)
is declared too: it identifies nobody. The rows are made ready by `shop_rows`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_SIGNS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Shop:
    """One export. Headers are compared without case, spaces and signs.

    `signs` must all be there; `columns` maps headers to fields of order lines. `state` is the
    column whose values in `unsold` (beginnings) are no sale: unpaid, closed, cancelled. `refund`
    and `discount` are columns with amounts to take off; where `refunded` says so by a word, all of
    the line is. An export with `lines_follow` leaves the order's own columns empty on its further
    lines. `masked` platforms hide who bought.
    """

    key: str
    zh: str
    en: str
    signs: tuple[str, ...]
    columns: Mapping[str, str]
    state: str = ""
    unsold: tuple[str, ...] = ()
    refund: str = ""
    discount: str = ""
    refunded: tuple[str, frozenset[str]] = ("", frozenset())
    lines_follow: bool = False
    masked: bool = True
    options: Mapping[str, object] = field(default_factory=dict)


def plain_header(header: str) -> str:
    """A header without case, spaces and signs, as headers are compared."""
    return _SIGNS.sub("", unicodedata.normalize("NFKC", header)).casefold()


_CLOSED = (
    "交易关闭",
    "已取消",
    "已关闭",
    "等待买家付款",
    "待付款",
    "待支付",
    "未付款",
    "未支付",
    "(删除)",
    "(锁定)",
)
_BACK = frozenset(["退款成功", "已全额退款", "全额退款成功", "已退款", "退款完成", "全额退款"])

SHOPS = (
    Shop(
        "taobao", "淘宝/天猫订单", "Taobao/Tmall orders",
        ("订单编号", "买家会员名", "宝贝标题"),
        {
            "订单编号": "order_number", "买家会员名": "customer_ref", "宝贝标题": "product_name",
            "宝贝总数量": "quantity", "买家实际支付金额": "amount",
            "买家实付金额": "amount", "联系手机": "phone", "订单创建时间": "ordered_at",
            "买家下单时间": "ordered_at", "订单付款时间": "ordered_at", "商家编码": "sku",
        },
        state="订单状态", unsold=_CLOSED, refund="退款金额",
    ),
    Shop(
        "taobao_lines", "淘宝/天猫宝贝明细", "Taobao/Tmall order lines",
        ("订单编号", "标题", "价格", "购买数量"),
        {
            "订单编号": "order_number", "标题": "product_name", "价格": "unit_price",
            "购买数量": "quantity", "商家编码": "sku", "外部系统编号": "sku",
            "订单创建时间": "ordered_at", "订单付款时间": "ordered_at",
            "买家实际支付金额": "amount",
        },
        state="订单状态", unsold=_CLOSED, refund="退款金额",
    ),
    Shop(
        "jd", "京东订单", "JD orders",
        ("订单号", "下单帐号", "订购数量"),
        {
            "订单号": "order_number", "下单帐号": "customer_ref", "商品id": "sku",
            "商品名称": "product_name", "订购数量": "quantity", "京东价": "unit_price",
            "应付金额": "amount", "结算金额": "amount", "下单时间": "ordered_at",
            "联系电话": "phone",
        },
        state="订单状态", unsold=(*_CLOSED, "锁定", "等待付款"),
    ),
    Shop(
        "douyin", "抖音小店订单", "Douyin shop orders",
        ("主订单编号", "子订单编号", "商品数量"),
        {
            "主订单编号": "order_number", "选购商品": "product_name", "商品名称": "product_name",
            "商家编码": "sku", "商品id": "sku", "商品数量": "quantity", "商品单价": "unit_price",
            "订单应付金额": "amount", "订单提交时间": "ordered_at", "支付完成时间": "ordered_at",
            "收件人手机号": "phone",
        },
        state="订单状态", unsold=_CLOSED, refunded=("售后状态", _BACK),
    ),
    Shop(
        "youzan", "有赞订单", "Youzan orders",
        ("订单号", "买家手机号", "商品名称"),
        {
            "订单号": "order_number", "商品名称": "product_name", "规格编码": "sku",
            "商品编码": "sku", "商品数量": "quantity", "商品单价": "unit_price",
            "商品实际成交金额": "amount", "商品金额合计": "amount", "买家手机号": "phone",
            "订单创建时间": "ordered_at", "买家付款时间": "ordered_at",
        },
        state="订单状态", unsold=_CLOSED, refund="商品已退款金额", refunded=("商品退款状态", _BACK),
    ),
    Shop(
        "shopify", "Shopify 订单", "Shopify orders",
        ("name", "financialstatus", "lineitemquantity", "lineitemname"),
        {
            "name": "order_number", "email": "email", "phone": "phone",
            "billingphone": "phone", "shippingphone": "phone",
            "createdat": "ordered_at", "lineitemsku": "sku", "lineitemname": "product_name",
            "lineitemquantity": "quantity", "lineitemprice": "unit_price", "currency": "currency",
            "billingcountry": "country", "shippingcountry": "country",
        },
        state="financialstatus", unsold=("pending", "voided", "expired", "authorized"),
        refund="refundedamount", discount="lineitemdiscount", lines_follow=True, masked=False,
    ),
    Shop(
        "woocommerce", "WooCommerce 订单", "WooCommerce orders",
        ("ordernumber", "orderstatus", "itemcost"),
        {
            "ordernumber": "order_number", "orderdate": "ordered_at",
            "emailbilling": "email", "phonebilling": "phone", "customeruserid": "customer_ref",
            "sku": "sku", "itemname": "product_name", "quantity": "quantity",
            "itemcost": "unit_price",
            "countrycodebilling": "country", "ordercurrency": "currency",
        },
        state="orderstatus",
        unsold=("pending", "cancelled", "canceled", "failed", "on-hold", "draft", "checkout-draft"),
        discount="discountamount", masked=False,
    ),
)  # fmt: skip
_BY_KEY = {shop.key: shop for shop in SHOPS}


def shop(key: str) -> Shop | None:
    """The shop of that key."""
    return _BY_KEY.get(key)


def recognised(headers: Sequence[str]) -> Shop | None:
    """The shop whose export has these headers; the one with the most signs where two fit."""
    there = {plain_header(header) for header in headers}
    fitting = [one for one in SHOPS if there.issuperset(one.signs)]
    return max(fitting, key=lambda one: len(one.signs), default=None)


def columns_of(one: Shop, headers: Sequence[str]) -> dict[str, str]:
    """Header → field; of headers that fill the same field, the one that the shop names first."""
    by_plain: dict[str, str] = {}
    for header in headers:
        by_plain.setdefault(plain_header(header), header)
    chosen: dict[str, str] = {}
    for plain, name in one.columns.items():
        if plain in by_plain and name not in chosen.values():
            chosen[by_plain[plain]] = name
    return chosen
