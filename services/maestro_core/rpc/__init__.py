"""The gRPC server, and what every call goes through."""
