"""Acting on what is known: campaigns with a hold-out, messages, and the measured result."""
