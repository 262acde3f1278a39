"""What every endpoint of the HTTP API shares (problems, cursors, who asks), and /me."""
