"""The index of templates and their versions in the service's own database."""
