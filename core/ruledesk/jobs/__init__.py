"""Background jobs: work that belongs to no ticket, done once by whoever is free."""
