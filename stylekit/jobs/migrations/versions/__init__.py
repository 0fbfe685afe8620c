"""One module for each change of the job table, oldest first."""
