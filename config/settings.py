"""All settings, read from the environment; a wrong value stops the start with a clear message.

``docs/configuration.md`` lists every variable. With none set the site runs embedded: SQLite and a
broker made of files, everything below ``DATA_DIR``.
"""

import os
import secrets
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from environs import Env, EnvError, validate
from kombu import Queue

from accounts.rates import read_rates

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()


def read_or_make_secret(path: Path) -> str:
    """Return the secret of an embedded site; made once, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(50))
    return path.read_text().strip()


def read_networks(name: str) -> list[Any]:
    """Return the networks that the variable ``name`` lists, separated by commas."""
    words: list[str] = env.list(name, default=[])
    try:
        return [ip_network(word.strip()) for word in words if word.strip()]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from error


try:
    DEBUG = env.bool("DEBUG", default=False)
    DATA_DIR = Path(env.str("DATA_DIR", default="") or BASE_DIR / "var").resolve()
    SECRET_KEY = env.str("SECRET_KEY", default="") or read_or_make_secret(DATA_DIR / "secret_key")

    # --- The site -----------------------------------------------------------------------------
    SITE_NAME = env.str("SITE_NAME", default="Ray, tended")
    SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
    CONTACT_EMAIL = env.str("CONTACT_EMAIL", default="")
    _site = urlsplit(SITE_URL)
    if _site.scheme not in ("http", "https") or not _site.hostname:
        raise ImproperlyConfigured(f"SITE_URL: {SITE_URL!r} is not an http or https address")
    IS_HTTPS = _site.scheme == "https"
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[_site.hostname, "localhost", "127.0.0.1"])
    CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[SITE_URL])

    # --- Who asks, and how often ------------------------------------------------------------------
    # Proxies whose word about the client's address is taken.
    TRUSTED_PROXIES = read_networks("TRUSTED_PROXIES")
    try:
        RATE_LIMITS = read_rates(env.list("RATE_LIMITS", default=[]))
    except ValueError as error:
        raise ImproperlyConfigured(f"RATE_LIMITS: {error}") from error

    # Links to other sites that somebody new may add: at once, and in what waits for a moderator.
    NEWCOMER_LINKS_PER_EDIT = env.int("NEWCOMER_LINKS_PER_EDIT", default=2)
    NEWCOMER_LINKS_PER_PROPOSAL = env.int("NEWCOMER_LINKS_PER_PROPOSAL", default=10)

    # Whether people without an account may propose changes.
    ANONYMOUS_PROPOSALS = env.bool("ANONYMOUS_PROPOSALS", default=True)

    # Who sends a form for everybody sooner than that is a program.
    FORM_TRAP_SECONDS = env.int("FORM_TRAP_SECONDS", default=2)

    # --- Databases: SQLite embedded, PostgreSQL for many ---------------------------------------
    DATABASE_URL = env.str("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'perennial.sqlite3'}")
    DATABASES = {"default": env.dj_db_url("DATABASE_URL", default=DATABASE_URL)}
    DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=8)

    # --- Redis, Celery -------------------------------------------------------------------------
    REDIS_URL = env.str("REDIS_URL", default="")
    CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL or "filesystem://localhost")

    # --- Trust: who moves up and down by their edits (moderation/trust.py) ----------------------
    NEW_ACCOUNTS_JOIN = env.str(
        "NEW_ACCOUNTS_JOIN",
        default="newcomers",
        validate=validate.OneOf(["newcomers", "contributors"]),
    )
    TRUST_AUTOMATIC = env.bool("TRUST_AUTOMATIC", default=True)
    TRUST: dict[str, int] = {
        name: env.int(
            f"TRUST_{name}", default=default, validate=validate.Range(min=least, max=most)
        )
        for name, default, least, most in (
            ("CONTRIBUTOR_EDITS", 5, 1, 100_000),
            ("CONTRIBUTOR_DAYS", 2, 0, 3650),
            ("CONTRIBUTOR_AGE_DAYS", 3, 0, 3650),
            ("TRUSTED_EDITS", 50, 1, 100_000),
            ("TRUSTED_DAYS", 15, 0, 3650),
            ("TRUSTED_AGE_DAYS", 30, 0, 3650),
            ("UNDISPUTED_DAYS", 7, 0, 3650),
            ("WINDOW_DAYS", 30, 1, 3650),
            ("DECLINED_EDITS", 5, 1, 100_000),
            ("DECLINED_PERCENT", 30, 1, 100),
        )
    }

    # --- Moderation ----------------------------------------------------------------------------
    REVIEW_CLAIM_MINUTES = env.int(
        "REVIEW_CLAIM_MINUTES", default=10, validate=validate.Range(min=1, max=1440)
    )
    # After so many hours an edit that nobody patrolled stands in the queue; 0: never.
    REVIEW_UNPATROLLED_HOURS = env.int(
        "REVIEW_UNPATROLLED_HOURS", default=24, validate=validate.Range(min=0, max=8760)
    )

    # Rules on edits: the time they have for one edit, how long it is known what they matched, what
    # a try looks at, and which share of the last edits switches one off that stops them.
    RULES_BUDGET_MS = env.int("RULES_BUDGET_MS", default=200, validate=validate.Range(min=1))
    RULE_HITS_KEEP_DAYS = env.int("RULE_HITS_KEEP_DAYS", default=90, validate=validate.Range(min=1))
    RULES_TRY_EDITS = env.int(
        "RULES_TRY_EDITS", default=500, validate=validate.Range(min=1, max=5000)
    )
    RULES_TRY_SECONDS = env.int("RULES_TRY_SECONDS", default=10, validate=validate.Range(min=1))
    RULES_OVERLOAD_EDITS = env.int(
        "RULES_OVERLOAD_EDITS", default=100, validate=validate.Range(min=1, max=5000)
    )
    RULES_OVERLOAD_FEWEST = env.int(
        "RULES_OVERLOAD_FEWEST", default=20, validate=validate.Range(min=1)
    )
    RULES_OVERLOAD_PERCENT = env.int(
        "RULES_OVERLOAD_PERCENT", default=20, validate=validate.Range(min=1, max=100)
    )
    # Whether people without an account can report what is wrong.
    REPORTS_FROM_ANYONE = env.bool("REPORTS_FROM_ANYONE", default=True)

    # --- Link checking -------------------------------------------------------------------------
    LINKCHECK_ADMIT_NETWORKS = read_networks("LINKCHECK_ADMIT_NETWORKS")
    LINKCHECK_PORTS = env.list("LINKCHECK_PORTS", default=[80, 443], subcast=int)
    LINKCHECK_HOST_DELAY = env.float("LINKCHECK_HOST_DELAY", default=1.0)  # seconds between starts
    LINKCHECK_HOST_CONCURRENCY = env.int("LINKCHECK_HOST_CONCURRENCY", default=2)
    LINKCHECK_ROBOTS = env.str(
        "LINKCHECK_ROBOTS", default="polite", validate=validate.OneOf(["polite", "strict", "off"])
    )
    LINKCHECK_ENABLED = env.bool("LINKCHECK_ENABLED", default=True)
    LINKCHECK_KEEP_CHECKS_DAYS = env.int(
        "LINKCHECK_KEEP_CHECKS_DAYS", default=365, validate=validate.Range(min=1)
    )
    # Archives are asked for copies of what died, only where these say which.
    LINKCHECK_ARCHIVE_WAYBACK_URL = env.str("LINKCHECK_ARCHIVE_WAYBACK_URL", default="")
    LINKCHECK_ARCHIVE_TIMEGATE_URL = env.str("LINKCHECK_ARCHIVE_TIMEGATE_URL", default="")
    # Forges are asked about repositories, only where there is a token.
    GITHUB_TOKEN = env.str("GITHUB_TOKEN", default="")
    GITHUB_API_URL = env.str("GITHUB_API_URL", default="https://api.github.com")
    GITLAB_TOKEN = env.str("GITLAB_TOKEN", default="")
    GITLAB_API_URL = env.str("GITLAB_API_URL", default="https://gitlab.com/api/v4")
    CODEBERG_TOKEN = env.str("CODEBERG_TOKEN", default="")
    CODEBERG_API_URL = env.str("CODEBERG_API_URL", default="https://codeberg.org/api/v1")

    # --- Telling people --------------------------------------------------------------------------
    NOTIFICATIONS_KEEP_DAYS = env.int(
        "NOTIFICATIONS_KEEP_DAYS", default=90, validate=validate.Range(min=1)
    )

    # --- Editing ---------------------------------------------------------------------------------
    DRAFTS_KEEP_DAYS = env.int("DRAFTS_KEEP_DAYS", default=60, validate=validate.Range(min=1))
    SUMMARY_REQUIRED_ON_PROTECTED = env.bool("SUMMARY_REQUIRED_ON_PROTECTED", default=False)

    # --- Mail: the console unless told otherwise -----------------------------------------------
    EMAIL_CONFIG = env.dj_email_url("EMAIL_URL", default="console:")
    EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=20, validate=validate.Range(min=1, max=300))
    DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"perennial@{_site.hostname}")
except EnvError as error:
    raise ImproperlyConfigured(str(error)) from error

if "EMAIL_BACKEND" not in EMAIL_CONFIG:
    raise ImproperlyConfigured("EMAIL_URL: unknown kind of mail; try smtp://… or console:")
EMAIL_BACKEND = EMAIL_CONFIG["EMAIL_BACKEND"]
EMAIL_HOST = EMAIL_CONFIG["EMAIL_HOST"]
EMAIL_PORT = EMAIL_CONFIG["EMAIL_PORT"]
EMAIL_HOST_USER = EMAIL_CONFIG["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = EMAIL_CONFIG["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = EMAIL_CONFIG["EMAIL_USE_TLS"]
EMAIL_USE_SSL = EMAIL_CONFIG["EMAIL_USE_SSL"]

_database = DATABASES["default"]
_database["TEST"] = {}
if _database["ENGINE"].endswith("sqlite3"):
    # Django's defaults lose concurrent writes; these wait for each other instead (DESIGN §9).
    Path(_database["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    _database["CONN_MAX_AGE"] = 60
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
            " PRAGMA cache_size=-16000; PRAGMA mmap_size=134217728;"
        ),
    }
    # A file, not memory: threads and processes of a test must meet in one database.
    _database["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
elif _database["ENGINE"].endswith("postgresql"):
    _database["CONN_HEALTH_CHECKS"] = True  # a restart of the server costs no request
    _database["OPTIONS"] = {
        **_database.get("OPTIONS", {}),
        "pool": {"min_size": 0, "max_size": DATABASE_POOL_SIZE, "timeout": 10},
        "options": "-c lock_timeout=10s -c statement_timeout=60s"
        " -c idle_in_transaction_session_timeout=60s",
    }
else:
    raise ImproperlyConfigured("DATABASE_URL: Perennial runs on SQLite and PostgreSQL only")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES: dict[str, dict[str, Any]]
if REDIS_URL:
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    }
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
# Pages for readers who are not signed in (config/reader_cache.py): in each process for itself,
# since what is kept is compared with the database before it is given.
READER_CACHE_SECONDS = 60
CACHES["readers"] = {
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    "LOCATION": "readers",
    "TIMEOUT": READER_CACHE_SECONDS,
    "OPTIONS": {"MAX_ENTRIES": 300},
}

INSTALLED_APPS = [
    "config",
    "accounts",
    "changes",
    "markup",
    "moderation",
    "talk",
    "feedback",
    "linkcheck",
    "catalog",
    "wiki",
    "search",
    "insights",
    "allauth",
    "allauth.account",
    "simple_history",
    "csp",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django.forms",  # its widget templates, for a renderer that finds ours as well
]
FORM_RENDERER = "config.forms.PerennialRenderer"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.health.HealthMiddleware",
    "config.outages.OutageMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "config.errors.NulMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.visitors.VisitorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.site",
                "moderation.context.review",
                "changes.notification_context.notifications",
            ],
        },
    },
]

# --- Accounts ----------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.LoginForm",
    "signup": "accounts.forms.SignupForm",
    "add_email": "accounts.forms.AddEmailForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordKeyForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"[{SITE_NAME}] "
ACCOUNT_PRESERVE_USERNAME_CASING = True
# Counted by our own limits, in the database; the rest are allauth's, for people who are signed in.
ACCOUNT_RATE_LIMITS = {"signup": "", "login": "", "login_failed": "", "reset_password": ""}

# --- Cookies and headers -----------------------------------------------------------------------
if IS_HTTPS:
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$"]  # a load balancer asks without TLS
    # Only behind a proxy that sets (and overwrites) this header.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = (
    "django.contrib.sessions.backends.cached_db"
    if REDIS_URL
    else "django.contrib.sessions.backends.db"
)
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF, NONCE],  # a nonce only where a template asks for one: the rich editor
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}

# --- Limits (STYLE: what people write is never lost, so the limit stands in the form as well) ---
MAX_BODY_BYTES = 512 * 1024  # a page, an introduction, a description
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
MAX_IMAGE_BYTES = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 2
FILE_UPLOAD_HANDLERS = ["config.uploads.BoundedUploadHandler"]

# --- Languages and time ------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish")), ("zh-hans", _("Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files ------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
# Uploaded pictures, served by a view of ours: every web process must see this folder.
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(DATA_DIR / "media")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if DEBUG:
    STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"

# --- Celery: the database is the truth, messages are nudges (DESIGN §9) --------------------------
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_DEFAULT_QUEUE = "perennial"
# Short work that people wait for passes a backlog of checks; a worker that is not told otherwise
# takes from both, the urgent queue first.
URGENT_QUEUE = "perennial-urgent"
CELERY_TASK_QUEUES = [
    Queue(name, routing_key=name) for name in (URGENT_QUEUE, CELERY_TASK_DEFAULT_QUEUE)
]
CELERY_TASK_ROUTES = {
    task: {"queue": URGENT_QUEUE}
    for task in (
        "linkcheck.tasks.check_due_links",
        "linkcheck.tasks.check_urgent_links",
        "moderation.tasks.carry_out_mass_reverts",
        "wiki.tasks.render_stale_pages",
    )
}
# What waits, waits with the broker, where the urgent passes it, and not with a worker.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # for ever: a broker that comes back finds us
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
if CELERY_BROKER_URL.startswith("filesystem"):
    # One folder for both directions: what is written is what is read.
    _broker_dir = DATA_DIR / "broker"
    for _name in ("messages", "control"):
        (_broker_dir / _name).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "data_folder_in": str(_broker_dir / "messages"),
        "data_folder_out": str(_broker_dir / "messages"),
        "control_folder": str(_broker_dir / "control"),
        "polling_interval": 0.1,
    }
else:
    # A little above the hard time limit: what a killed worker held comes back soon after.
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 660,
        "queue_order_strategy": "priority",  # in the order of CELERY_TASK_QUEUES
    }
# What beat posts while no worker runs expires before it posts the next: no flood afterwards.
CELERY_BEAT_SCHEDULE: dict[str, Any] = {
    task: {"task": task, "schedule": 60.0, "options": {"expires": 55.0}}
    for task in (
        "linkcheck.tasks.check_due_links",
        "wiki.tasks.render_stale_pages",
        "search.tasks.index_stale_documents",
        "insights.tasks.refresh_insights",
    )
}
for _task, _every_s in (
    ("linkcheck.tasks.carry_out_repairs", 60.0),
    ("linkcheck.tasks.find_repair_help", 60.0),
    ("moderation.tasks.carry_out_mass_reverts", 60.0),
    ("moderation.tasks.sweep_edits", 60.0),
    ("changes.tasks.send_mails", 60.0),
    ("moderation.tasks.plan_digests", 300.0),
    ("linkcheck.tasks.refresh_repositories", 600.0),
    ("linkcheck.tasks.open_aged_cases", 3600.0),
    ("catalog.tasks.find_duplicates", 3600.0),
    ("linkcheck.tasks.count_links", 3600.0),
    ("moderation.tasks.count_backlog", 3600.0),
    ("accounts.tasks.forget_old_counts", 3600.0),
    ("linkcheck.tasks.thin_checks", 86_400.0),
    ("moderation.tasks.forget_rule_hits", 86_400.0),
    ("changes.tasks.forget_old", 86_400.0),
    ("moderation.tasks.sweep_standings", 86_400.0),
):
    CELERY_BEAT_SCHEDULE[_task] = {
        "task": _task,
        "schedule": _every_s,
        "options": {"expires": _every_s * 0.9},
    }
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")

# --- Logging: UTC, one line an event, nothing a user writes can begin a line ---------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.LineFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"django.server": {"handlers": ["console"], "level": "INFO", "propagate": False}},
}

SIMPLE_HISTORY_REVERT_DISABLED = True
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True
SIMPLE_HISTORY_DATE_INDEX = False  # revisions are ordered by number, never by time
SILENCED_SYSTEM_CHECKS: list[str] = []
