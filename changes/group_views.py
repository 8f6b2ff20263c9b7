"""What one operation wrote in several objects, and taking it back."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from changes.group_models import ChangeGroup
from changes.grouping import find_changes, may_undo, undo_group
from changes.lines import make_lines
from changes.recording import StaleVersionError
from changes.refusals import EditHeldError


@require_safe
def group_detail(request: HttpRequest, group_id: int) -> HttpResponse:
    """All that one operation changed."""
    groups = ChangeGroup.objects.select_related("actor", "undoes", "undone_by")
    group = get_object_or_404(groups, pk=group_id)
    context = {
        "group": group,
        "lines": make_lines(find_changes(group)),
        "may_undo": may_undo(request.user, group),
    }
    return render(request, "changes/group_detail.html", context)


@require_POST
def group_undo(request: HttpRequest, group_id: int) -> HttpResponse:
    """Take all of it back."""
    group = get_object_or_404(ChangeGroup, pk=group_id)
    try:
        undoing = undo_group(
            group_id=group_id,
            actor=request.user,  # type: ignore[arg-type]
            reason=request.POST.get("reason", ""),
        )
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
        return redirect(group)
    except EditHeldError as error:
        messages.warning(request, error.reason)
        return redirect(group)
    except StaleVersionError:
        messages.warning(request, _("Somebody was writing at the same moment: try it again."))
        return redirect(group)
    messages.success(request, _("Taken back. That can be taken back too."))
    return redirect(undoing)
