"""JSON for programs: transfers, jobs, and how bodies are read, written and described."""
