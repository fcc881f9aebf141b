"""What tests need around them: files, variables, fixtures, stand-ins, addresses."""
