"""What stands around a million customers: colleagues, companies, and what people wrote and did.

A fifth as many companies as customers. Everybody of the first fifth belongs to a company of their
own, and five eighths of the others to one drawn so that few companies have thousands of people and
most have one to four. Seven customers in ten have an owner among forty salespeople of eight
departments, so that row-level security has something to hold back.

Five activities a customer, each a row that stands on a timeline or beside a record, counted as:

    1.6 notes on customers                    1.2 changes of a customer's profile
    0.8 tasks for customers, nine in ten done 0.3 changes of a company's fields
    0.8 comments on customers                 0.3 comments on companies

Activities are spread by the square of chance: the most active of a million customers has some
thousands, half of them a few. Events, orders and messages count apart. Ten thousand customers,
evenly among the others, have one tag, for changes of many rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

COMPANIES_A_CUSTOMER = 0.2
TEAMS = 8
SALESPEOPLE = 40
OWNED, EMPLOYED = 0.7, 0.625
SALESPERSON = "bench00@example.com"
MAILING, MAILED = "mailing", 10_000  # a tag, and how many customers have it
TABLES = (
    "customers_company", "customers_note", "customers_task", "customers_profilechange",
    "talk_comment", "objects_fieldchange",
)  # fmt: skip

# Dice of an activity or a person n; an index below `size`, small ones more often the higher `bend`.
_MACROS = """
create macro dice(n, salt) as (hash(n::bigint * 131 + salt) % 1000000007) / 1000000007.0;
create macro one_of(size, bend, n, salt) as
    least(size - 1, floor(size * pow(dice(n, salt), bend)))::bigint;
create macro company_id(n) as
    '01980000-0000-7000-8000-' || lpad(format('{{:x}}', n::bigint), 12, '0');
create macro moment_id(since, n) as
    substr(lpad(format('{{:x}}', epoch_ms(since)), 12, '0'), 1, 8) || '-'
    || substr(lpad(format('{{:x}}', epoch_ms(since)), 12, '0'), 9) || '-7000-8000-'
    || lpad(format('{{:x}}', n::bigint), 12, '0');
create macro employer(n) as case when n < getvariable('companies') then n
    when dice(n, 41) < {employed} then one_of(getvariable('companies'), 2.5, n, 42) end;
create macro salesperson(n) as case when dice(n, 43) < {owned}
    then floor({salespeople} * dice(n, 44))::bigint end;
create macro tagged(n) as n % {apart} = 0 and n / {apart} < {mailed};
create macro colleague(n, salt) as
    getvariable('users')[1 + floor({salespeople} * dice(n, salt))::int];
create macro team(n) as getvariable('departments')[1 + coalesce(salesperson(n) % {teams},
    floor({teams} * dice(n, 45)))::int];
create macro before_now(n, salt, days) as
    date_trunc('milliseconds',
        '{now}'::timestamptz - to_seconds(86400 * days * pow(dice(n, salt), 2)));
"""

COMPANIES = """
with people as (
    select employer(p."Customer"::bigint - 10000000) as company, count(*) as people,
        sum(coalesce(b.orders, 0)) as orders, sum(round(coalesce(b.revenue, 0), 2)) as revenue,
        max(b.last) as last
    from profiles p left join bought b on b.ref = p."Customer" group by 1
)
select company_id(n) as id, '9131' || lpad(n::text, 14, '0') as number,
    place.city || words[1 + floor(len(words) * dice(n, 51))::int]
        || words[1 + floor(len(words) * dice(n, 52))::int]
        || words[1 + floor(len(words) * dice(n, 53))::int]
        || trades[1 + floor(len(trades) * dice(n, 54))::int] || '有限公司' as name,
    ['retail', 'wholesale', 'hospitality', 'manufacturing', 'services', 'technology', 'finance',
     'education', 'health', 'public', 'other'][1 + floor(11 * pow(dice(n, 55), 1.5))::int]
        as industry,
    case when people < 2 then 'micro' when people < 5 then 'small' when people < 50 then 'medium'
        when people < 500 then 'large' else 'huge' end as size,
    'China' as country, place.province as province, place.city as city,
    'https://c' || n || '.example.com' as website,
    case when dice(n, 56) < 0.1 then '{{partner}}' else '{{}}' end as tags,
    case when dice(n, 57) < 0.7 then colleague(n, 58) end as owner_id,
    getvariable('departments')[1 + floor(8 * dice(n, 59))::int] as department_id,
    true as simulated, before_now(n, 60, 700) as created_at, 1 as version,
    people as headcount, orders, revenue, last as last_order_at, '{now}'::timestamptz as figures_at
