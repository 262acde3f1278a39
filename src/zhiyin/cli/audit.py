"""The command `zhiyin audit verify`."""

from __future__ import annotations

from argparse import Namespace

from zhiyin.cli.output import Output
from zhiyin.cli.words import t
from zhiyin.cli.workspace import opened


def verify(options: Namespace, output: Output) -> int:
    """Walk the whole audit chain; 5 where anything was edited, removed, reordered or added."""
    with opened(options.data):
        from zhiyin.accounts import audit, audit_verify
        from zhiyin.accounts.models import AuditEntry

        audit.chain_pending()
        findings = audit_verify.verify()
        entries = AuditEntry.objects.count()
        said = [str(finding) for finding in findings]
        output.result(
            {"entries": entries, "intact": not said, "findings": said},
            t(f"{entries:,} 条记录，完整无误。", f"{entries:,} entries, intact.")
            if not said
            else "\n".join([t("审计链被改动：", "The audit chain was changed:"), *said]),
        )
    return 5 if said else 0
