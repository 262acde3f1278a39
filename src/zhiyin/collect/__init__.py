"""How data comes in: sources, imports, hot events of the last months, and the pipeline's door."""
