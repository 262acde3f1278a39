"""Tables of the people who work here, of what they may, of the audit trail and of long work.

Customers are not here. The audit tables are append-only: triggers made by the migrations refuse to
change them (see audit.py).
"""

from zhiyin.accounts.models.federation import GroupRule, Identity, SignInRules
from zhiyin.accounts.models.idempotent import KeptAnswer, RequestCount
from zhiyin.accounts.models.people import (
    Department,
    Locale,
    Theme,
    User,
    UserManager,
    normal_email,
)
from zhiyin.accounts.models.policy import PolicyDraft, PolicyVersion
from zhiyin.accounts.models.reach import (
    Delegation,
    Share,
    Territory,
    TerritoryMember,
    TerritoryRule,
)
from zhiyin.accounts.models.sign_in import KnownDevice, Session, SignInAttempts, SpentCode
from zhiyin.accounts.models.tokens import AccessToken
from zhiyin.accounts.models.trail import AuditEntry, AuditFacts, AuditHead, AuditPending
from zhiyin.accounts.models.work import Work
from zhiyin.accounts.models.workspace import Workspace

__all__ = [
    "AccessToken",
    "AuditEntry",
    "AuditFacts",
    "AuditHead",
    "AuditPending",
    "Delegation",
    "Department",
    "GroupRule",
    "Identity",
    "KeptAnswer",
    "KnownDevice",
    "Locale",
    "PolicyDraft",
    "PolicyVersion",
    "RequestCount",
    "Session",
    "Share",
    "SignInAttempts",
    "SignInRules",
    "SpentCode",
    "Territory",
    "TerritoryMember",
    "TerritoryRule",
    "Theme",
    "User",
    "UserManager",
    "Work",
    "Workspace",
    "normal_email",
]
