"""Two other doors for the same events, to measure ours against."""
