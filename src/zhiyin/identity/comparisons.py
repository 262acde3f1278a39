"""How two records are compared, field by field: levels from "the same" down to "different".

A level's weight is learned from the data, how it is told apart is fixed here, and the same for
every source. Texts are compared as written only for being equal; everything fuzzy looks at sounds
and digits, which are ASCII (DuckDB's distances count bytes).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhiyin.identity.words import Words


@dataclass(frozen=True)
class Level:
    """One answer to "how alike": `sql` over columns `…_l` and `…_r`; the first that fits counts.

    term: the column in which a rare value weighs more than a common one.
    """

    key: str
    words: Words
    sql: str
    term: str | None = None


@dataclass(frozen=True)
class Field:
    """A thing that is known of people, its columns, and the levels of its likeness."""

    key: str
    words: Words
    columns: tuple[str, ...]
    unknown: str  # SQL: nothing can be said of this pair
    levels: tuple[Level, ...]

    def level(self, gamma: int) -> Level | None:
        """The level of a comparison vector's value; None for "not known"."""
        return None if gamma < 0 else self.levels[len(self.levels) - 1 - gamma]


def _same(*columns: str) -> str:
    return " and ".join(f'"{name}_l" = "{name}_r"' for name in columns)


def _off(column: str, most: int) -> str:
    """At most so many typing errors; a pair of neighbours in the wrong order is one."""
    return f'damerau_levenshtein("{column}_l", "{column}_r") <= {most}'


def _like(column: str, least: float) -> str:
    return f'jaro_winkler_similarity("{column}_l", "{column}_r") >= {least}'


def _missing(*columns: str) -> str:
    """Not one of these is known on both sides."""
    sides = (" or ".join(f'"{name}_{side}" is not null' for name in columns) for side in "lr")
    return " or ".join(f"not ({known})" for known in sides)


_DIFFERENT = Words("不同", "different")
_BOTH_LATIN = "latin_l = 'latin' and latin_r = 'latin'"


# One letter off in pinyin (xiaoming, xiaomin); two siblings 小明 and 小红 are two off. Longer
# names in Latin letters may be off by more, or cut short (Rob, Robert).
def _near(part: str) -> str:
    column = f"{part}_sound"
    short = f"length({column}_l) > 2 and length({column}_r) > 2"
    cut = f"starts_with({column}_l, {column}_r) or starts_with({column}_r, {column}_l)"
    return (
        f"({short} and ({_off(column, 1)} or {_BOTH_LATIN} and ({_like(column, 0.88)} or {cut})))"
    )


_ONE_HANZI = (
    "length(given_l) = 2 and length(given_r) = 2 and latin_l = 'hanzi' and latin_r = 'hanzi'"
    " and (given_l[1] = given_r[1] or given_l[2] = given_r[2])"
)
_NO_FAMILY = "(family_l is null or family_r is null)"
_NO_GIVEN = "(given_l is null or given_r is null)"
_CROSSED = "(given_sound_l = family_sound_r or family_sound_l = given_sound_r)"

