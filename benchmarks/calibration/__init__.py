"""How sure a heal is: fitted to what became of the cases of the benchmark."""
