"""Names of companies: tidied for showing, and taken apart for finding the same company again.

「北京知音科技有限公司」, 「知音科技（北京）有限公司」 and 「知音科技」 share their core;
a branch is told from its company. Western forms (Ltd., GmbH, S.A.) are taken off likewise.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .divisions import Division, at_start
from .simplified import to_simplified
from .words import limited, tidy

NAME_LIMIT = 200
_FORMS = re.compile(
    r"(?:股份有限责任公司|股份有限公司|有限责任公司|集团有限公司|有限公司|股份公司|集团公司|总公司|公司|集团"
    r"|合伙企业\(?(?:有限合伙|普通合伙|特殊普通合伙)?\)?|\((?:有限合伙|普通合伙|特殊普通合伙|集团|股份)\)"
    r"|个体工商户|\(个体工商户\)|个人独资企业|专业合作社|合作社|株式会社|有限会社)$"
)
_WESTERN = re.compile(
    r"[\s,]+(?:(?:company|co|pte|pty|sdn|pvt|private)\.?,?\s+)?"
    r"(?:ltd|limited|inc|incorporated|llc|llp|lp|plc|corp|corporation|company|co|gmbh(?:\s*&\s*co\.?\s*kg)?|ag|kg|ug"
    r"|s\.?a\.?r?\.?l?\.?|s\.?a\.?s\.?|s\.?p\.?a\.?|s\.?r\.?l\.?|b\.?v\.?|n\.?v\.?|oy|ab|aps|a/s|as|bhd)\.?$",
    re.I,
)
_BRANCH = re.compile(
    r"(?:(?<=公司)[一-鿿]{0,8}|[^公司\W]{2,3})(?:分公司|分店|办事处|代表处|营业部|门店)$"
)
_BRACKETS = str.maketrans("（）【】［］", "()()()")
_IN_BRACKETS = re.compile(r"\(([^()]*)\)")
_HAN = re.compile(r"[一-鿿]")
_SIGNS = re.compile(r"[\W_]+")


class Company(NamedTuple):
    """`name` to show; `core`, `region` (a GB/T 2260 code), `form` and `branch` to compare."""

    name: str
    core: str
    region: str = ""
    form: str = ""
    branch: str = ""


def parse_company(text: str) -> Company:
    """Take a company's name apart; what cannot be told stays in the core."""
    plain = limited(tidy(text), NAME_LIMIT).translate(_BRACKETS)
    if not _HAN.search(plain):
        return _western(plain)
    name = plain.replace("(", "（").replace(")", "）").replace(" ", "")
    behind = to_simplified(plain).replace(" ", "")
    behind, branch = _cut(_BRANCH, behind)
    behind, form = _cut(_FORMS, behind)
    behind, inner = _region_in_brackets(behind)
    behind, before = _region_before(behind)
    region = inner or before
    core = _SIGNS.sub("", behind).casefold()
    return Company(name, core, region.code if region else "", form, branch)


def company_name(text: str) -> str:
    """The name as it is shown: tidied, with the brackets of its script."""
    return parse_company(text).name


def _western(plain: str) -> Company:
    match = _WESTERN.search(plain)
    core = plain[: match.start()] if match else plain
    form = match[0].strip(" ,") if match else ""
    return Company(plain, _SIGNS.sub(" ", core).strip().casefold(), form=form)


def _cut(pattern: re.Pattern[str], text: str) -> tuple[str, str]:
    """Off the end, but never all of it."""
    match = pattern.search(text)
    if not match or match.start() < 2:
        return text, ""
    return text[: match.start()], match[0]


def _region_in_brackets(text: str) -> tuple[str, Division | None]:
    for match in _IN_BRACKETS.finditer(text):
        found = at_start(match[1])
        if found and found.length == len(match[1]):
            return text[: match.start()] + text[match.end() :], found.meant[0].division
    return text, None


def _region_before(text: str) -> tuple[str, Division | None]:
    """浙江省杭州市 in front of the name; two letters at least must be left."""
    region: Division | None = None
    while (found := at_start(text, within=region)) and len(text) - found.length >= 2:
        if len(found.meant) > 1:
            break
        region, text = found.meant[0].division, text[found.length :]
    return text, region
