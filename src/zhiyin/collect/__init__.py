"""How data comes in: sources, imports, the hot events of the last months, and the pipeline's door."""
