"""The gRPC face: translate, call, translate back."""
