"""The Template service: a versioned, searchable catalogue of templates, rendered where nothing escapes."""
