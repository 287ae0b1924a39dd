"""How a file is made that only the user may read who runs the exchange, whatever the umask of the process is."""

import os

FILE = 0o600


def private(path: str, flags: int) -> int:
    """Open a file, as `opener` of `open`, with the rights that it has from its first byte on."""
    descriptor = os.open(path, flags, FILE)
    os.fchmod(descriptor, FILE)
    return descriptor
