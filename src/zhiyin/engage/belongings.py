"""Campaigns and messages of customers who become one person: of one campaign each person is in it
once and gets one message."""

from __future__ import annotations

from zhiyin.customers.identities.homes import belongs

belongs("engage_campaignmember", once=("campaign_id",))
belongs("engage_message", once=("campaign_id",))
