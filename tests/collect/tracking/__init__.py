"""The tracking API over real sockets."""
