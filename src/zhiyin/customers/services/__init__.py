"""What people do in this room, a use case a function: each asks the access policy, writes in one
transaction, and leaves its trace in the audit trail and on the timeline."""
