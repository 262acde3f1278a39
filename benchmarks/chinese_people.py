"""Chinese customers as four systems know them, with the truth of who is who.

Households with one address, a common surname and sometimes one phone; people with one to four
records; and in the records what is found in life: homophones, surnames read as they are, masks,
traditional letters, address variants, typing errors, gaps. All rates stand in `Rates`, and
docs/identity.md lists them. The homophones come from a table written by hand and not from the
dictionary with which names are read, so that generator and matcher do not share their errors.
Names are fewer than in life (60 surnames), which makes it harder. Nobody real is meant.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import pyarrow as pa
from opencc import OpenCC

from zhiyin.demo.names import (
    DOUBLE_SURNAMES,
    FIRST_MEN,
    FIRST_WOMEN,
    GIVEN_MEN,
    GIVEN_RARE,
    GIVEN_WOMEN,
    SECOND_MEN,
    SECOND_WOMEN,
    SURNAMES,
)


@dataclass(frozen=True)
class Rates:
    """How often each thing is so; of the variants of one field at most one happens."""

    records: tuple[float, ...] = (0.45, 0.35, 0.15, 0.05)  # people with 1, 2, 3, 4 records
    household: tuple[float, ...] = (0.45, 0.25, 0.20, 0.10)  # of 1, 2, 3, 4
    twins: float = 0.02  # of households of four: two born on one day
    generation_name: float = 0.3  # siblings share the first hanzi of the given name
    shared_phone: float = 0.08  # a person gives the phone of another of the household
    name: dict[str, float] = field(
        default_factory=lambda: {
            "homophone": 0.06, "traditional": 0.05, "title": 0.03, "spaced": 0.02,
            "pinyin": 0.03, "regional": 0.015, "lookalike": 0.01, "swapped": 0.005,
            "surname_only": 0.02, "masked": 0.02, "missing": 0.01,
        }
    )  # fmt: skip
    phone: dict[str, float] = field(
        default_factory=lambda: {
            "written": 0.3, "masked": 0.10, "another": 0.05, "digit": 0.015, "worthless": 0.005,
            "missing": 0.05,
        }
    )  # fmt: skip
    has_email: float = 0.45
    email: dict[str, float] = field(
        default_factory=lambda: {"another": 0.05, "letter": 0.02, "case": 0.1, "missing": 0.2}
    )
    birth: dict[str, float] = field(
        default_factory=lambda: {"digit": 0.015, "swapped": 0.005, "default": 0.01, "missing": 0.25}
    )
    address: dict[str, float] = field(
        default_factory=lambda: {
            "moved": 0.06, "no_room": 0.05, "road_typo": 0.02, "missing": 0.2,
        }
    )  # fmt: skip
    no_province: float = 0.4
    short_divisions: float = 0.15  # 杭州 for 杭州市
    dashed: float = 0.35  # 3-2-501 for 3幢2单元501室
    full_width: float = 0.03


CITIES = (
    ("上海市", "上海市", "徐汇区 静安区 黄浦区 长宁区 杨浦区 闵行区 浦东新区"),
    ("北京市", "北京市", "海淀区 朝阳区 东城区 西城区 丰台区 通州区"),
    ("广东省", "深圳市", "南山区 福田区 罗湖区 宝安区 龙岗区"),
    ("广东省", "广州市", "天河区 越秀区 海珠区 番禺区 白云区"),
    ("四川省", "成都市", "武侯区 锦江区 青羊区 金牛区 成华区"),
    ("重庆市", "重庆市", "渝中区 江北区 南岸区 沙坪坝区"),
    ("浙江省", "杭州市", "西湖区 上城区 拱墅区 滨江区 余杭区"),
    ("江苏省", "南京市", "玄武区 鼓楼区 秦淮区 建邺区"),
    ("江苏省", "苏州市", "姑苏区 虎丘区 吴中区 相城区"),
    ("湖北省", "武汉市", "武昌区 江岸区 洪山区 汉阳区"),
    ("陕西省", "西安市", "雁塔区 碑林区 莲湖区 未央区"),
    ("天津市", "天津市", "和平区 河西区 南开区 河东区"),
    ("湖南省", "长沙市", "岳麓区 芙蓉区 天心区 开福区"),
    ("山东省", "青岛市", "市南区 市北区 崂山区 李沧区"),
    ("福建省", "厦门市", "思明区 湖里区 集美区"),
    ("辽宁省", "沈阳市", "和平区 沈河区 铁西区"),
)
ROADS = """
    人民 中山 解放 建设 文化 和平 长江 黄河 新华 胜利 友谊 光明 学院 科技 创业 滨江 湖滨
    体育 青年 东风 团结 花园 公园 迎宾 朝阳 南京 北京 上海 延安 四川 淮海 天山 昆仑 紫荆
    梧桐 桂花 银杏 龙华 凤凰 金华 玉兰 海棠 松江 柳林 竹园 梅园 石桥 古城 新城 高新
