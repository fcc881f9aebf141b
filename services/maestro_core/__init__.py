"""What the three services share: errors, storage, events and the gRPC server. It knows no service."""
