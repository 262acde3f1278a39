"""From the inbox to events, people and the lake."""
