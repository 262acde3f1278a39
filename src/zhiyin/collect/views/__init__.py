"""The screens of imports and sources."""
