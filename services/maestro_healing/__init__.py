"""Healing: finds out why tests fail, and edits the ones that are out of date."""