NAME = Field(
    "name", Words("姓名", "Name"),
    ("name", "family", "given", "family_sound", "given_sound", "toned", "latin"),
    f"name_l is null or name_r is null or {_NO_FAMILY} and {_NO_GIVEN}"
    f" and not coalesce({_CROSSED}, false)",
    (
        Level("same", Words("姓名相同", "the same name"),
              f"{_same('name')} and given_l is not null and family_l is not null", "name"),
        Level("toned", Words("读音、声调都相同", "the same sound and tones"), _same("toned")),
        Level("sound", Words("读音相同", "the same sound"), _same("family_sound", "given_sound")),
        Level("swapped", Words("姓与名对调", "family and given name changed places"),
              # also 小明王, where the source does not say which part is which
              "family_sound_l || given_sound_l = given_sound_r || family_sound_r"
              " or given_sound_l || family_sound_l = family_sound_r || given_sound_r"),
        Level("given_near", Words("姓相同，名的读音只差一点", "the same family name, a given name that sounds almost the same"),
              f"{_same('family_sound')} and {_near('given')}"),
        Level("family_near", Words("名相同，姓的读音只差一点", "the same given name, a family name that sounds almost the same"),
              f"{_same('given_sound')} and {_near('family')}"),
        Level("both_near", Words("姓和名的读音都只差一点", "both names sound almost the same"),
              f"{_near('given')} and {_near('family')}"),
        Level("part_missing", Words("一部分相同，另一部分缺失", "one part the same, the other missing"),
              f"{_NO_GIVEN} and {_same('family_sound')} or {_NO_FAMILY} and {_same('given_sound')}"
              f" or {_NO_GIVEN} and {_NO_FAMILY} and {_CROSSED}"),
        Level("part_near", Words("一部分读音只差一点，另一部分缺失", "one part sounds almost the same, the other missing"),
              f"{_NO_GIVEN} and {_near('family')} or {_NO_FAMILY} and {_near('given')}"),
        Level("given_only", Words("名相同，姓不同", "the same given name, another family name"),
              _same("given_sound"), "given_sound"),
        Level("one_hanzi", Words("姓相同，名有一字相同", "the same family name, one hanzi of the given name"),
              f"{_same('family_sound')} and {_ONE_HANZI}"),
        Level("family_only", Words("只有姓相同", "only the same family name"),
              _same("family_sound"), "family_sound"),
        Level("part_differs", Words("一部分不同，另一部分缺失", "one part differs, the other is missing"),
              f"{_NO_GIVEN} or {_NO_FAMILY}"),
        Level("different", _DIFFERENT, "else"),
    ),
)  # fmt: skip
PHONE = Field(
    "phone", Words("电话", "Phone"), ("phone", "phone_ends"),
    _missing("phone", "phone_ends"),
    (
        Level("same", Words("号码相同", "the same number"), _same("phone")),
        Level("ends", Words("一方打码，前三位和后四位相同", "one is masked; the first three and last four digits are the same"),
              f"(phone_l is null or phone_r is null) and {_same('phone_ends')}"),
        Level("one_off", Words("只差一位", "one digit off"), _off("phone", 1)),
        Level("different", _DIFFERENT, "else"),
    ),
)  # fmt: skip
EMAIL = Field(
    "email", Words("邮箱", "E-mail"), ("email", "email_local"),
    _missing("email"),
    (
        Level("same", Words("地址相同", "the same address"), _same("email")),
        Level("local", Words("@ 之前相同", "the same before the @"), _same("email_local")),
        Level("near", Words("@ 之前只差一个字符", "one character off before the @"),
              f"{_off('email_local', 1)} and length(email_local_l) > 4"),
        Level("different", _DIFFERENT, "else"),
    ),
)  # fmt: skip
_DAY_FOR_MONTH = (
    "birth_date_l = left(birth_date_r, 5) || right(birth_date_r, 2) || '-'"
    " || substr(birth_date_r, 6, 2)"
)
BIRTH = Field(
    "birth_date", Words("出生日期", "Birth date"), ("birth_date",),
    _missing("birth_date"),
    (
        Level("same", Words("日期相同", "the same day"), _same("birth_date"), "birth_date"),
        Level("one_off", Words("只差一位，或月与日对调", "one digit off, or day and month changed places"),
              f"{_off('birth_date', 1)} or {_DAY_FOR_MONTH}"),
        Level("two_off", Words("差两位", "two digits off"), _off("birth_date", 2)),
        Level("different", _DIFFERENT, "else"),
    ),
)  # fmt: skip
OFFICIAL = Field(
    "official_number", Words("证件号码", "Official number"), ("official_number", "card"),
    _missing("official_number"),
    (
        Level("same", Words("号码相同", "the same number"), _same("official_number")),
        Level("other_card", Words("两张校验无误的身份证，号码不同", "two identity cards, both with the right check digit"),
              "card_l <> card_r"),
        Level("one_off", Words("只差一位", "one digit off"), _off("official_number", 1)),
        Level("two_off", Words("差两位", "two digits off"), _off("official_number", 2)),
        Level("different", _DIFFERENT, "else"),
    ),
)  # fmt: skip
_ROAD_NEAR = (
    f"({_off('road_sound', 2)} and length(road_sound_l) > 5 or {_like('road_sound', 0.92)})"
)
# Road and place are one field: who lives on the same road lives in the same town, and who moved
# changed both. As two fields each would be counted twice.
ADDRESS = Field(
    "address", Words("地址", "Address"),
    ("road", "road_sound", "numbers", "house", "district", "district_sound", "postcode", "city",
     "city_sound", "province"),
    _missing("road", "district", "postcode", "city"),
    (
        Level("same", Words("地区、路名和门牌、楼、室都相同", "the same place, road, house and room"),
              f"{_same('road_sound', 'numbers')} and ({_same('district_sound')} or {_same('postcode')})"),
        Level("same_road", Words("路名和门牌、楼、室都相同", "the same road, house and room"),
              _same("road_sound", "numbers")),
        Level("road_near", Words("路名只差一点，门牌、楼、室都相同", "a road that sounds almost the same, the same house and room"),
              f"{_ROAD_NEAR} and {_same('numbers')}"),
        Level("house", Words("路名相同或只差一点，门牌相同", "the same road or almost, the same house"),
              f"{_ROAD_NEAR} and {_same('house')}"),
        Level("road", Words("路名相同或只差一点，区县或邮编相同，门牌不同", "the same road or almost in the same district, another house"),
              f"{_ROAD_NEAR} and ({_same('district_sound')} or {_same('postcode')})"),
        Level("place", Words("区县和邮编都相同", "the same district and postcode"),
              _same("district_sound", "postcode"), "postcode"),
        Level("district", Words("区县或邮编相同", "the same district or postcode"),
              f"{_same('district_sound')} or {_same('postcode')}"),
        Level("place_near", Words("区县或邮编只差一点", "a district or postcode that is almost the same"),
              f"{_like('district_sound', 0.92)} or {_off('postcode', 1)}"),
        Level("city", Words("城市相同", "the same city"), _same("city_sound"), "city_sound"),
        Level("city_near", Words("城市只差一点", "a city that is almost the same"), _like("city_sound", 0.9)),
        Level("different", _DIFFERENT, "else"),
    ),
)  # fmt: skip
FIELDS: Mapping[str, Field] = {
    field.key: field for field in (NAME, PHONE, EMAIL, BIRTH, OFFICIAL, ADDRESS)
}

Comparison = dict[str, str | list[dict[str, str | bool | float]]]


def comparison(field: Field) -> Comparison:
    """The field in Splink's own words."""
    levels: list[dict[str, str | bool | float]] = [
        {"sql_condition": field.unknown, "label_for_charts": "unknown", "is_null_level": True}
    ]
    for level in field.levels:
        condition = "ELSE" if level.sql == "else" else level.sql
        one: dict[str, str | bool | float] = {
            "sql_condition": condition, "label_for_charts": level.key,
        }  # fmt: skip
        if level.term is not None:
            # The level's own u stands for "this column is equal and nothing stronger holds".
            one |= {
                "tf_adjustment_column": level.term,
                "tf_adjustment_weight": 1.0,
                "disable_tf_exact_match_detection": True,
            }
        levels.append(one)
    return {"output_column_name": field.key, "comparison_levels": levels}


def terms(fields: Sequence[str]) -> list[str]:
    """The columns of these fields of which the frequency of values is needed."""
    return sorted({level.term for key in fields for level in FIELDS[key].levels if level.term})
