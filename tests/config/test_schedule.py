"""What beat posts."""

from django.conf import settings

from config.celery import app


def test_every_scheduled_task_exists_and_expires_before_it_is_posted_again():
    app.loader.import_default_modules()
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in app.tasks
        assert entry["options"]["expires"] < entry["schedule"]
