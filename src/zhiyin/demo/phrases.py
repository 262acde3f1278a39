"""Parts of sentences from which reviews and service messages are put together.

Written for this purpose in Chinese and English as customers write them; no review of anybody was
copied. Each part states which aspect it speaks of and whether it is pleased (1) or not (-1).
"""

from typing import NamedTuple


class Part(NamedTuple):
    """One clause of a review."""

    aspect: str
    feeling: int
    text: str


ASPECTS = ("packaging", "delivery", "taste", "price")

REVIEW_PARTS: dict[str, list[Part]] = {
    "zh-Hans": [
        Part("packaging", 1, "包装很结实，一点没磕碰"),
        Part("packaging", 1, "盒子精致，送人很有面子"),
        Part("packaging", 1, "里三层外三层，看得出用心"),
        Part("packaging", 1, "拆箱体验不错，缎带还是手系的"),
        Part("packaging", -1, "盒子压扁了，里面的东西也有裂纹"),
        Part("packaging", -1, "包装太简陋，就套了个塑料袋"),
        Part("packaging", -1, "外箱破了个口子，胶带缠得乱七八糟"),
        Part("packaging", -1, "泡沫渣掉一地，收拾半天"),
        Part("delivery", 1, "第二天就到了，真快"),
        Part("delivery", 1, "快递小哥送货上门，态度很好"),
        Part("delivery", 1, "比预计早到两天"),
        Part("delivery", 1, "物流信息更新及时，心里有数"),
        Part("delivery", -1, "等了整整两周才收到"),
        Part("delivery", -1, "没打电话就放驿站了，还得自己去取"),
        Part("delivery", -1, "物流三天没动，客服也说不清"),
        Part("delivery", -1, "说好周五到，结果拖到下周三"),
        Part("taste", 1, "随盒的曲奇酥脆，黄油味很正"),
        Part("taste", 1, "花茶清香，回甘明显"),
        Part("taste", 1, "巧克力不齁甜，孩子抢着吃"),
        Part("taste", 1, "姜饼味道地道，配红茶正好"),
        Part("taste", -1, "饼干受潮了，口感发软"),
        Part("taste", -1, "巧克力甜得发腻，吃一块就够"),
        Part("taste", -1, "茶包有股陈味，不敢喝"),
        Part("taste", -1, "糖果一股香精味"),
        Part("price", 1, "这个价位很值"),
        Part("price", 1, "赶上活动，比实体店便宜不少"),
        Part("price", 1, "性价比没得说"),
        Part("price", 1, "满减之后相当划算"),
        Part("price", -1, "刚买完就降价，心塞"),
        Part("price", -1, "价格偏高，不如去批发市场"),
        Part("price", -1, "运费比东西还贵"),
        Part("price", -1, "又涨价了，快买不起了"),
    ],
    "en": [
        Part("packaging", 1, "it was wrapped so well that nothing moved"),
        Part("packaging", 1, "the box is pretty enough to give as it is"),
        Part("packaging", 1, "lovely tissue paper and a hand-tied ribbon"),
        Part("packaging", 1, "no plastic at all, which I really appreciate"),
        Part("packaging", -1, "the box arrived crushed and one piece was chipped"),
        Part("packaging", -1, "far too much plastic for such a small thing"),
        Part("packaging", -1, "it was thrown into a bag with no padding"),
        Part("packaging", -1, "the lid was split and held together with tape"),
        Part("delivery", 1, "it came the very next day"),
        Part("delivery", 1, "the driver was friendly and on time"),
        Part("delivery", 1, "it turned up two days earlier than promised"),
        Part("delivery", 1, "tracking was spot on from start to finish"),
        Part("delivery", -1, "it took over two weeks to get here"),
        Part("delivery", -1, "it was left in the rain without a knock"),
        Part("delivery", -1, "tracking did not move for days and nobody knew why"),
        Part("delivery", -1, "it missed the birthday it was meant for"),
        Part("taste", 1, "the shortbread that came with it was buttery and crisp"),
        Part("taste", 1, "the tea is fragrant without being bitter"),
        Part("taste", 1, "the chocolates were gone in an evening"),
        Part("taste", 1, "the gingerbread tastes like my gran's"),
        Part("taste", -1, "the biscuits were stale"),
        Part("taste", -1, "the chocolate is sickly sweet"),
        Part("taste", -1, "the tea had an odd, dusty taste"),
        Part("taste", -1, "the sweets taste of nothing but perfume"),
        Part("price", 1, "it is great value for money"),
        Part("price", 1, "it cost half of what the high street asks"),
        Part("price", 1, "with the offer it was a real bargain"),
        Part("price", 1, "worth every penny"),
        Part("price", -1, "it went on sale the day after I paid full price"),
        Part("price", -1, "it is overpriced for what it is"),
        Part("price", -1, "the postage cost more than the item"),
        Part("price", -1, "prices have crept up again"),
    ],
}  # fmt: skip
OPENINGS: dict[str, dict[int, list[str]]] = {
    "zh-Hans": {
        1: [
            "第二次回购了，",
            "朋友推荐的，没失望。",
            "整体很满意，",
            "👍 ",
            "先说结论：值得买。",
            "",
        ],
        0: ["中规中矩吧，", "有好有坏：", "用了一周来评价，", "怎么说呢，", "", "客观评价一下："],
        -1: ["有点失望，", "踩雷了，", "这次体验不好，", "给差评的原因：", "😡 ", ""],
    },
    "en": {
        1: ["Really pleased: ", "Second time I have bought this and ", "Lovely. ", "👍 ", ""],
        0: ["Mixed feelings: ", "It is all right. ", "Decent overall, ", "Well, ", ""],
        -1: ["Disappointed: ", "Not what I expected. ", "Sadly, ", "Never again. ", ""],
    },
}
CLOSINGS: dict[str, dict[int, list[str]]] = {
    "zh-Hans": {
        1: ["，会推荐给同事。", "，下次还来！", "。", "，五星好评～"],
        0: ["，看以后改不改进。", "。", "，凑合用。", "，三星吧。"],
        -1: ["，不会再买了。", "，希望尽快处理。", "。", "！！"],
    },
    "en": {
        1: [". Will order again.", "!", ". Highly recommended.", "."],
        0: [". Three stars.", ".", ". We will see.", ". Could be better."],
        -1: [". I will not be back.", ". Please sort this out.", ".", "!!"],
    },
}
JOIN = {
    "zh-Hans": {"same": "，", "but": "，不过", "extra": "；另外"},
    "en": {"same": " and ", "but": ", but ", "extra": "; also, "},
}

