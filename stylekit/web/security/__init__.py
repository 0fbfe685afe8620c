"""Identity, access control, quotas, request ids, signed links."""
