"""The product's settings with Django's admin in place of our screens.

Our gate is left out, since it refuses routes without a rule: the peer is spared that work.
"""

from zhiyin.settings import *  # noqa: F403
from zhiyin.settings import INSTALLED_APPS, MIDDLEWARE

INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.admin"]
MIDDLEWARE = [one for one in MIDDLEWARE if not one.startswith("zhiyin.")]
ROOT_URLCONF = "benchmarks.admin.urls"