""".split()  # noqa: SIM905 (a list that people read and extend)
SAME_SOUND = """
    伟玮炜苇 维唯 明鸣铭茗 晓小筱 静婧靖敬 丽莉俐立力 敏闽 杰洁捷 军君钧均 俊峻骏 磊蕾
    勇永咏 涛滔 燕艳彦雁 玲灵铃凌 婷庭亭廷 欣新心鑫馨 怡宜仪 宇雨羽禹 轩萱宣 浩昊皓
    子梓紫 涵晗含 思斯 佳嘉家 颖影 英瑛 红虹宏鸿 兰岚 淑舒 珍贞真 曦希熙溪 慧惠卉 文雯
    建健剑 志智致 旭绪 东冬 鹏朋 飞菲 斌彬宾 峰锋丰 辉晖 龙隆 凯楷 毅义艺 平萍苹 振震镇
    晨辰宸 天添 琪琦棋 瑶遥尧 悦月越 彤桐童 洋阳扬 张章 余于俞 肖萧 付傅 蒋讲
""".split()  # noqa: SIM905 (a list that people read and extend)
REGIONAL = """
    玲琳 英音 静进 诗思 珊三 陈程 林凌 晨程 珍蒸 兰蓝 胡符 刘牛 欣星 斌冰
""".split()  # noqa: SIM905
LOOKALIKE = [
    "未末",
    "宇字",
    "婷停",
    "栋拣",
    "晨震",
    "桐铜",
    "洁浩",
    "涵函",
    "彤形",
    "博搏",
    "昊吴",
    "娟绢",
    "杰木",
    "曦羲",
    "轩轿",
    "泽择",
]
TITLES = ("先生", "女士", "小姐", "老师")
MAILS = ("qq.com", "163.com", "126.com", "sina.com", "gmail.com", "foxmail.com", "outlook.com")
SOURCES = ("shop", "app", "till", "service")
_AHEAD = ("138", "139", "136", "150", "151", "158", "159", "177", "180", "186", "187", "188", "199")


@dataclass(frozen=True)
class _Person:
    family: str
    given: str
    sound: tuple[str, str]
    phone: str
    email: str | None
    born: date
    place: _Place


@dataclass(frozen=True)
class _Place:
    province: str
    city: str
    district: str
    road: str
    house: int
    building: int
    unit: int
    room: int


def customers(people: int, seed: int = 1, rates: Rates | None = None) -> pa.Table:
    """Records with the columns that identity.records reads, and `person`, which is the truth."""
    rates = rates or Rates()
    drawn = random.Random(seed)
    rows: list[dict[str, str | None]] = []
    number = 0
    while number < people:
        for person in _household(drawn, rates)[: people - number]:
            count = 1 + _pick(drawn, rates.records)
            for source in drawn.sample(SOURCES, count):
                row = _record(drawn, rates, person)
                row |= {"source": source, "person": f"p{number}"}
                rows.append(row)
            number += 1
    drawn.shuffle(rows)
    for place, row in enumerate(rows):
        row["record"] = f"r{place}"
    columns = ("record", "source", "name", "phone", "email", "birth_date", "address", "person")
    return pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in columns})


def _household(drawn: random.Random, rates: Rates) -> list[_Person]:
    size = 1 + _pick(drawn, rates.household)
    place = _place(drawn)
    surnames = [_surname(drawn), _surname(drawn)]
    twins = size == 4 and drawn.random() < rates.twins
    middle = None
    people: list[_Person] = []
    for member in range(size):
        child = member >= 2
        family, sound = surnames[0] if child else surnames[member]
        woman = drawn.random() < 0.5
        given, given_sound, first = _given(drawn, woman, middle)
        while given_sound in {one.sound[1] for one in people}:  # nobody names two alike
            given, given_sound, first = _given(drawn, woman, None)
        if child and drawn.random() < rates.generation_name:
            middle = first
        born = date(1985 if child else 1945, 1, 1) + timedelta(
            drawn.randrange(365 * (24 + 16 * (not child)))
        )
        if child and twins and len(people) > 2:
            born = people[2].born
        phone = drawn.choice(_AHEAD) + f"{drawn.randrange(10**8):08d}"
        if people and drawn.random() < rates.shared_phone:
            phone = people[0].phone
        email = None
        if drawn.random() < rates.has_email:
            local = (
                f"{sound}{given_sound}{drawn.randrange(10_000)}" if drawn.random() < 0.6
                else str(drawn.randrange(10**8, 10**10))
            )  # fmt: skip
            email = f"{local.replace('ü', 'v')}@{drawn.choice(MAILS)}"
        people.append(_Person(family, given, (sound, given_sound), phone, email, born, place))
    return people


def _surname(drawn: random.Random) -> tuple[str, str]:
    pool = DOUBLE_SURNAMES if drawn.random() < 0.01 else SURNAMES
    hanzi, sound, _ = drawn.choices(pool, [weight for _, _, weight in pool])[0]
    return hanzi, sound


def _given(drawn: random.Random, woman: bool, first: str | None) -> tuple[str, str, str | None]:
    """Hanzi, their sound, and the first of them as the table has it where parents chose both."""
    if first is None and drawn.random() < 0.3:
        return *drawn.choice(GIVEN_WOMEN if woman else GIVEN_MEN), None
    if first is None and drawn.random() < 0.02:
        return *drawn.choice(GIVEN_RARE), None
    first = first or drawn.choice((FIRST_WOMEN if woman else FIRST_MEN).split())
    second = drawn.choice((SECOND_WOMEN if woman else SECOND_MEN).split())
    return first[0] + second[0], first[1:] + second[1:], first


def _place(drawn: random.Random) -> _Place:
    province, city, districts = drawn.choice(CITIES)
    road = (
        drawn.choice(ROADS)
        + drawn.choice(("", "东", "西", "南", "北"))
        + drawn.choice(("路", "路", "街", "大道"))
    )
    return _Place(
        province, city, drawn.choice(districts.split()), road, drawn.randrange(1, 600),
        drawn.randrange(1, 31), drawn.randrange(1, 5),
        drawn.randrange(1, 31) * 100 + drawn.randrange(1, 5),
    )  # fmt: skip


def _record(drawn: random.Random, rates: Rates, person: _Person) -> dict[str, str | None]:
    kinds = {
        part: _kind(drawn, getattr(rates, part))
        for part in ("name", "phone", "email", "birth", "address")
    }
    if kinds["name"] == "missing" and kinds["phone"] == "missing":
        kinds["phone"] = ""  # a record has the one or the other
    return {
        "name": _name(drawn, person, kinds["name"]),
        "phone": _phone(drawn, person.phone, kinds["phone"]),
        "email": _email(drawn, person.email, kinds["email"]),
        "birth_date": _birth(drawn, person.born, kinds["birth"]),
        "address": _address(drawn, rates, person.place, kinds["address"]),
    }


_CONVERT = OpenCC("s2t")


def _name(drawn: random.Random, person: _Person, kind: str) -> str | None:
    name = person.family + person.given
    sound, given_sound = (one.replace("ü", "v").title() for one in person.sound)
    made: dict[str, Callable[[], str | None]] = {
        "homophone": lambda: _exchanged(drawn, name, SAME_SOUND),
        "regional": lambda: _exchanged(drawn, name, REGIONAL),
        "lookalike": lambda: _exchanged(drawn, name, LOOKALIKE),
        "traditional": lambda: _CONVERT.convert(name),
        "title": lambda: name + drawn.choice(TITLES),
        "spaced": lambda: f"{person.family}　{person.given}",
        "pinyin": lambda: drawn.choice((f"{sound} {given_sound}", f"{given_sound} {sound}")),
        "swapped": lambda: person.given + person.family,
        "surname_only": lambda: person.family + drawn.choice(TITLES),
        "masked": lambda: person.family + "*" * len(person.given),
        "missing": lambda: None,
    }
    return made[kind]() if kind else name


def _phone(drawn: random.Random, phone: str, kind: str) -> str | None:
    place = drawn.randrange(3, 11)
    made: dict[str, Callable[[], str | None]] = {
        "written": lambda: drawn.choice(
            (f"+86 {phone}", f"86-{phone}", f"{phone[:3]} {phone[3:7]} {phone[7:]}",
             f"{phone[:3]}-{phone[3:7]}-{phone[7:]}")
        ),
        "masked": lambda: f"{phone[:3]}****{phone[7:]}",
        "another": lambda: drawn.choice(_AHEAD) + f"{drawn.randrange(10**8):08d}",
        "digit": lambda: phone[:place] + str((int(phone[place]) + drawn.randrange(1, 10)) % 10)
        + phone[place + 1 :],
        "worthless": lambda: drawn.choice(("13800138000", "00000000000", "无")),
        "missing": lambda: None,
    }  # fmt: skip
    return made[kind]() if kind else phone


def _email(drawn: random.Random, email: str | None, kind: str) -> str | None:
    if email is None or kind == "missing":
        return None
    local, _, domain = email.partition("@")
    if kind == "another":
        return f"{drawn.randrange(10**8, 10**10)}@{drawn.choice(MAILS)}"
    if kind == "letter":
        place = drawn.randrange(len(local))
        return f"{local[:place]}{local[place + 1 :]}@{domain}"
    return email.upper() if kind == "case" else email


def _birth(drawn: random.Random, born: date, kind: str) -> str | None:
    if kind == "missing":
        return None
    if kind == "default":
        return "1990-01-01"
    text = born.isoformat()
    if kind == "swapped":
        return f"{text[:5]}{text[8:]}-{text[5:7]}"
    if kind == "digit":
        place = drawn.choice((2, 3, 6, 9))
        return (
            text[:place] + str((int(text[place]) + drawn.randrange(1, 10)) % 10) + text[place + 1 :]
        )
    return drawn.choice(
        (text, text, text.replace("-", "/"), f"{born.year}年{born.month}月{born.day}日")
    )


def _address(drawn: random.Random, rates: Rates, place: _Place, kind: str) -> str | None:
    if kind == "missing":
        return None
    if kind == "moved":
        place = _place(drawn)
    road = _exchanged(drawn, place.road, [*SAME_SOUND, "南男", "北背", "湖胡", "滨宾"]) \
        if kind == "road_typo" else place.road  # fmt: skip
    divisions = [place.province, place.city, place.district]
    if place.province == place.city or drawn.random() < rates.no_province:
        divisions = divisions[1:]
    if drawn.random() < rates.short_divisions:
        divisions = [
            one.removesuffix("省").removesuffix("市") for one in divisions[:-1]
        ] + divisions[-1:]
    if drawn.random() < rates.dashed:
        rest = f"{place.building}-{place.unit}-{place.room}"
    else:
        house = drawn.choice(("幢", "栋", "号楼"))
        rest = f"{place.building}{house}{place.unit}单元{place.room}{drawn.choice(('室', ''))}"
    text = f"{''.join(divisions)}{road}{place.house}号{'' if kind == 'no_room' else rest}"
    if drawn.random() < rates.full_width:
        text = "".join(chr(ord(one) + 0xFEE0) if one.isdigit() else one for one in text)
    return text


def _exchanged(drawn: random.Random, text: str, groups: Sequence[str]) -> str:
    """One hanzi for another of its group, where the text has one that is in a group."""
    places = [(at, group) for at, one in enumerate(text) for group in groups if one in group]
    if not places:
        return text
    at, group = drawn.choice(places)
    return text[:at] + drawn.choice([one for one in group if one != text[at]]) + text[at + 1 :]


def _kind(drawn: random.Random, rates: dict[str, float]) -> str:
    """Which variant happens; "" for none."""
    number = drawn.random()
    for kind, rate in rates.items():
        number -= rate
        if number < 0:
            return kind
    return ""


def _pick(drawn: random.Random, shares: Sequence[float]) -> int:
    return drawn.choices(range(len(shares)), shares)[0]
