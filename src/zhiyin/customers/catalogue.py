"""What a segment rule may speak of in this workspace."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings

from zhiyin.accounts import access, seat
from zhiyin.accounts.access import Level
from zhiyin.accounts.models import User
from zhiyin.collect.models import Event
from zhiyin.customers import words
from zhiyin.customers.models import Segment
from zhiyin.objects import levels as seen
from zhiyin.objects.custom import asked
from zhiyin.objects.definitions import object_type
from zhiyin.segments import Catalogue, Field, Kind

Text = Mapping[str, str]

_FIELDS = (
    Field("tier", Kind.CHOICE, {"zh": "会员等级", "en": "Tier"}, "tier", words.TIERS,
          phrase={"zh": "{value}会员", "en": "who are {value} members"}),
    Field("rfm_segment", Kind.CHOICE, {"zh": "RFM 分组", "en": "RFM segment"}, "rfm_segment",
          words.RFM_SEGMENTS),
    Field("churn_risk", Kind.NUMBER, {"zh": "流失风险", "en": "Churn risk"}, "churn_risk",
          percent=True),
    Field("value_12m", Kind.MONEY, {"zh": "未来 12 个月价值", "en": "12-month value"}, "value_12m"),
    Field("orders", Kind.NUMBER, {"zh": "订单数", "en": "Orders"}, "orders"),
    Field("revenue", Kind.MONEY, {"zh": "累计消费", "en": "Revenue"}, "revenue"),
    Field("first_order_at", Kind.DATE, {"zh": "首购", "en": "First order"}, "first_order_at",
          has_time=True),
    Field("last_order_at", Kind.DATE, {"zh": "最近购买", "en": "Last order"}, "last_order_at",
          has_time=True),
    Field("last_seen_at", Kind.DATE, {"zh": "最近出现", "en": "Last seen"}, "last_seen_at",
          has_time=True),
    Field("next_purchase_probability", Kind.NUMBER,
          {"zh": "再买概率", "en": "Chance of another purchase"}, "next_purchase_probability",
          percent=True),
    Field("name", Kind.TEXT, {"zh": "姓名", "en": "Name"}, "name"),
    Field("gender", Kind.CHOICE, {"zh": "性别", "en": "Gender"}, "gender",
          {"female": {"zh": "女", "en": "female"}, "male": {"zh": "男", "en": "male"}}),
    Field("birth_date", Kind.DATE, {"zh": "生日", "en": "Birthday"}, "birth_date"),
    Field("language", Kind.CHOICE, {"zh": "语言", "en": "Language"}, "language",
          {"zh": {"zh": "中文", "en": "Chinese"}, "en": {"zh": "英文", "en": "English"}}),
    Field("country", Kind.TEXT, {"zh": "国家", "en": "Country"}, "country"),
    Field("province", Kind.TEXT, {"zh": "省份", "en": "Province"}, "province"),
    Field("city", Kind.TEXT, {"zh": "城市", "en": "City"}, "city"),
    Field("tags", Kind.TAGS, {"zh": "标签", "en": "Tags"}, "tags"),
)  # fmt: skip

CHANNELS: Mapping[str, Text] = {
    "email": {"zh": "邮件", "en": "e-mail"},
    "sms": {"zh": "短信", "en": "SMS"},
    "wechat": {"zh": "微信", "en": "WeChat"},
    "none": {"zh": "画像", "en": "profiling"},
}
PURPOSES: Mapping[str, Text] = {
    "marketing": {"zh": "营销", "en": "marketing"},
    "service": {"zh": "服务", "en": "service"},
    "profiling": {"zh": "画像", "en": "profiling"},
}
EVENTS: Mapping[str, Text] = {
    "Page Viewed": {"zh": "浏览页面", "en": "viewed a page"},
    "Product Viewed": {"zh": "看商品", "en": "viewed a product"},
    "Product Added": {"zh": "加入购物车", "en": "added to the cart"},
    "Checkout Started": {"zh": "开始结账", "en": "started a checkout"},
    "Return Policy Viewed": {"zh": "看退货说明", "en": "read the return policy"},
    "Ticket Opened": {"zh": "联系客服", "en": "contacted service"},
    "Complaint Raised": {"zh": "投诉", "en": "complained"},
    "Ticket Closed": {"zh": "工单结束", "en": "had a ticket closed"},
    "Message Received": {"zh": "给客服留言", "en": "wrote to service"},
    "Message Sent": {"zh": "收到客服回复", "en": "was answered by service"},
    "Product Reviewed": {"zh": "写评价", "en": "wrote a review"},
    "Email Sent": {"zh": "收到邮件", "en": "was sent an e-mail"},
}
_LEVEL_NAMES = {"next_purchase_probability": "next_purchase"}


def current(user: User | None = None) -> Catalogue:
    """The catalogue of today; for a user, fields that they may not read cannot be used."""
    levels = access.levels(user, "customer") if user is not None else None
    personas = words.personas()
    fields = [*_FIELDS]
    own = _own_fields(user)
    if personas:
        fields.insert(
            2, Field("persona", Kind.CHOICE, {"zh": "客群", "en": "Persona"}, "persona", personas)
        )
    return Catalogue(
        fields={f.name: _for(f, levels) for f in fields} | {f.name: f for f in own},
        channels=CHANNELS,
        purposes=PURPOSES,
        events=_events(),
        segments={
            str(id_): name
            for id_, name in Segment.objects.filter(archived_at=None).values_list("id", "name")
        },
        currency=settings.CURRENCY,
    )


def _for(one: Field, levels: Mapping[str, Level] | None) -> Field:
    if levels is None:
        return one
    level = levels.get(_LEVEL_NAMES.get(one.name, one.name), Level.HIDDEN)
    usable = level >= Level.READ
    return one if usable else Field(**{**vars(one), "usable": False})


def _own_fields(user: User | None) -> list[Field]:
    """The fields that the company added to customers, in SQL over the row `c`."""
    of = object_type("customer")
    may = None if user is None else seen.everywhere(user, of)
    found = []
    for one in asked.askable(of, "c"):
        usable = may is None or may.get(one.key, Level.HIDDEN) >= Level.READ
        found.append(
            Field(one.key, Kind(one.kind), one.label, "custom", one.choices, usable=usable,
                  has_time=one.has_time, expression=one.sql, params=one.params)
        )  # fmt: skip
    return found


@seat.system("the names of events; of nobody's in particular")
def _events() -> dict[str, Text]:
    """Known event names with their words; others that came in under their own name."""
    seen = Event.objects.order_by().values_list("name", flat=True).distinct()[:200]
    found: dict[str, Text] = dict(EVENTS)
    for name in sorted(set(seen)):
        if name not in found and name not in (
            "Order Completed",
            "Order Refunded",
            "Profile Updated",
        ):
            found[name] = {"zh": name, "en": name}
    return found
