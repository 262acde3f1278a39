"""Names and short words: one way to write each, without changing what the person is called.

HTML, emoji and rare hanzi in a name are text and stay; they are escaped where they are shown.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from .errors import BadValue

# Full-width ASCII and the ideographic space. NFKC would also rewrite ligatures, circled numbers
# and compatibility hanzi that people carry in their names, so only these are folded.
_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
MASK_SIGN = "[*＊•●]"  # what platforms put where they hide a letter
# Invisible marks that copy and paste leaves behind. U+200D stays: it joins emoji.
INVISIBLE = dict.fromkeys([0x200B, 0x200C, 0x200E, 0x200F, 0x2060, 0xFEFF, 0x00AD])
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SPACES = re.compile(r"\s+")
_MISSING = frozenset(
    """
    - -- — / null none nan n/a na #n/a \\n nil 无 空 未填写 未知 暂无 unknown unspecified
    """.split()  # noqa: SIM905 (a list that people read and extend)
) | {""}
_TITLE_FRONT = re.compile(r"(mr|mrs|ms|miss|mx|dr|prof|sir|madam)(?:\.\s*|\s+)(?=\S)", re.I)
_TITLE_BACK = re.compile(r"\s*(先生|女士|小姐|太太|老师|教授|博士|医生|同志)$")
_SPACED_HANZI = re.compile(r"[㐀-䶿一-鿿]{1,4}(?: [㐀-䶿一-鿿]{1,3}){1,3}")
_YES = frozenset(
    """
    1 y yes true t on ok agree agreed accept accepted opt-in optin subscribed subscribe consented
    granted 是 对 有 真 同意 已同意 接受 允许 授权 已授权 订阅 已订阅 愿意 √ ✓
    """.split()  # noqa: SIM905
)
_NO = frozenset(
    """
    0 n no false f off disagree declined decline refused opt-out optout unsubscribed unsubscribe
    withdrawn denied 否 不 无 假 不同意 拒绝 已拒绝 不允许 未授权 退订 已退订 未订阅 不愿意 × ✗
    """.split()  # noqa: SIM905
)
_GENDERS = {
    "male": ["m", "male", "man", "男", "男性", "男士", "先生", "mr"],
    "female": ["f", "female", "woman", "女", "女性", "女士", "小姐", "太太", "mrs", "ms", "miss"],
    "other": ["x", "other", "non-binary", "nonbinary", "diverse", "其他", "非二元"],
}
_LANGUAGES = {
    "zh-hans": [
        "zh",
        "zh-cn",
        "zh-hans",
        "zh_cn",
        "chinese",
        "cn",
        "中文",
        "简体",
        "简体中文",
        "汉语",
        "普通话",
    ],
    "zh-hant": [
        "zh-tw",
        "zh-hk",
        "zh-hant",
        "zh_tw",
        "zh_hk",
        "繁体",
        "繁體",
        "繁体中文",
        "繁體中文",
    ],
    "en": ["en", "en-us", "en-gb", "en_us", "en_gb", "eng", "english", "英文", "英语"],
}
NAME_LIMIT = 200


class Name(NamedTuple):
    """A person's name as written, and the title that stood beside it."""

    text: str
    title: str | None


def tidy(text: str) -> str:
    """NFC, full-width letters to half, one space between words, no invisible marks."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    folded = unicodedata.normalize("NFC", text).translate(_HALF).translate(INVISIBLE)
    return _SPACES.sub(" ", _CONTROL.sub("", folded)).strip()


def is_missing(text: str | None) -> bool:
    """Whether a cell says that nothing is known (empty, NULL, N/A, 未填写 …)."""
    return text is None or text.strip().casefold() in _MISSING


def parse_name(text: str) -> Name:
    """A person's name; a title is taken off unless only a surname would be left (王先生)."""
    name = tidy(text)
    title: str | None = None
    if match := _TITLE_FRONT.match(name):
        title, name = match[1].lower(), name[match.end() :]
    elif (match := _TITLE_BACK.search(name)) and match.start() >= 2:
        title, name = match[1], name[: match.start()]
    if _SPACED_HANZI.fullmatch(name):  # 张　伟 is set so in forms; 張·伟 and Ann Lee stay
        name = name.replace(" ", "")
    if not name:
        raise BadValue("name_empty", "姓名里没有可见的字符", "the name has no visible character")
    return Name(limited(name, NAME_LIMIT), title)


def limited(text: str, limit: int) -> str:
    """`text`, refused when it is longer than `limit` characters (never cut in silence)."""
    if len(text) > limit:
        raise BadValue(
            "text_too_long",
            f"文字有 {len(text):,} 个字符，最多 {limit} 个",
            f"the text has {len(text):,} characters; at most {limit} are allowed",
        )
    return text


def parse_yes_no(text: str) -> bool:
    """Yes or no, also as consent: 同意, 退订, opt-in … Silence is never consent: see caller."""
    word = tidy(text).casefold().removesuffix(".0")
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise BadValue(
        "yes_no_unreadable",
        f"“{text[:20]}”看不出是“是”还是“否”",
        f"“{text[:20]}” is neither a yes nor a no that we know",
    )


def parse_gender(text: str) -> str:
    """male, female or other."""
    return _choose(text, _GENDERS, "gender_unknown", "性别", "gender")


def parse_language(text: str) -> str:
    """The language somebody wants to be written to: zh-hans, zh-hant, en, or a short BCP 47 tag."""
    word = tidy(text).casefold()
    if re.fullmatch(r"[a-z]{2}(-[a-z]{2,4})?", word) and not word.startswith(("zh", "en", "cn")):
        return word
    return _choose(text, _LANGUAGES, "language_unknown", "语言", "language")


def _choose(text: str, words: dict[str, list[str]], code: str, zh: str, en: str) -> str:
    word = tidy(text).casefold().rstrip(".")
    for value, known in words.items():
        if word == value or word in known:
            return value
    raise BadValue(code, f"无法识别的{zh}“{text[:20]}”", f"“{text[:20]}” is no {en} that we know")
