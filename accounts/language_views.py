"""In which language the interface speaks: chosen by anyone, kept in a cookie."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.http import require_http_methods
from django.views.i18n import set_language

from accounts.mail import keep_language
from accounts.models import User
from config.languages import own_name


@require_http_methods(["GET", "HEAD", "POST"])
def language_choice(request: HttpRequest) -> HttpResponse:
    """Show the languages; keep the chosen one, for mails too, and go back to where the reader was.

    The choice is a page of its own, as most pages are kept for all readers and can hold no form.
    """
    if request.method == "POST" and check_for_language(request.POST.get("language", "")):
        if isinstance(request.user, User):
            keep_language(user=request.user, language=request.POST["language"])
        return set_language(request)
    target = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    languages = [(code, own_name(code)) for code, _name in settings.LANGUAGES]
    context = {"languages": languages, "next": target if is_ours else "/"}
    return render(request, "accounts/language_choice.html", context)