from (
    select company as n, people.* exclude (company),
        [{{'city': '上海', 'province': '上海市'}}, {{'city': '深圳', 'province': '广东省'}},
         {{'city': '广州', 'province': '广东省'}}, {{'city': '北京', 'province': '北京市'}},
         {{'city': '杭州', 'province': '浙江省'}}, {{'city': '成都', 'province': '四川省'}},
         {{'city': '武汉', 'province': '湖北省'}}, {{'city': '青岛', 'province': '山东省'}}]
            [1 + floor(8 * pow(dice(company, 50), 1.6))::int] as place,
        ['华', '诚', '盛', '瑞', '恒', '嘉', '鼎', '安', '远', '和', '宏', '达', '泰', '新', '康',
         '辰', '锦', '博', '源', '立', '明', '天', '海', '荣', '信', '优', '佳', '星', '禾', '木']
            as words,
        ['商贸', '科技', '食品', '服饰', '家居', '电子', '餐饮管理', '文化传媒', '供应链', '贸易']
            as trades
    from people where company is not null
)
"""

_OF_CUSTOMER = "owner_id(10000000 + one_of({customers}, 2, n, {salt}))"
_OF_COMPANY = "company_id(one_of({companies}, 2, n, {salt}))"
_SAYINGS = """['客户希望下周三前收到报价，已转给仓库确认库存。', '电话里说对上次的包装很满意。',
    'Asked whether the blue ones come back in spring.', '要求开增值税专用发票，税号已核对。',
    '等对方财务付款，下月初再联系。',
    'Prefers a call after four.', '想把三个门店的订单合在一起发货。',
    '对价格敏感，可以先寄样品。'][1 + floor(8 * dice(n, {salt}))::int]"""


@dataclass(frozen=True)
class Surroundings:
    """How many there are of each, and whose they are."""

    customers: int
    users: list[str]
    departments: list[str]

    @property
    def companies(self) -> int:
        return max(1, int(self.customers * COMPANIES_A_CUSTOMER))

    def prepare(self, engine: duckdb.DuckDBPyConnection, now: str) -> None:
        """The words that the queries, and those of the customers, are written in."""
        engine.execute("set variable companies = ?", [self.companies])
        engine.execute("set variable users = ?", [self.users])
        engine.execute("set variable departments = ?", [self.departments])
        engine.execute(
            _MACROS.format(
                now=now,
                employed=EMPLOYED,
                owned=OWNED,
                salespeople=SALESPEOPLE,
                teams=TEAMS,
                apart=max(1, self.customers // MAILED),
                mailed=MAILED,
            )
        )

    def activities(self) -> dict[str, list[str]]:
        """By table, the queries of the activities in it."""
        return {
            "customers_note": [self._rows(1.6, 61, _OF_CUSTOMER, f"""
                select moment_id(made, n) as id, whom::uuid as customer_id,
                    {_SAYINGS.format(salt=62)} as text, colleague(n, 63) as by_id, made as at""")],
            "customers_task": [self._rows(0.8, 64, _OF_CUSTOMER, """
                select moment_id(made, n) as id, whom::uuid as customer_id,
                    ['回访', '寄样品', '发报价', '跟进付款', 'Call back', '确认收货']
                        [1 + floor(6 * dice(n, 65))::int] as title,
                    colleague(n, 66) as owner_id, colleague(n, 66) as created_by_id,
                    made as created_at, made + interval 5 day as due_at,
                    case when dice(n, 67) < 0.9
                        then least(made + interval 3 day, '{now}'::timestamptz) end as done_at""")],
            "customers_profilechange": [self._rows(1.2, 68, _OF_CUSTOMER, """
                select whom::uuid as customer_id,
                    ['city', 'job_title', 'tags', 'owner_id'][1 + floor(4 * dice(n, 69))::int]
                        as field, '' as before, '上海' as after, colleague(n, 70) as by_id,
                    made as at""")],
            "talk_comment": [self._comments(0.8, 71, "customer", _OF_CUSTOMER),
                             self._comments(0.3, 74, "company", _OF_COMPANY)],
            "objects_fieldchange": [self._rows(0.3, 77, _OF_COMPANY, """
                select 'company' as object_type, whom::uuid as row, 'city' as field, '' as before,
                    '上海' as after, colleague(n, 78) as by_id, made as at""")],
        }  # fmt: skip

    def _comments(self, share: float, salt: int, kind: str, whom: str) -> str:
        return self._rows(share, salt, whom, f"""
            select moment_id(made, n + {salt}000000000) as id, '{kind}' as record_type,
                whom::uuid as record_id, {_SAYINGS.format(salt=salt + 1)} as text,
                colleague(n, {salt + 2}) as by_id, '{{{{}}}}' as mentions,
                made as created_at""")  # fmt: skip

    def _rows(self, share: float, salt: int, whom: str, told: str) -> str:
        whose = whom.format(customers=self.customers, companies=self.companies, salt=salt)
        return f"""{told} from (
            select n, {whose} as whom, before_now(n, {salt + 30}, 700) as made
            from range({int(self.customers * share)}) as t(n))"""


def colleagues() -> tuple[list[str], list[str]]:
    """Salespeople and the departments that they work in, made where they are not there yet."""
    from zhiyin.accounts.departments import create_department
    from zhiyin.accounts.models import Department, User
    from zhiyin.accounts.roles import Role
    from zhiyin.accounts.services import create_user

    teams = list(Department.objects.filter(name_en__startswith="Bench").order_by("name_en"))
    if not teams:
        teams = [
            create_department(by=None, name_zh=f"测试{n}部", name_en=f"Bench {n}")
            for n in range(TEAMS)
        ]
        for n in range(SALESPEOPLE):
            create_user(by=None, email=f"bench{n:02}@example.com", name=f"Bench {n}",
                        roles=[Role.SALES], department=teams[n % TEAMS])  # fmt: skip
    people = User.objects.filter(email__regex=r"^bench\d\d@").order_by("email")
    return [str(one.pk) for one in people], [str(one.pk) for one in teams]
