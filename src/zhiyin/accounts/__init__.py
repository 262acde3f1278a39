"""People who work here: users, departments, roles, the access policy, the audit trail."""
