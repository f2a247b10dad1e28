"""Django OAuth Toolkit under gunicorn, as a target: settings, pages and server in one file.

Whatever is not set here is as Django, the toolkit and gunicorn ship it.
"""

import json
import os
import select
import shutil
import signal
import tempfile
import threading
import time
from urllib.parse import unquote, urlsplit

# Under libfaketime, with the monotonic clock left alone, time.sleep fails with EINVAL and
# gunicorn dies of it. A wait in select is not affected.
time.sleep = lambda seconds: select.select((), (), (), seconds)

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import JsonResponse
from django.urls import include, path
from gunicorn.app.base import BaseApplication

WORKERS = int(os.environ.get("WORKERS", "2"))
SECRET = os.environ["AUTHLOOM_TARGET_SECRET"]


def database():
    url = urlsplit(os.environ.get("DATABASE_URL", ""))
    if not url.scheme:
        folder = tempfile.mkdtemp(prefix="authloom-target-")
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": f"{folder}/db.sqlite3",
            # By default, a transaction that reads before it writes fails at once, and the answer is a
            # 500, when another one writes in between. With this it waits, as it would in PostgreSQL.
            "OPTIONS": {"transaction_mode": "IMMEDIATE"},
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path.removeprefix("/"),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or "",
        "PORT": url.port or "",
    }


LOGIN_PAGE = """<!doctype html>
<title>Sign in</title>
<form method="post">{% csrf_token %}{{ form }}<button>Sign in</button></form>
"""

settings.configure(
    SECRET_KEY=SECRET,
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": database()},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "oauth2_provider",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "context_processors": ["django.template.context_processors.request"],
                "loaders": [
                    ("django.template.loaders.locmem.Loader", {"registration/login.html": LOGIN_PAGE}),
                    "django.template.loaders.app_directories.Loader",
                ],
            },
        }
    ],
    # What fails here is said on standard error.
    LOGGING={
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"console": {"class": "logging.StreamHandler", "level": "ERROR"}},
        "root": {"handlers": ["console"]},
    },
    LOGIN_URL="/login/",
    # A slow hash guards a stolen database. Here it would only slow down every sign-in and introspection.
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    OAUTH2_PROVIDER={
        "ACCESS_TOKEN_EXPIRE_SECONDS": 600,
        "AUTHORIZATION_CODE_EXPIRE_SECONDS": 300,
        # Counted from the expiry of the access token: a refresh token lives for 900 seconds,
        # and its successor again for 900.
        "REFRESH_TOKEN_EXPIRE_SECONDS": 300,
        "ROTATE_REFRESH_TOKEN": True,
        "REFRESH_TOKEN_GRACE_PERIOD_SECONDS": int(os.environ.get("REFRESH_TOKEN_GRACE_PERIOD_SECONDS", "0")),
        "REFRESH_TOKEN_REUSE_PROTECTION": {"True": True, "False": False}[
            os.environ.get("REFRESH_TOKEN_REUSE_PROTECTION", "False")
        ],
    },
)
django.setup()

# These need the settings.
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from oauth2_provider import urls as oauth_urls
from oauth2_provider.models import Application
from oauth2_provider.views.generic import ProtectedResourceMetadataView


class Items(ProtectedResourceMetadataView):
    """A resource that checks the access token in this process, by the toolkit's own means."""

    def get(self, request):
        return JsonResponse({"user": request.resource_owner.get_username(), "items": []})


urlpatterns = [
    path("login/", LoginView.as_view()),
    path("o/", include((oauth_urls.base_urlpatterns, oauth_urls.app_name))),
    path("", include(oauth_urls.metadata_urlpatterns)),
    path("items", Items.as_view()),
]


def prepare():
    """Makes the tables, the user and the clients, or gives those that are there the secrets of this start."""
    call_command("migrate", verbosity=0)
    user, _ = User.objects.get_or_create(username="demo")
    user.set_password(os.environ.get("AUTHLOOM_TARGET_PASSWORD", "demo"))
    user.save()
    Application.objects.update_or_create(
        client_id="gui",
        defaults={
            "name": "gui",
            "client_type": Application.CLIENT_PUBLIC,
            "authorization_grant_type": Application.GRANT_AUTHORIZATION_CODE,
            "redirect_uris": "http://127.0.0.1:9402/callback",
        },
    )
    # May introspect because it can authenticate: the toolkit asks a scope of bearers only.
    Application.objects.update_or_create(
        client_id="backend",
        defaults={
            "name": "backend",
            "client_type": Application.CLIENT_CONFIDENTIAL,
            "authorization_grant_type": Application.GRANT_CLIENT_CREDENTIALS,
            "client_secret": SECRET,
        },
    )
    # The workers are forked: no connection may be shared with them.
    connection.close()


def stop_with_input():
    """Stops gunicorn once standard input ends."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def ready(server):
    """Called by gunicorn once it listens; the workers follow at once, and connections wait for them."""
    threading.Thread(target=stop_with_input, daemon=True).start()
    host, port = server.LISTENERS[0].getsockname()
    print(json.dumps({"url": f"http://{host}:{port}"}), flush=True)


def clean(server):
    """Called by gunicorn, in the parent of the workers, when it ends."""
    if connection.vendor == "sqlite":
        shutil.rmtree(os.path.dirname(connection.settings_dict["NAME"]))


class Target(BaseApplication):
    def load_config(self):
        self.cfg.set("bind", f"127.0.0.1:{os.environ.get('PORT', '0')}")
        self.cfg.set("workers", WORKERS)
        # Loads once, before the fork.
        self.cfg.set("preload_app", True)
        # Gunicorn's watchdog compares file times with the monotonic clock; a turned clock confuses it.
        self.cfg.set("timeout", 0)
        # Its socket would be one for all that run as this user.
        self.cfg.set("control_socket_disable", True)
        self.cfg.set("when_ready", ready)
        self.cfg.set("on_exit", clean)

    def load(self):
        return get_wsgi_application()


prepare()
Target().run()
