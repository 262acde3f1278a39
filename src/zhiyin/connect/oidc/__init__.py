"""Signing in with the company's own provider by OpenID Connect: authorization code with PKCE.

Everything asked of the provider goes through the one client for outgoing HTTP. The token is always
checked by its signature, also where it came straight from the token endpoint. Whom it lets in, and
as what, `zhiyin.accounts.federating` decides.
"""
