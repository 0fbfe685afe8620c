"""Live updates: server-sent events and Socket.IO."""
