"""Proofs that do not trust the policy's own code: a company of planted values, and those who dig."""
