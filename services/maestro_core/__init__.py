"""What the three services share: errors, storage, events and the gRPC server. It knows no service."""

import os

# Every process that we fork becomes another program at once; gRPC's own care for forks only gets in its way.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
