"""What the HTTP APIs of all objects share (lists, custom fields, changes), and /views."""
