"""Who is asking, and what they may: identity, quotas, request ids, signed links."""
