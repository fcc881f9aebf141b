"""What a template is and what may be done with it: plain typed Python."""
