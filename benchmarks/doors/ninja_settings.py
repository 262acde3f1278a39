"""The product's settings without what the product puts before a view."""

from zhiyin.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.doors.ninja"
MIDDLEWARE: list[str] = []
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes"]
AUTH_USER_MODEL = "auth.User"
