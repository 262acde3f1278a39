"""What identity says to people, in both languages: rules of links, and why something waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Words(NamedTuple):
    """A text in both languages."""

    zh: str
    en: str


# By `edges.Rule.name`, `guarded.Held` and `deciding.Why`.
SAID: Mapping[str, Words] = {
    "a person said so": Words("人工确认", "a person said so"),
    "one identity card": Words("身份证号相同", "one identity card"),
    "signed in": Words("登录", "signed in"),
    "seen together": Words("同一事件中出现", "seen together in one event"),
    "matched": Words("按概率匹配", "matched by probability"),
    "used by": Words("曾使用", "used by"),
    "kept apart": Words("已确认不是同一人", "kept apart"),
    "more of one kind than a person has": Words(
        "同类标识超过一个人能有的数量", "more of one kind than a person has"
    ),
    "more identifiers than a person has": Words(
        "标识总数超过一个人能有的数量", "more identifiers than a person has"
    ),
    "used by somebody else since": Words("之后由他人使用", "used by somebody else since"),
    "an identifier that many share": Words("许多人共用的标识", "an identifier that many share"),
    "likely, but not sure": Words("很可能，但不能确定", "likely, but not sure"),
    "the names do not prove it: perhaps one household": Words(
        "姓名不足以证明，可能是同一家庭", "the names do not prove it: perhaps one household"
    ),
    "two different identity cards": Words("身份证号不同", "two different identity cards"),
    "a better record of the same source is linked": Words(
        "同一来源已有更匹配的记录", "a better record of the same source is linked"
    ),
    "the only link between two groups": Words(
        "两组记录之间唯一的关联", "the only link between two groups"
    ),
    "more records than a person has": Words(
        "记录数超过一个人能有的数量", "more records than a person has"
    ),
}
