"""Opens files that only the exchange's own user may read, whatever the umask of the process is."""

import os

FILE = 0o600


def open_private(path: str, flags: int) -> int:
    """An `opener` for `open` that restricts the permissions of the file before anything is written."""
    descriptor = os.open(path, flags, FILE)
    os.fchmod(descriptor, FILE)
    return descriptor
