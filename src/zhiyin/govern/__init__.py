"""What a customer allowed: consent by channel and purpose, and the suppression list."""
