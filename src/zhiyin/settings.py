"""Every setting, read once from the environment: default, unit, and when to change it.

Nothing here opens a connection or starts a server: `zhiyin.cli` does, before Django is set up.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
from psycopg.conninfo import conninfo_to_dict

from zhiyin.logs import configure_logging

django_stubs_ext.monkeypatch()  # lets forms and managers name their model in a type

ROOT = Path(__file__).resolve().parent

# Everything that is kept (database, lake, secrets, uploads). Change it to use another disk.
DATA = Path(os.environ.get("ZHIYIN_DATA", ".zhiyin")).resolve()

# A libpq URL. Set it to use your own PostgreSQL instead of the embedded one.
DATABASE_URL = os.environ.get("DATABASE_URL", "postgresql://zhiyin@/zhiyin?host=/nowhere")

# Where the lake lives: a folder or s3://bucket/prefix. Change it when one disk is too small.
LAKE = os.environ.get("ZHIYIN_LAKE", str(DATA / "lake"))

# Options of the object store, as delta-rs takes them; credentials come from AWS_* variables.
LAKE_OPTIONS: dict[str, str] = {}

# What works out features and backtests from the lake: duckdb, in the process; local[*] or local[4],
# Spark in a Java process beside it; spark://host:port, a cluster (extra `spark`). Change it when
# one machine is too small: docs/scale.md says when that is.
ENGINE = os.environ.get("ZHIYIN_ENGINE", "duckdb")

# Host names that the web server answers to, comma-separated. Set it when others may connect.
ALLOWED_HOSTS = os.environ.get("ZHIYIN_HOSTS", "127.0.0.1,localhost,[::1]").split(",")

# Set to 1 behind TLS: cookies travel only over https then.
SECURE = os.environ.get("ZHIYIN_SECURE", "0") == "1"

# Never set in service: shows source code in error pages.
DEBUG = os.environ.get("ZHIYIN_DEBUG", "0") == "1"

# The largest upload, in bytes (default 4 GiB). Lower it on a small disk.
MAX_UPLOAD_BYTES = int(os.environ.get("ZHIYIN_MAX_UPLOAD_BYTES", str(4 * 1024**3)))

# Where attached files lie: a folder or s3://bucket/prefix (extra `s3`; credentials, region and
# endpoint from AWS_* variables). Change it when one disk is too small.
FILES_STORE = os.environ.get("ZHIYIN_FILES", str(DATA / "files"))

# The largest attached file, and all files of one record together, in bytes (50 MB and 1 GB).
MAX_FILE_BYTES = int(os.environ.get("ZHIYIN_MAX_FILE_BYTES", str(50 * 1024**2)))
MAX_RECORD_FILES_BYTES = int(os.environ.get("ZHIYIN_MAX_RECORD_FILES_BYTES", str(1024**3)))

# An origin that serves attached files and nothing else, as https://files.example.com; it leads to
# the same servers. Set it where a hostile file must not even share a site with the product.
FILES_ORIGIN = os.environ.get("ZHIYIN_FILES_ORIGIN", "").rstrip("/")
if FILES_ORIGIN:
    ALLOWED_HOSTS.append(str(urlsplit(FILES_ORIGIN).hostname))

# Who looks at files for viruses: clamd:/path/to/socket, clamd://host:3310, or command:program args
# (reads the file from its input; 0 clean, 1 infected). Without it files are "not scanned".
FILE_SCANNER = os.environ.get("ZHIYIN_FILE_SCANNER", "")

# Set to 1 to refuse files that can run something or are not what their name says; otherwise they
# are kept and only ever handed out as plain bytes.
REFUSE_DOUBTFUL_FILES = os.environ.get("ZHIYIN_REFUSE_DOUBTFUL_FILES", "0") == "1"

# The store's currency, ISO 4217; set here it overrides what the first steps asked. The demo's
# orders are in pounds.
CURRENCY = os.environ.get("ZHIYIN_CURRENCY", "GBP")

# Exceptions from the rule that outgoing HTTP goes to public addresses by https only, separated by
# commas, each `[http://]host-or-network[:port]`. Set it for receivers inside your own network.
EGRESS_ALLOW = os.environ.get("ZHIYIN_EGRESS_ALLOW", "")

# Folders of this server from which sources may read files, separated by colons, and hosts of
# databases and of file, mail and other servers that they may ask, separated by commas, each `host`
# or `host:port`. Set them for the systems that are read on a schedule; nothing else can be reached.
SOURCE_FOLDERS = [one for one in os.environ.get("ZHIYIN_SOURCE_FOLDERS", "").split(":") if one]
SOURCE_HOSTS = [
    one.strip() for one in os.environ.get("ZHIYIN_SOURCE_HOSTS", "").split(",") if one.strip()
]

# A file of certificates (PEM) that are believed beside the system's, for your own authority.
EGRESS_CA = os.environ.get("ZHIYIN_EGRESS_CA", "")

# The company's own sign-in (OpenID Connect): the provider's address as its discovery document says
# it, our client there, its secret (empty for a public client), how the button calls it, and what
# is asked for. Set the first two to let people sign in with it; docs/sign-in.md.
OIDC_ISSUER = os.environ.get("ZHIYIN_OIDC_ISSUER", "")
OIDC_CLIENT_ID = os.environ.get("ZHIYIN_OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = os.environ.get("ZHIYIN_OIDC_CLIENT_SECRET", "")
OIDC_NAME = os.environ.get("ZHIYIN_OIDC_NAME", "")
OIDC_SCOPES = os.environ.get("ZHIYIN_OIDC_SCOPES", "openid email profile")

# How long the log of webhooks is kept, in days. What is forgotten cannot be sent again.
WEBHOOK_LOG_DAYS = int(os.environ.get("ZHIYIN_WEBHOOK_LOG_DAYS", "30"))

# Seconds after which a process asks the database what the workspace was told meanwhile (company,
# currency, time zone). Lower it where several web servers must agree at once.
WORKSPACE_SECONDS: float | None = 10.0
# The same for an applied policy; None: only when told.
POLICY_SECONDS: float | None = 2.0

# Days that events stay in PostgreSQL, for timelines and triggers; the lake keeps them for ever.
# Lower it where the disk of the database is small.
HOT_DAYS = int(os.environ.get("ZHIYIN_HOT_DAYS", "90"))

# How many bytes a message to a webhook of ours may hold, and for how many days what came is kept to
# be read anew. Raise the first where a shop sends larger orders.
WEBHOOK_BODY_BYTES = int(os.environ.get("ZHIYIN_WEBHOOK_BODY_BYTES", "2000000"))
ARRIVAL_DAYS = int(os.environ.get("ZHIYIN_ARRIVAL_DAYS", "30"))

# How many bytes a request of an SDK may hold, unpacked. Segment's libraries send up to 508 kB.
TRACKING_BODY_BYTES = int(os.environ.get("ZHIYIN_TRACKING_BODY_BYTES", "512000"))

# How many messages a second one source may send through one process; 0: as many as come. Set it
# where a broken page must not fill the disk.
TRACKING_MESSAGES_A_SECOND = int(os.environ.get("ZHIYIN_TRACKING_MESSAGES_A_SECOND", "0"))

# How many names of events and properties may be learnt of one source, and of the properties of one
# event, beside those of its tracking plan. What comes under more stays out of the lake. Raise it
# where a source truly has that many.
PLAN_NAMES = int(os.environ.get("ZHIYIN_PLAN_NAMES", "2000"))
PLAN_EVENT_PROPERTIES = int(os.environ.get("ZHIYIN_PLAN_EVENT_PROPERTIES", "200"))

# The way of an event, step by step; read like MIDDLEWARE. Each entry is `step(batch) -> None`.
PIPELINE = [
    "zhiyin.govern.pipeline.turn_away",  # nobody who was erased
    "zhiyin.collect.pipeline.check",  # clock, size, duplicates
    "zhiyin.collect.plan.step.hold",  # the tracking plan of the source
    "zhiyin.customers.pipeline.identify",  # whose event is it
    "zhiyin.govern.pipeline.permit",  # consent and purpose
    "zhiyin.customers.pipeline.update",  # orders, profile counters, timeline
]

# How each room takes back what it made of a batch, when an import is undone.
PIPELINE_UNDO = [
    "zhiyin.govern.pipeline.undo",
    "zhiyin.customers.undoing.undo",
]


def _secret(name: str) -> str:
    """A secret from the environment, else one generated on first use and kept with mode 0600."""
    from_environment = os.environ.get(f"ZHIYIN_{name.upper()}")
    if from_environment:
        return from_environment
    path = DATA / "secrets" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass  # another process of this folder was quicker
        else:
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(48))
    return path.read_text()


SECRET_KEY = _secret("secret_key")
AUDIT_KEY = _secret("audit_key")  # keys the audit chain; losing it makes the chain unverifiable

INSTALLED_APPS = [
    "zhiyin.accounts",
    "zhiyin.objects",
    "zhiyin.connect",
    "zhiyin.connect.oidc",
    "zhiyin.talk",
    "zhiyin.objects.custom",
    "zhiyin.files",
    "zhiyin.collect",
    "zhiyin.customers",
    "zhiyin.understand",
    "zhiyin.quality",
    "zhiyin.govern",
    "zhiyin.engage",
    "zhiyin.monitor",
    "zhiyin.console",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_cotton.apps.SimpleAppConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "zhiyin.files.origin.FilesOrigin",
    "django.middleware.security.SecurityMiddleware",
    "zhiyin.console.assets.Assets",
    "zhiyin.console.assets.CompressPages",
    "zhiyin.console.middleware.SecurityHeaders",
    "zhiyin.console.middleware.ReadableQuery",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "zhiyin.accounts.sessions.SeenMiddleware",
    "zhiyin.accounts.bearer.BearerMiddleware",
    "zhiyin.accounts.api.limits.LimitMiddleware",
    "zhiyin.accounts.api.etags.EtagMiddleware",
    "zhiyin.accounts.api.idempotency.IdempotencyMiddleware",
    "zhiyin.console.middleware.KnownWorkspace",
    "zhiyin.accounts.gate.GateMiddleware",
    "zhiyin.accounts.api.selection.SelectionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "zhiyin.urls"
ASGI_APPLICATION = "zhiyin.asgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django_cotton.templatetags.cotton",
                "zhiyin.console.templatetags.console",
                "zhiyin.console.templatetags.parts",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "zhiyin.console.context.shell",
            ],
        },
    }
]
COTTON_DIR = "cotton"


# How a database that went away without a word is noticed: after half a minute without any answer.
# Say others in DATABASE_URL where the network is slow; a socket on the same machine needs none.
LIVELY = {
    "keepalives_idle": "15", "keepalives_interval": "5", "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}  # fmt: skip


def _database(url: str) -> dict[str, Any]:
    parts = conninfo_to_dict(url)
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST"}
    database: dict[str, Any] = {
        target: str(parts.pop(source)) for source, target in known.items() if source in parts
    }
    if "port" in parts:
        database["PORT"] = str(parts.pop("port"))
    return {
        "ENGINE": "zhiyin.accounts.database",  # PostgreSQL, which is told who asks
        **database,
        "OPTIONS": {**LIVELY, **parts, "pool": {"min_size": 1, "max_size": 12, "timeout": 20}},
    }


DATABASES = {"default": _database(DATABASE_URL)}

AUTHENTICATION_BACKENDS = ["zhiyin.accounts.backend.PeopleBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "zhiyin.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False  # this session lives on; the others end with the hash
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "zhiyin.accounts.second_factor.CodeForm",
    "reauthenticate": "zhiyin.accounts.second_factor.CodeAgainForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Zhiyin"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE

SESSION_ENGINE = "zhiyin.accounts.session_store"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [
    origin for origin in os.environ.get("ZHIYIN_ORIGINS", "").split(",") if origin
]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = os.environ.get("ZHIYIN_TIME_ZONE", "Asia/Shanghai")  # for display; storage is UTC

STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "zhiyin.console.assets.VersionedStorage"},
}
STATICFILES_FINDERS = [
    "zhiyin.console.assets.VersionedFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
WHITENOISE_USE_FINDERS = True  # served straight from the packages: no collecting step
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_TEMP_DIR = str(DATA / "uploads")  # on the disk that is watched, not in /tmp
Path(FILE_UPLOAD_TEMP_DIR).mkdir(parents=True, exist_ok=True, mode=0o700)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # the column step sends one for each column of a file

# Requests to the API a minute, for each user over all server processes. Raise it for an integration
# that has to move a lot at once; lower it where the machine is small.
API_REQUESTS_A_MINUTE = int(os.environ.get("ZHIYIN_API_REQUESTS_A_MINUTE", "1200"))

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# Outgoing mail: smtp://user:password@host:port (smtps for TLS). Without it, messages stay in the
# outbox inside the product and go to nobody.
SMTP_URL = os.environ.get("ZHIYIN_SMTP_URL", "")
MAIL_FROM = os.environ.get("ZHIYIN_MAIL_FROM", "Zhiyin <noreply@localhost>")

# Where recipients reach this installation, for the unsubscribe link. Set it with SMTP_URL.
PUBLIC_URL = os.environ.get("ZHIYIN_PUBLIC_URL", "http://127.0.0.1:8000")

LOGGING_CONFIG = None
configure_logging(level=os.environ.get("ZHIYIN_LOG", "warning"))
