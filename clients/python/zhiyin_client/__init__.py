"""A typed client of the Zhiyin API: `Client("https://crm.example.com", "zy_…")`."""

from zhiyin_client import errors, models
from zhiyin_client.client import Client

__all__ = ["Client", "errors", "models"]
