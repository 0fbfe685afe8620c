"""The versions of the job table (Alembic); the store upgrades itself at first use."""
