"""What a caller can ask for, and the maintenance that keeps rows, messages and files together."""
