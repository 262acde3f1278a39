"""The rules by which single cells are mended, by name: what the report, a customer's field and a
query call them. Rules of whole rows and orders stand in `order_rules` and beside their cleaners.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import order_rules, places
from .report import Action, Rule, rejection_rule

NAME = Rule(
    "name_tidied",
    Action.MENDED,
    "姓名里有多余空格、全角字符、不可见字符或称谓：已整理，称谓另存。",
    "The name had stray spaces, full-width letters, invisible marks or a title: tidied; the title "
    "is kept beside it.",
)
NAME_JOINED = Rule(
    "name_joined",
    Action.MENDED,
    "姓和名分在两列：已合成一个姓名。",
    "Family and given name stood apart: joined to one name.",
)
PHONE = Rule(
    "phone_standard",
    Action.MENDED,
    "电话号码写法不一：已统一为国际格式（E.164）。",
    "The phone number was written in a local way: brought to international form (E.164).",
)
EMAIL = Rule(
    "email_standard",
    Action.MENDED,
    "邮箱有大写、空格或全角字符：已统一为小写。",
    "The e-mail address had capitals, spaces or full-width letters: brought to one form.",
)
TEXT = Rule(
    "text_tidied",
    Action.MENDED,
    "文字里有多余空格、全角字符或不可见字符：已整理。",
    "The text had stray spaces, full-width letters or invisible marks: tidied.",
)
NUMBER_DECIMAL = order_rules.REF_MENDED
WORD = Rule(
    "word_known",
    Action.MENDED,
    "性别、语言、是或否、货币的写法不一：已换成统一的代码。",
    "A gender, language, yes or no or currency was written in words: brought to its code.",
)
DATE = Rule(
    "date_read",
    Action.MENDED,
    "日期或时间不是标准写法：已按所选时区和日月顺序读出。",
    "The date or time was not in standard form: read by the chosen time zone and order of day and "
    "month.",
)
NUMERAL = Rule(
    "number_read",
    Action.MENDED,
    "数字带有货币符号、千分位或全角字符：已读成数字。",
    "The number had a currency sign, thousands separators or full-width digits: read as a number.",
)
TAGS = Rule(
    "tags_split",
    Action.MENDED,
    "标签写在一起：已按分隔符拆开，去掉重复。",
    "The tags stood in one text: split, each kept once.",
)
COMPANY = Rule(
    "company_tidied",
    Action.MENDED,
    "公司名称的写法不一：已统一。",
    "The company's name was written in a local way: brought to one form.",
)
SHORTENED = Rule(
    "text_shortened",
    Action.MENDED,
    "文字超出长度：已截短，原文另存。",
    "The text was longer than fits: shortened; the whole is kept as the original.",
)

RULES: Mapping[str, Rule] = {
    one.id: one
    for one in (
        NAME, NAME_JOINED, PHONE, EMAIL, TEXT, NUMBER_DECIMAL, WORD, DATE, NUMERAL, TAGS, COMPANY,
        SHORTENED, places.STANDARD, places.ADDED, order_rules.NAME_MENDED,
        order_rules.PRICE_ROUNDED, order_rules.AMOUNT_DIFFERS, order_rules.CONTACT_DROPPED,
        order_rules.REFUNDED, order_rules.DISCOUNTED, order_rules.HIDDEN,
    )
}  # fmt: skip


def words_of(rule: str) -> dict[str, str]:
    """What a rule says, in zh and en; of one that left a value out, why."""
    known = RULES.get(rule) or rejection_rule(rule)
    return {"zh": known.zh, "en": known.en}


def rule_of(field: str) -> Rule:
    """The rule by which a field of a person is read, where no other says so."""
    return _BY_FIELD.get(field, TEXT)


_BY_FIELD: Mapping[str, Rule] = {
    "name": NAME, "phone": PHONE, "email": EMAIL, "gender": WORD, "language": WORD,
    "birthday": DATE, "birth_date": DATE, "tags": TAGS, "company": COMPANY, "created_at": DATE,
    "ordered_at": DATE, "occurred_at": DATE, "currency": WORD, "quantity": NUMERAL,
    "unit_price": NUMERAL, "amount": NUMERAL, "consent_email": WORD, "consent_sms": WORD,
    "consent_profiling": WORD,
}  # fmt: skip
