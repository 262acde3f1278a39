"""What kind of file some bytes are, and whether they are more than one kind at once.

Pure functions over a seekable file: no name, no declared type and no database is asked.
"""

from zhiyin.files.types.finding import Found, find
from zhiyin.files.types.kinds import UNKNOWN, Doubt, Family, Kind, kind

__all__ = ["UNKNOWN", "Doubt", "Family", "Found", "Kind", "find", "kind"]
