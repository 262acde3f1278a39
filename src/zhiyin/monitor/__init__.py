"""Looking: the manager's dashboard and everyone's day. Reads only; it owns no customer data."""