KINDS = ("complaint", "question", "return", "praise")
SUBJECTS: dict[str, dict[str, list[str]]] = {
    "zh-Hans": {
        "complaint": ["商品破损", "一直没收到货", "少发了一件", "描述与实物不符", "多扣了一次款"],
        "question": [
            "能开发票吗", "什么时候补货", "可以改地址吗", "会员积分怎么用", "支持礼品包装吗",
        ],
        "return": ["申请退货", "想换个颜色", "尺寸不合适要退"],
        "praise": ["表扬客服", "谢谢你们", "包装很用心"],
    },
    "en": {
        "complaint": [
            "Item broken on arrival", "Parcel never arrived", "One item missing",
            "Not as described", "Charged twice",
        ],
        "question": [
            "Can I have a VAT invoice?", "When is this back in stock?", "Change of address",
            "How do I use my points?", "Do you gift-wrap?",
        ],
        "return": ["I would like to return this", "Exchange for another colour", "Wrong size"],
        "praise": ["Thank you", "Great service", "A note for your packer"],
    },
}  # fmt: skip
CUSTOMER_LINES: dict[str, dict[str, list[str]]] = {
    "zh-Hans": {
        "complaint": [
            "你好，我的订单{order}有问题：{subject}。麻烦尽快给个说法。",
            "等了好几天没人理，{subject}，订单{order}，到底管不管？",
            "{subject}！照片已经发在邮件里了，单号{order}，请处理。",
        ],
        "question": ["请问{subject}？订单{order}。", "您好，想咨询一下：{subject}，谢谢。"],
        "return": ["{subject}，订单{order}，东西没用过，怎么寄回？", "你好，{subject}，运费谁出？"],
        "praise": ["{subject}！订单{order}收到了，很喜欢。", "没什么事，就是想说：{subject}。"],
    },
    "en": {
        "complaint": [
            "Hello, there is a problem with order {order}: {subject}. Please put it right.",
            "Nobody has answered me for days. {subject}, order {order}. What is going on?",
            "{subject}. I have attached photos; the order is {order}.",
        ],
        "question": ["{subject} My order is {order}.", "Quick question: {subject} Many thanks."],
        "return": ["{subject}. Order {order}, unused. How do I send it back?", "Hi, {subject}."],
        "praise": ["{subject}! Order {order} arrived and I love it.", "{subject}. That is all."],
    },
}
AGENT_LINES: dict[str, dict[str, list[str]]] = {
    "zh-Hans": {
        "complaint": ["非常抱歉给您添麻烦了，已为订单{order}登记，补发或退款您看哪种方便？"],
        "question": [
            "您好，已为您查询，稍后把结果发到您的邮箱。",
            "可以的，已帮您备注在订单{order}。",
        ],
        "return": ["没问题，退货单已发您邮箱，寄出后三个工作日内退款。"],
        "praise": ["谢谢您的认可，已转告同事，祝您生活愉快！"],
    },
    "en": {
        "complaint": ["I am very sorry about order {order}. A replacement, or your money back?"],
        "question": [
            "I have looked it up and will e-mail you the answer.",
            "Yes, noted on {order}.",
        ],
        "return": ["No problem: the label is in your inbox, the refund follows within three days."],
        "praise": ["Thank you, that made our day. I have passed it on."],
    },
}
FOLLOW_UPS: dict[str, list[str]] = {
    "zh-Hans": ["好的，谢谢。", "那就退款吧。", "还是没收到，请再催一下。", "行，等你们消息。"],
    "en": ["Great, thanks.", "A refund, please.", "Still nothing, could you chase it?", "Okay."],
}
