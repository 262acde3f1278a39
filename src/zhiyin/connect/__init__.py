"""What leaves for other systems: the one client for outgoing HTTP, and webhooks.

Rooms above say what happened (`outbox.tell`) and how much of it an endpoint's owner may know
(`catalogue.register`); when, how often and to which address, is decided here.
"""
