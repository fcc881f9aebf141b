"""Templates in git: a bare repository a tenant, a branch a template, a commit and a tag a version."""
