"""The fields that an import can fill: their names, labels, and the headers people give them.

One catalogue for each kind of file. `mapping` guesses with it, the screen shows its labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What one row of the file is."""

    ORDERS = "orders"
    CUSTOMERS = "customers"
    EVENTS = "events"


@dataclass(frozen=True)
class Field:
    """One field: `headers` are known column names, compared without case, spaces and signs."""

    name: str
    zh: str
    en: str
    headers: tuple[str, ...]
    required: str = ""  # a group name: one field of each group must have a column


def _field(name: str, zh: str, en: str, headers: str, required: str = "") -> Field:
    return Field(name, zh, en, tuple(headers.split()), required)


_CUSTOMER_REF = (
    "customerid customerref customerno customernumber customercode customer clientid userid "
    "memberid memberno buyerid openid uid 客户编号 客户id 客户号 客户代码 会员号 会员编号 会员id "
    "用户id 用户编号 买家id 顾客编号"
)
_EMAIL = "email emailaddress mail customeremail useremail 邮箱 电子邮箱 邮件 邮箱地址 电子邮件"
_PHONE = (
    "phone phonenumber mobile mobilephone mobilenumber tel telephone cell cellphone contact "
    "手机 手机号 手机号码 电话 电话号码 联系电话 移动电话 联系方式"
)
_MEMBER_CARD = "membercard cardno cardnumber loyaltycard membershipcard 会员卡 会员卡号 卡号"
_DEVICE = (
    "deviceid device appdevice anonymousid cookieid visitorid clientid sessionid "
    "设备号 设备id 访客id"
)
# Whoever published something: a handle at some place, and nobody until it is linked.
_AUTHOR = (
    " author handle nickname username screenname reviewer 作者 昵称 用户名 用户昵称 发布者 评论者 "
    "网名"
)
_CURRENCY = _field("currency", "货币", "Currency", "currency currencycode 货币 币种")

ORDERS = (
    _field(
        "order_number", "订单号", "Order number",
        "invoiceno invoice invoicenumber invoiceid orderno orderid ordernumber order receiptno "
        "receipt "
        "transactionid basketid 订单号 订单编号 单号 订单id 发票号 小票号 交易号 流水号",
        required="order_number",
    ),
    _field(
        "ordered_at", "下单时间", "Time of order",
        "invoicedate orderdate orderedat ordertime orderdatetime date datetime time timestamp "
        "createdat datecreated paidat soldat transactiondate purchasedate tsus "
        "下单时间 订单时间 订单日期 下单日期 "
        "日期 时间 付款时间 支付时间 成交时间 交易时间 销售日期 购买日期",
        required="ordered_at",
    ),
    _field(
        "sku", "商品编码", "Product code",
        "stockcode sku productid productcode itemid itemcode itemno productno barcode skuid "
        "商品编码 商品编号 商品代码 商品id 货号 条码 产品编码 产品编号 物料编码",
    ),
    _field(
        "product_name", "商品名称", "Product name",
        "description productname product itemname item name title lineitemname "
        "商品名称 商品名 品名 产品名称 商品 产品 商品标题 宝贝标题",
    ),
    _field(
        "quantity", "数量", "Quantity",
        "quantity qty units count amountofitems lineitemquantity pieces "
        "数量 件数 购买数量 销售数量 商品数量",
    ),
    _field(
        "unit_price", "单价", "Unit price",
        "unitprice price priceeach itemprice lineitemprice 单价 价格 售价 商品单价 销售单价 成交价",
        required="price",
    ),
    _field(
        "amount", "金额", "Line amount",
        "amount total totalprice linetotal totalamount revenue sales subtotal "
        "金额 总价 小计 行金额 销售额 实付金额 实付款 订单金额 合计 总金额",
        required="price",
    ),
    _field("customer_ref", "客户编号", "Customer number", _CUSTOMER_REF),
    _field("email", "邮箱", "E-mail", _EMAIL),
    _field("phone", "手机", "Phone", _PHONE),
    _field("member_card", "会员卡号", "Member card", _MEMBER_CARD),
    _field("country", "国家", "Country", "country countryname shippingcountry 国家 国家地区"),
    _CURRENCY,
)  # fmt: skip

