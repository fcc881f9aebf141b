"""Servicers: translate, authorise, call."""
