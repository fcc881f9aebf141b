"""Rendering in worker processes: forked beforehand, held in by limits, killed when late, replaced at once."""
