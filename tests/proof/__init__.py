"""Proofs that do not trust the policy's own code: planted values, and readers who dig for them."""
