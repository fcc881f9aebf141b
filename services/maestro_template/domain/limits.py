"""How large things may be. Every limit is checked before anything is stored or rendered."""

from typing import Final

MAX_FILES: Final = 2_000
MAX_FILE_BYTES: Final = 4 * 1024 * 1024
MAX_TEMPLATE_BYTES: Final = 8 * 1024 * 1024
MAX_MANIFEST_BYTES: Final = 256 * 1024
MAX_PATH_BYTES: Final = 1_024
MAX_DEPTH: Final = 100
MAX_SEGMENT_BYTES: Final = 255
MAX_ANSWERS_BYTES: Final = 256 * 1024
MAX_OUTPUT_FILES: Final = 4_000
MAX_OUTPUT_BYTES: Final = 12 * 1024 * 1024
