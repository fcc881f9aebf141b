"""Plants bugs in the product of real packages and heals: an applied heal would be a false one."""
