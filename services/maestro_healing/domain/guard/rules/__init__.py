"""What counts as a weakening, one module per family."""
