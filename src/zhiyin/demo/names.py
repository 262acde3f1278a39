"""Names of simulated people, Chinese and English, with about the frequency they have in life.

The surnames follow the published order of the most common ones (王, 李, 张 … and Smith, Jones …);
the given names are a selection of our own. Nobody real is meant.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zhiyin.demo.chance import Bools, Ints, pick, take
from zhiyin.demo.parameters import Parameters

# (hanzi, pinyin, people per thousand)
SURNAMES = [
    ("王", "wang", 72), ("李", "li", 71), ("张", "zhang", 68), ("刘", "liu", 51),
    ("陈", "chen", 45), ("杨", "yang", 31), ("黄", "huang", 23), ("赵", "zhao", 20),
    ("吴", "wu", 19), ("周", "zhou", 19), ("徐", "xu", 15), ("孙", "sun", 14),
    ("马", "ma", 13), ("朱", "zhu", 12), ("胡", "hu", 12), ("郭", "guo", 11),
    ("何", "he", 11), ("林", "lin", 11), ("高", "gao", 10), ("罗", "luo", 10),
    ("郑", "zheng", 9), ("梁", "liang", 9), ("谢", "xie", 7), ("宋", "song", 7),
    ("唐", "tang", 7), ("许", "xu", 7), ("韩", "han", 6), ("邓", "deng", 6),
    ("冯", "feng", 6), ("曹", "cao", 6), ("彭", "peng", 5), ("曾", "zeng", 5),
    ("肖", "xiao", 5), ("田", "tian", 5), ("董", "dong", 5), ("潘", "pan", 4),
    ("袁", "yuan", 4), ("蔡", "cai", 4), ("蒋", "jiang", 4), ("余", "yu", 4),
    ("于", "yu", 4), ("杜", "du", 4), ("叶", "ye", 4), ("程", "cheng", 4),
    ("魏", "wei", 4), ("苏", "su", 4), ("吕", "lü", 4), ("丁", "ding", 3),
    ("任", "ren", 3), ("卢", "lu", 3), ("姚", "yao", 3), ("沈", "shen", 3),
    ("钟", "zhong", 3), ("姜", "jiang", 3), ("崔", "cui", 3), ("谭", "tan", 3),
    ("单", "shan", 1), ("仇", "qiu", 1), ("解", "xie", 1), ("查", "zha", 1),
    ("盖", "ge", 1), ("区", "ou", 1),
]  # fmt: skip
DOUBLE_SURNAMES = [
    ("欧阳", "ouyang", 60), ("上官", "shangguan", 10), ("司马", "sima", 8), ("诸葛", "zhuge", 8),
    ("司徒", "situ", 7), ("皇甫", "huangfu", 6), ("尉迟", "yuchi", 3), ("令狐", "linghu", 3),
    ("慕容", "murong", 3), ("夏侯", "xiahou", 3),
]  # fmt: skip
GIVEN_WOMEN = [
    ("芳", "fang"), ("娜", "na"), ("敏", "min"), ("静", "jing"), ("丽", "li"), ("艳", "yan"),
    ("秀英", "xiuying"), ("婷", "ting"), ("雪", "xue"), ("玲", "ling"), ("欣怡", "xinyi"),
    ("雨桐", "yutong"), ("梓涵", "zihan"), ("诗涵", "shihan"), ("思雨", "siyu"),
    ("佳怡", "jiayi"), ("晓燕", "xiaoyan"), ("丽娟", "lijuan"), ("海燕", "haiyan"),
    ("红梅", "hongmei"), ("春兰", "chunlan"), ("美玲", "meiling"), ("若曦", "ruoxi"),
    ("可馨", "kexin"), ("语嫣", "yuyan"), ("慧", "hui"), ("颖", "ying"), ("倩", "qian"),
    ("文静", "wenjing"), ("桂兰", "guilan"), ("淑珍", "shuzhen"), ("一诺", "yinuo"),
]  # fmt: skip
GIVEN_MEN = [
    ("伟", "wei"), ("强", "qiang"), ("磊", "lei"), ("军", "jun"), ("勇", "yong"), ("杰", "jie"),
    ("涛", "tao"), ("明", "ming"), ("超", "chao"), ("建国", "jianguo"), ("志强", "zhiqiang"),
    ("浩然", "haoran"), ("子轩", "zixuan"), ("宇轩", "yuxuan"), ("浩宇", "haoyu"),
    ("俊杰", "junjie"), ("天宇", "tianyu"), ("晨曦", "chenxi"), ("国栋", "guodong"),
    ("建华", "jianhua"), ("海涛", "haitao"), ("文斌", "wenbin"), ("鹏飞", "pengfei"),
    ("思远", "siyuan"), ("博文", "bowen"), ("家豪", "jiahao"), ("斌", "bin"), ("鑫", "xin"),
    ("旭东", "xudong"), ("德华", "dehua"), ("长青", "changqing"), ("乐", "le"),
]  # fmt: skip
# First and second character of the given names that parents put together themselves.
FIRST_WOMEN = (
    "梓zi 雨yu 欣xin 诗shi 思si 佳jia 晓xiao 丽li 美mei 若ruo 可ke 语yu 文wen 淑shu 秀xiu 春chun "
    "红hong 海hai 慧hui 雅ya 婉wan 梦meng 心xin 嘉jia"
)
SECOND_WOMEN = (
    "涵han 怡yi 桐tong 燕yan 娟juan 玲ling 曦xi 馨xin 静jing 兰lan 珍zhen 英ying 梅mei 洁jie "
    "萍ping 琳lin 莹ying 瑶yao 颖ying 琪qi 悦yue 彤tong 菲fei 蕾lei"
)
FIRST_MEN = (
    "子zi 宇yu 浩hao 俊jun 天tian 晨chen 国guo 建jian 志zhi 文wen 鹏peng 思si 博bo 家jia 旭xu "
    "德de 长chang 明ming 立li 少shao 永yong 振zhen 学xue 嘉jia"
)
SECOND_MEN = (
    "轩xuan 然ran 宇yu 杰jie 强qiang 栋dong 华hua 涛tao 斌bin 飞fei 远yuan 豪hao 东dong 林lin "
    "平ping 峰feng 辉hui 龙long 凯kai 磊lei 波bo 军jun 超chao 毅yi"
)
# Characters that are in names but were missing from GB2312, and some beyond the basic plane.
GIVEN_RARE = [
    ("喆", "zhe"), ("堃", "kun"), ("淼", "miao"), ("垚", "yao"), ("赟", "yun"), ("珺", "jun"),
    ("彧", "yu"), ("翀", "chong"), ("昇", "sheng"), ("镕", "rong"), ("甯", "ning"),
    ("龑", "yan"), ("𬎆", "ying"), ("𬍛", "yu"), ("㛃", "jie"),
]  # fmt: skip
MINORITY = [
    ("阿依古丽·买买提", "Ayguli Maimaiti"), ("买买提江·吐尔逊", "Maimaitijiang Tuerxun"),
    ("古丽娜扎·艾力", "Gulinazha Aili"), ("迪力木拉提·阿不都", "Dilimulati Abudu"),
    ("热依扎·阿里木", "Reyizha Alimu"), ("扎西·次仁", "Zhaxi Ciren"),
    ("卓玛·央金", "Zhuoma Yangjin"), ("巴特尔·苏和", "Bateer Suhe"),
    ("娜仁花·其其格", "Narenhua Qiqige"), ("叶尔兰·哈力克", "Yeerlan Halike"),
    ("帕丽达·克里木", "Palida Kelimu"), ("图尔荪·阿卜杜拉", "Tuersun Abudula"),
]  # fmt: skip

ENGLISH_SURNAMES = [
    ("Smith", 126), ("Jones", 75), ("Taylor", 59), ("Brown", 56), ("Williams", 39),
    ("Wilson", 39), ("Johnson", 37), ("Davies", 34), ("Patel", 34), ("Robinson", 32),
    ("Wright", 32), ("Thompson", 31), ("Evans", 30), ("Walker", 30), ("White", 30),
    ("Roberts", 29), ("Green", 29), ("Hall", 29), ("Wood", 28), ("Jackson", 28),
    ("Clarke", 27), ("Khan", 27), ("Hughes", 26), ("Singh", 25), ("Harris", 25),
    ("Cooper", 23), ("King", 23), ("Lewis", 23), ("Martin", 23), ("Baker", 22),
    ("Begum", 20), ("O'Brien", 12), ("MacDonald", 12), ("Murphy", 18), ("Kelly", 18),
    ("Smith-Jones", 2), ("García", 3), ("Müller", 3), ("Dubois", 2), ("Nowak", 6),
    ("Edwards", 27), ("Turner", 26), ("Hill", 26), ("Moore", 24), ("Clark", 24), ("Lee", 23),
    ("Morgan", 22), ("Ward", 22), ("Scott", 22), ("Morris", 21), ("Watson", 21), ("Allen", 20),
    ("Young", 20), ("Mitchell", 20), ("Ahmed", 20), ("Hussain", 20), ("Bailey", 19), ("Bell", 18),
    ("Campbell", 18), ("Cook", 18), ("Shaw", 17), ("Richardson", 17), ("Murray", 15),
    ("Ellis", 15), ("Marshall", 15), ("Gray", 14), ("Ali", 18), ("Stewart", 14), ("Hunt", 13),
    ("Mason", 13), ("Palmer", 13), ("Holmes", 13), ("Mills", 13), ("Kowalska", 3), ("Nguyen", 3),
    ("St. John", 2), ("Ó Súilleabháin", 1), ("Fitzgerald", 5), ("Okafor", 4),
]  # fmt: skip
ENGLISH_WOMEN = [
    "Olivia", "Emma", "Sophie", "Charlotte", "Emily", "Sarah", "Laura", "Rebecca", "Susan",
    "Margaret", "Patricia", "Karen", "Helen", "Jennifer", "Grace", "Chloe", "Zoë", "Renée",
    "Fatima", "Priya", "Amelia", "Isla", "Anne-Marie", "Siobhán", "Elizabeth", "Hannah",
    "Jessica", "Lucy", "Mia", "Ella", "Freya", "Poppy", "Aisha", "Nicola", "Claire", "Julie",
    "Alison", "Ruth", "Harriet", "Phoebe", "Maryam", "Eilidh", "Rhiannon", "Catherine",
]  # fmt: skip
ENGLISH_MEN = [
    "Oliver", "George", "Harry", "Jack", "James", "John", "David", "Michael", "Paul", "Andrew",
    "Thomas", "Daniel", "Mohammed", "Arjun", "Joshua", "William", "Peter", "Robert", "Seán",
    "Liam", "Noah", "Ethan", "Stephen", "Christopher", "Graham", "François",
    "Leo", "Arthur", "Alfie", "Mark", "Richard", "Ian", "Kevin", "Simon", "Matthew", "Adam",
    "Imran", "Hamza", "Callum", "Rhys", "Ewan", "Edward", "Philip", "Anthony",
]  # fmt: skip


@dataclass(frozen=True)
class Names:
    """Names of n people, each with the way it is written in Latin letters."""

    name: pa.Array
    latin_given: pa.Array
    latin_surname: pa.Array
    chinese: Bools
    woman: Bools


def draw(rng: np.random.Generator, size: int, parameters: Parameters) -> Names:
    """Names for `size` people, by the shares in `parameters`."""
    chinese = rng.random(size) < parameters.chinese_share
    woman = rng.random(size) < 0.55
    cn_name, cn_given, cn_surname = _chinese(rng, woman, parameters)
    en_name, en_given, en_surname = _english(rng, woman)
    mask = pa.array(chinese)
    return Names(
        name=pc.if_else(mask, cn_name, en_name),
        latin_given=pc.if_else(mask, cn_given, en_given),
        latin_surname=pc.if_else(mask, cn_surname, en_surname),
        chinese=chinese,
        woman=woman,
    )


def _chinese(
    rng: np.random.Generator, woman: Bools, parameters: Parameters
) -> tuple[pa.Array, pa.Array, pa.Array]:
    size = len(woman)
    surnames = SURNAMES + DOUBLE_SURNAMES
    single = sum(row[2] for row in SURNAMES)
    double = sum(row[2] for row in DOUBLE_SURNAMES)
    share = parameters.double_surname_share
    weights = [row[2] / single * (1 - share) for row in SURNAMES]
    weights += [row[2] / double * share for row in DOUBLE_SURNAMES]
    surname = pick(rng, weights, size)

    women = GIVEN_WOMEN, _put_together(FIRST_WOMEN, SECOND_WOMEN)
    men = GIVEN_MEN, _put_together(FIRST_MEN, SECOND_MEN)
    given = [*women[0], *women[1], *men[0], *men[1], *GIVEN_RARE]
    own = rng.random(size) < 0.6
    chosen = np.where(woman, 0, len(women[0]) + len(women[1]))
    for is_woman, (common, composed) in ((True, women), (False, men)):
        here = woman == is_woman
        chosen[here & ~own] += rng.integers(0, len(common), size)[here & ~own]
        chosen[here & own] += rng.integers(len(common), len(common) + len(composed), size)[
            here & own
        ]
    rare = rng.integers(len(given) - len(GIVEN_RARE), len(given), size)
    chosen = np.where(rng.random(size) < parameters.rare_hanzi_share, rare, chosen)

    name = _join(take([s[0] for s in surnames], surname), take([g[0] for g in given], chosen))
    latin_given = take([g[1].capitalize() for g in given], chosen)
    latin_surname = take([s[1].capitalize() for s in surnames], surname)

    minority = pa.array(rng.random(size) < parameters.minority_share)
    which = rng.integers(0, len(MINORITY), size)
    name = pc.if_else(minority, take([m[0] for m in MINORITY], which), name)
    latin_given = pc.if_else(
        minority, take([m[1].split()[0] for m in MINORITY], which), latin_given
    )
    latin_surname = pc.if_else(
        minority, take([m[1].split()[1] for m in MINORITY], which), latin_surname
    )
    return name, latin_given, latin_surname


def _put_together(first: str, second: str) -> list[tuple[str, str]]:
    """Every first with every second character: (hanzi, pinyin); not the same one twice."""
    return [
        (one[0] + two[0], one[1:] + two[1:])
        for one in first.split()
        for two in second.split()
        if one[0] != two[0]
    ]


def _english(rng: np.random.Generator, woman: Bools) -> tuple[pa.Array, pa.Array, pa.Array]:
    size = len(woman)
    surname = take(
        [s[0] for s in ENGLISH_SURNAMES], pick(rng, [s[1] for s in ENGLISH_SURNAMES], size)
    )
    given_index: Ints = np.where(
        woman,
        rng.integers(0, len(ENGLISH_WOMEN), size),
        rng.integers(len(ENGLISH_WOMEN), len(ENGLISH_WOMEN) + len(ENGLISH_MEN), size),
    )
    given = take(ENGLISH_WOMEN + ENGLISH_MEN, given_index)
    return _join(given, surname, " "), given, surname


def _join(left: pa.Array, right: pa.Array, between: str = "") -> pa.Array:
    return pc.binary_join_element_wise(left, right, between)


def reordered(names: Names) -> pa.Array:
    """The same people as another clerk would have written them.

    A Chinese name in pinyin, surname first and in capitals; an English one as `Surname, Given`.
    """
    pinyin = _join(pc.utf8_upper(names.latin_surname), names.latin_given, " ")
    comma = _join(names.latin_surname, names.latin_given, ", ")
    return pc.if_else(pa.array(names.chinese), pinyin, comma)
