"""The stated rules of cleaning order lines, in the words of the report.

Online Retail is where they were learned; each holds for other shops' files too.
"""

from __future__ import annotations

from .report import Action, Rule

DUPLICATE = Rule(
    "duplicate_line",
    Action.SET_ASIDE,
    "整行与前面某一行完全相同：视为重复导出，只保留第一行。",
    "The whole line equals an earlier one: taken as exported twice; the first is kept.",
)
STOCK = Rule(
    "stock_adjustment",
    Action.SET_ASIDE,
    "数量为负、单价为零且不是取消单：是库存调整而非销售，已搁置。",
    "Negative quantity at no price on an order that is no cancellation: a stock adjustment and "
    "not a sale; set aside.",
)
FREE = Rule(
    "zero_price",
    Action.SET_ASIDE,
    "单价为零：赠品或更正，不计入销售，已搁置。",
    "The price is zero: a gift or a correction, not a sale; set aside.",
)
TEST_PRODUCT = Rule(
    "test_product",
    Action.SET_ASIDE,
    "测试商品（TEST…）：已搁置。",
    "A test product (TEST…): set aside.",
)
CANCELLATION = Rule(
    "cancellation",
    Action.KEPT,
    "订单号以 C 开头且数量为负：取消单，记为退货，从收入中扣除。",
    "The order number starts with C and the quantity is negative: a cancellation, kept as a "
    "return and taken off revenue.",
)
RETURN = Rule(
    "return_without_mark",
    Action.KEPT,
    "数量为负但有单价，且没有取消标记：记为退货。",
    "Negative quantity with a price but no cancellation mark: kept as a return.",
)
ANONYMOUS = Rule(
    "missing_customer",
    Action.KEPT,
    "没有客户编号：保留为匿名销售，计入收入，不归到任何客户。",
    "No customer: kept as an anonymous sale that counts as revenue and belongs to nobody.",
)
FEE_LINE = Rule(
    "fee_line",
    Action.KEPT,
    "编码是邮费、手续费等（POST、DOT、BANK CHARGES…）：计入收入，不算商品。",
    "The code is postage or a fee (POST, DOT, BANK CHARGES…): counted in revenue, not as goods.",
)
ADJUSTMENT_LINE = Rule(
    "adjustment_line",
    Action.KEPT,
    "编码是折扣、手工调整、礼券等（D、M、S、gift_…）：计入收入，不算商品。",
    "The code is a discount, manual correction or voucher (D, M, S, gift_…): counted in revenue, "
    "not as goods.",
)
NAME_MENDED = Rule(
    "product_name_spaces",
    Action.MENDED,
    "商品名称里有多余的空格、全角字符或不可见字符：已整理。",
    "The product name had stray spaces, full-width letters or invisible marks: tidied.",
)
REF_MENDED = Rule(
    "customer_number_decimal",
    Action.MENDED,
    "客户编号被存成小数（17850.0）：已去掉“.0”。",
    "The customer number was stored as a decimal (17850.0): “.0” removed.",
)
PRICE_ROUNDED = Rule(
    "price_rounded",
    Action.MENDED,
    "单价或金额超过四位小数：已四舍六入五成双到四位。",
    "A price or amount had more than four decimals: rounded half to even to four.",
)
AMOUNT_DIFFERS = Rule(
    "amount_differs",
    Action.MENDED,
    "行金额大于数量×单价（可能是整单金额）：按数量×单价计算。",
    "The line amount exceeds quantity × unit price (it may be the order total): quantity × unit "
    "price is used.",
)
CONTACT_DROPPED = Rule(
    "contact_unusable",
    Action.MENDED,
    "订单里的手机或邮箱无效：订单保留，该联系方式留空。",
    "A phone or e-mail on the order is not valid: the order is kept, the contact left empty.",
)
UNSOLD = Rule(
    "order_not_sold",
    Action.SET_ASIDE,
    "订单未付款、已取消或已关闭：不是销售，已搁置。",
    "The order was not paid, cancelled or closed: no sale; set aside.",
)
REFUNDED = Rule(
    "refund_deducted",
    Action.MENDED,
    "有退款：已从这一行的实付金额中扣除。",
    "Money was given back: taken off what was paid for the line.",
)
DISCOUNTED = Rule(
    "discount_deducted",
    Action.MENDED,
    "有行优惠：已从单价中扣除。",
    "The line has a discount: taken off its price.",
)
HIDDEN = Rule(
    "buyer_hidden",
    Action.MENDED,
    "平台隐藏了买家（打码的昵称、虚拟号码）：留空，不用来识别客户。",
    "The platform hides the buyer (a masked name, a forwarding number): left empty; it identifies "
    "nobody.",
)
VERDICTS = {rule.id: rule for rule in (DUPLICATE, UNSOLD, STOCK, FREE, TEST_PRODUCT)}
