"""Zhiyin 知音: an open, bilingual intelligent CRM on a customer data platform."""

__version__ = "0.1.0"
