"""Finds out why a test fails:
what changed in the product, and whether the product or the test is out of date.
"""
