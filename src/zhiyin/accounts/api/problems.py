"""How the API says no: application/problem+json (RFC 9457), each sentence in both languages.

`title` and `detail` are in the reader's language, as RFC 9457 asks; `texts` holds both, so that a
program can show either; `errors` names the fields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import get_language, override
from ninja import Field, Schema

Text = Mapping[str, str]
T = TypeVar("T")
MEDIA_TYPE = "application/problem+json"
LOCALES = {"zh": "zh-hans", "en": "en"}

TITLES: Mapping[int, tuple[str, Text]] = {
    400: ("unreadable", {"zh": "请求无法读取", "en": "The request cannot be read"}),
    401: ("sign-in", {"zh": "请先登录", "en": "Sign in first"}),
    403: ("forbidden", {"zh": "没有权限", "en": "Not allowed"}),
    404: ("missing", {"zh": "没有找到", "en": "Not found"}),
    405: ("method", {"zh": "不支持这个方法", "en": "The method does not exist here"}),
    409: ("conflict", {"zh": "与当前状态冲突", "en": "In conflict with the present state"}),
    410: ("over", {"zh": "已经失效", "en": "It is over"}),
    412: ("changed", {"zh": "已被修改", "en": "Changed meanwhile"}),
    413: ("too-large", {"zh": "文件太大", "en": "The file is too large"}),
    422: ("invalid", {"zh": "有内容不合要求", "en": "Some values cannot be used"}),
    429: ("too-many", {"zh": "请求太频繁", "en": "Too many requests"}),
    500: ("failure", {"zh": "服务器出错了", "en": "Something went wrong on the server"}),
    503: ("too-slow", {"zh": "查询时间过长", "en": "The question takes too long"}),
}


@dataclass(frozen=True)
class Fault:
    """What is wrong with one field."""

    field: str
    text: Text


class Problem(Exception):  # noqa: N818  (RFC 9457's own word)
    """A refusal that the API answers; `detail` tells the caller what to do about it."""

    def __init__(
        self, status: int, detail: Text | None = None, faults: Iterable[Fault] = ()
    ) -> None:
        self.status = status
        self.faults = tuple(faults)
        self.key, self.title = TITLES.get(status, TITLES[400 if status < 500 else 500])
        self.detail: Text = detail or _listed(self.faults) or self.title
        super().__init__(self.detail["en"])


def _listed(faults: tuple[Fault, ...]) -> Text | None:
    if not faults:
        return None
    return {
        "zh": "；".join(f"{one.field}：{one.text['zh']}" for one in faults[:5]),
        "en": "; ".join(f"{one.field}: {one.text['en']}" for one in faults[:5]),
    }


class ProblemTexts(Schema):
    """Title and detail in one language."""

    title: str
    detail: str


class BothTexts(Schema):
    """Both languages."""

    zh: ProblemTexts
    en: ProblemTexts


class FieldProblem(Schema):
    """What is wrong with one field, in both languages."""

    field: str = Field(description="The field, with dots into nested ones.", examples=["email"])
    zh: str = Field(examples=["邮箱格式不对"])
    en: str = Field(examples=["This is no e-mail address"])


class ProblemOut(Schema):
    """A refusal (RFC 9457)."""

    type: str = Field(
        description="Names the kind of problem; stable, made for programs.",
        examples=["urn:zhiyin:problem:invalid"],
    )
    title: str = Field(description="The kind in the reader's language.")
    status: int = Field(description="The HTTP status again.", examples=[422])
    detail: str = Field(description="What happened here, in the reader's language.")
    texts: BothTexts = Field(description="Title and detail in both languages.")
    errors: list[FieldProblem] = Field(description="The fields at fault; may be empty.")


def told(problem: Problem) -> dict[str, object]:
    """The problem as it stands in an answer."""
    reader = "zh" if (get_language() or "zh").startswith("zh") else "en"
    return {
        "type": f"urn:zhiyin:problem:{problem.key}",
        "title": problem.title[reader],
        "status": problem.status,
        "detail": problem.detail[reader],
        "texts": {
            tongue: {"title": problem.title[tongue], "detail": problem.detail[tongue]}
            for tongue in LOCALES
        },
        "errors": [{"field": one.field, **one.text} for one in problem.faults],
    }


def answer(problem: Problem) -> HttpResponse:
    """The problem as a response."""
    return HttpResponse(
        msgspec.json.encode(told(problem)), status=problem.status, content_type=MEDIA_TYPE
    )


def in_both(text: str | Promise) -> Text:
    """A lazily translated sentence in both languages."""
    told = {}
    for tongue, locale in LOCALES.items():
        with override(locale):
            told[tongue] = str(text)
    return told


def or_invalid(field: str, do: Callable[[], T], *errors: type[Exception]) -> T:
    """Do it; where one of `errors` is raised, that is a 422 about `field` in both languages.

    Services tell their reasons in the reader's language, so a refused deed, which left nothing
    behind, is tried once more in the other one.
    """
    told: dict[str, str] = {}
    for tongue, locale in LOCALES.items():
        with override(locale):
            try:
                return do()
            except errors as error:
                told[tongue] = str(error)
    raise Problem(422, faults=[Fault(field, told)])
