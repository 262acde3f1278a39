"""The person: profile, identifiers, orders, timeline, tags, segments, scores and tasks."""
