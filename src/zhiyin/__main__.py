"""`python -m zhiyin` is the command `zhiyin`."""

import sys

from zhiyin.cli import main

sys.exit(main())
