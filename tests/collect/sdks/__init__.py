"""Unmodified SDKs of Segment and RudderStack against our own server, over real sockets."""
