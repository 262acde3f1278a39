"""The database itself refuses to change the audit trail, whatever Python is told to do."""

from django.db import migrations

FORBID = """
create function accounts_audit_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the audit trail is append-only: % on % refused', tg_op, tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;

create trigger audit_no_change before update or delete on accounts_auditentry
    for each row execute function accounts_audit_is_append_only();
create trigger audit_no_truncate before truncate on accounts_auditentry
    for each statement execute function accounts_audit_is_append_only();

-- What waits for the chainer may only leave towards the chain.
create trigger audit_no_change before update on accounts_auditpending
    for each row execute function accounts_audit_is_append_only();
create trigger audit_no_truncate before truncate on accounts_auditpending
    for each statement execute function accounts_audit_is_append_only();

create trigger audit_no_delete before delete on accounts_audithead
    for each row execute function accounts_audit_is_append_only();
create trigger audit_no_truncate before truncate on accounts_audithead
    for each statement execute function accounts_audit_is_append_only();
"""

ALLOW = """
drop trigger audit_no_change on accounts_auditentry;
drop trigger audit_no_truncate on accounts_auditentry;
drop trigger audit_no_change on accounts_auditpending;
drop trigger audit_no_truncate on accounts_auditpending;
drop trigger audit_no_delete on accounts_audithead;
drop trigger audit_no_truncate on accounts_audithead;
drop function accounts_audit_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunSQL(FORBID, ALLOW)]
