"""The tracking plan: what a source says that it sends, and how what comes differs from it.

`schema` is the plan as a document, `checking` compiles it, `watching` holds what one process knows
of a source, `step` is its place in the pipeline, `noting` writes down what was learnt and counted.
"""