CUSTOMERS = (
    _field("customer_ref", "客户编号", "Customer number", _CUSTOMER_REF + " id 编号",
           required="who"),
    _field("name", "姓名", "Name",
           "name fullname customername contactname username realname "
           "姓名 客户姓名 名字 客户名称 联系人 会员姓名 真实姓名 客户"),
    _field("family_name", "姓", "Family name", "lastname surname familyname 姓 姓氏"),
    _field("given_name", "名", "Given name", "firstname givenname forename 名"),
    _field("email", "邮箱", "E-mail", _EMAIL, required="who"),
    _field("phone", "手机", "Phone", _PHONE, required="who"),
    _field("gender", "性别", "Gender", "gender sex 性别"),
    _field("birthday", "生日", "Birthday",
           "birthday birthdate dateofbirth dob 生日 出生日期 出生年月日"),
    _field("company", "公司", "Company", "company companyname organization "
           "公司 公司名称 单位 企业"),
    _field("address", "地址", "Address", "address street streetaddress 地址 详细地址 收货地址"),
    _field("city", "城市", "City", "city town 城市 所在城市 市"),
    _field("province", "省份", "Province", "province state region 省份 省 所在省份 地区"),
    _field("country", "国家", "Country", "country countryname 国家 国家地区"),
    _field("language", "语言", "Language", "language locale lang preferredlanguage 语言 首选语言"),
    _field("consent_email", "邮件同意", "Consent to e-mail",
           "consentemail emailconsent emailoptin acceptsemail acceptsmarketing newsletter "
           "邮件同意 邮件订阅 接收邮件 同意邮件营销"),
    _field("consent_sms", "短信同意", "Consent to SMS",
           "consentsms smsconsent smsoptin acceptssms 短信同意 短信订阅 接收短信 同意短信营销"),
    _field("consent_profiling", "画像同意", "Consent to profiling",
           "consentprofiling profilingconsent personalization 画像同意 个性化同意 同意画像"),
    _field("tags", "标签", "Tags", "tags tag labels label 标签 客户标签"),
    _field("department_code", "部门", "Department",
           "departmentcode department dept store storecode branch 部门 部门编码 "
           "门店 门店编码 网点"),
    _field("member_card", "会员卡号", "Member card", _MEMBER_CARD, required="who"),
    _field("device_id", "设备号", "Device id", _DEVICE, required="who"),
    _field("wechat", "微信", "WeChat",
           "wechat wechatid weixin unionid 微信 微信号 微信id", required="who"),
    _field("created_at", "注册时间", "Customer since",
           "createdat registeredat signupdate joindate since 注册时间 注册日期 创建时间 入会时间"),
)  # fmt: skip

EVENTS = (
    _field("name", "事件", "Event",
           "event eventname name type eventtype action 事件 事件名 事件名称 行为 类型",
           required="name"),
    _field("occurred_at", "时间", "Time",
           "time timestamp occurredat eventtime datetime date ts sentat createdat "
           "originaltimestamp publishedat pubdate postedat reviewedat 时间 事件时间 发生时间 日期 "
           "发布时间 评论时间 评价时间 发表时间", required="occurred_at"),
    _field("customer_ref", "客户编号", "Customer number", _CUSTOMER_REF, required="who"),
    _field("email", "邮箱", "E-mail", _EMAIL, required="who"),
    _field("phone", "手机", "Phone", _PHONE, required="who"),
    _field("device_id", "设备号", "Device id", _DEVICE + _AUTHOR, required="who"),
    _field("message_id", "消息号", "Message id", "messageid eventid insertid 消息id 事件id"),
    _field("properties", "属性", "Properties",
           "properties props payload data attributes 属性 参数"),
)  # fmt: skip

CATALOGUE: dict[Kind, tuple[Field, ...]] = {
    Kind.ORDERS: ORDERS,
    Kind.CUSTOMERS: CUSTOMERS,
    Kind.EVENTS: EVENTS,
}


def field(kind: Kind, name: str) -> Field:
    """One field of the catalogue."""
    return next(entry for entry in CATALOGUE[kind] if entry.name == name)


def required_groups(kind: Kind) -> dict[str, list[Field]]:
    """Fields of which at least one in each group needs a column."""
    groups: dict[str, list[Field]] = {}
    for entry in CATALOGUE[kind]:
        if entry.required:
            groups.setdefault(entry.required, []).append(entry)
    return groups
