"""What is told while it happens: server-sent events and Socket.IO."""
