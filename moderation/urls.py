"""The review queue and the public log of decisions."""

from django.urls import include, path

import changes.converters  # noqa: F401  (makes <feed_format:…> known)
from moderation import (
    block_views,
    bulk_views,
    case_views,
    hiding_views,
    link_views,
    log_views,
    mass_revert_views,
    proposal_views,
    protect_views,
    report_views,
    review_feed,
    standing_views,
    statistics_views,
    views,
)

app_name = "moderation"
urlpatterns = [
    path("review/", views.case_list, name="case_list"),
    path("review/statistics/", statistics_views.queue_statistics, name="queue_statistics"),
    path("review/bulk/", bulk_views.case_bulk, name="case_bulk"),
    path("review/undo/<int:number>/", views.decision_undo, name="decision_undo"),
    path("review/<int:case_id>/", views.case_detail, name="case_detail"),
    path("review/<int:case_id>/decide/", views.case_decide, name="case_decide"),
    path(
        "feeds/<str:token>/review.<feed_format:format>",
        review_feed.review_feed,
        name="review_feed",
    ),
    path("blocks/", block_views.block_list, name="block_list"),
    path("blocks/new/", block_views.block_create, name="block_create"),
    path("blocks/<int:block_id>/edit/", block_views.block_edit, name="block_edit"),
    path("blocks/<int:block_id>/lift/", block_views.block_lift, name="block_lift"),
    path("blocked-links/", link_views.blocked_link_list, name="blocked_link_list"),
    path("blocked-links/new/", link_views.blocked_link_create, name="blocked_link_create"),
    path("blocked-links/import/", link_views.blocked_link_import, name="blocked_link_import"),
    path("blocked-links/export/", link_views.blocked_link_export, name="blocked_link_export"),
    path(
        "blocked-links/<int:blocked_id>/edit/",
        link_views.blocked_link_edit,
        name="blocked_link_edit",
    ),
    path(
        "blocked-links/<int:blocked_id>/remove/",
        link_views.blocked_link_remove,
        name="blocked_link_remove",
    ),
    path("review/<int:case_id>/claim/", case_views.case_claim, name="case_claim"),
    path("review/<int:case_id>/release/", case_views.case_release, name="case_release"),
    path("review/<int:case_id>/snooze/", case_views.case_snooze, name="case_snooze"),
    path("review/<int:case_id>/assign/", case_views.case_assign, name="case_assign"),
    path("review/<int:case_id>/priority/", case_views.case_prioritise, name="case_prioritise"),
    path("review/<int:case_id>/note/", case_views.case_note, name="case_note"),
    path("users/<str:username>/mass-revert/", mass_revert_views.mass_revert, name="mass_revert"),
    path(
        "mass-reverts/<int:mass_revert_id>/",
        mass_revert_views.mass_revert_detail,
        name="mass_revert_detail",
    ),
    path("users/<str:username>/standing/", standing_views.user_standing, name="user_standing"),
    path("protections/", protect_views.protection_list, name="protection_list"),
    path("rules/", include("moderation.rules.urls")),
    path("proposals/", proposal_views.proposal_list, name="proposal_list"),
    path("proposals/<int:proposal_id>/", proposal_views.proposal_detail, name="proposal_detail"),
    path(
        "proposals/<int:proposal_id>/withdraw/",
        proposal_views.proposal_withdraw,
        name="proposal_withdraw",
    ),
    path(
        "proposals/<int:proposal_id>/answer/",
        proposal_views.proposal_answer,
        name="proposal_answer",
    ),
    path(
        "hidden/<str:object_type>/<int:object_id>/<int:number>/",
        hiding_views.revision_hide,
        name="revision_hide",
    ),
    path("report/", report_views.report_create, name="report_create"),
    path("log/", log_views.decision_list, name="decision_list"),
    path("log.<feed_format:format>", log_views.decision_feed, name="decision_feed"),
]
