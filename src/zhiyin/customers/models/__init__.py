"""Tables of the customers room, a file a theme."""

from zhiyin.customers.models.company import Company
from zhiyin.customers.models.golden import SourceRecord, SourceTrust, Survivorship
from zhiyin.customers.models.identity import (
    Displaced,
    Identifier,
    Joining,
    Link,
    OwnProfile,
    Proposal,
    Statement,
)
from zhiyin.customers.models.person import Customer, CustomerSearch, ProfileChange
from zhiyin.customers.models.relations import GivenTag, Group, GroupMember, TagRule
from zhiyin.customers.models.segment import (
    Segment,
    SegmentMember,
    SegmentVersion,
)
from zhiyin.customers.models.task import Note, Task
from zhiyin.customers.models.trade import Order, OrderLine, Product
from zhiyin.customers.models.understanding import ModelVersion, Reached, Score

__all__ = [
    "Company",
    "Customer",
    "CustomerSearch",
    "Displaced",
    "GivenTag",
    "Group",
    "GroupMember",
    "Identifier",
    "Joining",
    "Link",
    "ModelVersion",
    "Note",
    "Order",
    "OrderLine",
    "OwnProfile",
    "Product",
    "ProfileChange",
    "Proposal",
    "Reached",
    "Score",
    "Segment",
    "SegmentMember",
    "SegmentVersion",
    "SourceRecord",
    "SourceTrust",
    "Statement",
    "Survivorship",
    "TagRule",
    "Task",
]
