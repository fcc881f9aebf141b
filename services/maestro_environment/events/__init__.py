"""The command stream's door, and what changes look like on the streams."""
