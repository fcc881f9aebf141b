"""One module for each thing a caller can do; both doors (RPC and stream) end here."""
