"""The async client of Maestro: typed stubs that carry a token, keep deadlines, retry, and raise one error.

```python
from maestro.healing.v1 import healing_pb2
from maestro_client import connect

async with connect("127.0.0.1:8003", token) as maestro:
    answer = await maestro.healing.ListHealings(healing_pb2.ListHealingsRequest(parent=maestro.parent))
```
"""

from maestro_client.connection import Endpoints, Maestro, connect
from maestro_client.errors import FieldViolation, MaestroError
from maestro_client.streams import logs, watch
from maestro_client.templates import files_below, files_in, write_files
from maestro_client.transfer import Archive, download_artifact, upload_project, upload_workspace
from maestro_client.tunnel import tunnel

__all__ = [
    "Archive",
    "Endpoints",
    "FieldViolation",
    "Maestro",
    "MaestroError",
    "connect",
    "download_artifact",
    "files_below",
    "files_in",
    "logs",
    "tunnel",
    "upload_project",
    "upload_workspace",
    "watch",
    "write_files",
]
