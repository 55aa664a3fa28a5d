"""How a benchmark is run and scored: its object, the Oumi task, the conductor, results."""
