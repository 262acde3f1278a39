"""The HTTP API put together; `python -m zhiyin.console.api` writes its description."""
