"""The tracking API: what SDKs of Segment and RudderStack send, durable before it is answered.

A plain ASGI application without Django's views, because an event costs a hundredth of a page. What
it does is little: whose key is it, is it JSON, is it small enough, and into the inbox with it. What
an event means, and whether it can be, is found out by the pump (see `zhiyin.collect.pump`).
"""
