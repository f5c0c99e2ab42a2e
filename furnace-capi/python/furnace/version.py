"""Which version this is."""

VERSION = "0.1.0"


def get_version() -> str:
    """The version of this package, which is also that of the library it needs."""
    return VERSION
