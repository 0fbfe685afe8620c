"""Everything to run the program with; nothing of the program itself."""
