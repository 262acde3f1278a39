"""Whom does an offer change? Not who will buy, but who will buy because of it.

    from zhiyin.insight import uplift
    answer = uplift.fit(people, treated="mailed", outcome="visit")
    answer.decision, answer.score()

Learned from an experiment: people who got the offer by lot, and people who did not. S-, T- and
X-learners stand beside the response model (who buys when asked), judged by Qini on people they have
not seen. Where ranking people is not found to pay, the answer is to send to all or to none, and
says so. Without a lot the question is refused: what differed before would pass for an effect.
"""

from zhiyin.insight.uplift.deciding import Decision, Send
from zhiyin.insight.uplift.fitting import UpliftModel, fit
from zhiyin.insight.uplift.qini import qini, qini_curve
from zhiyin.insight.uplift.randomised import Balance, NotRandomisedError

__all__ = [
    "Balance",
    "Decision",
    "NotRandomisedError",
    "Send",
    "UpliftModel",
    "fit",
    "qini",
    "qini_curve",
]
