"""What customers are like and what they will probably do next: one file a question.

Every question keeps one contract: `fit(history, as_of)` learns from what was known before a date,
`score` answers for each customer, `explain` says why, and `scorecard.backtest` compares the answer
with a naive baseline at several dates in the past. No screens and no storage of scores here;
`training.train_all` is the one call that an application needs.
"""
