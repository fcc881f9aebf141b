"""What the Environment service is about, in plain Python: no grpc, no SQL, no redis."""
