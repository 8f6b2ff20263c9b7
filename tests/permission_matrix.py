"""Who is let in at which address, by the name of its pattern: one line each.

Letters: A anonymous, N newcomer, C contributor, E editor, T trusted, M moderator,
R administrator, B a contributor who is blocked. A small letter is told that there is nothing
(404), who is not named is refused. "-" is a method that the address does not take.
"""

from typing import Final, NamedTuple

ALL: Final = "ANCETMRB"
SIGNED_IN: Final = "NCETMRB"
NOT_BLOCKED: Final = "NCETMR"
#: Who may not publish proposes: the same forms.
PROPOSERS: Final = "ANCETMR"
CONTRIBUTORS: Final = "CETMR"
EDITORS: Final = "ETMR"
TRUSTED: Final = "TMR"
MODERATORS: Final = "MR"
ADMINISTRATORS: Final = "R"
NOBODY: Final = ""


class Line(NamedTuple):
    """Who gets past the permission by GET, and who by POST."""

    get: str
    post: str = "-"


#: About objects of others that anyone may see.
EVERY_ADDRESS: Final[dict[str, Line]] = {
    "account_change_password": Line(SIGNED_IN, SIGNED_IN),
    "account_confirm_email": Line(ALL, "ancetmrb"),
    "account_confirm_login_code": Line(SIGNED_IN, SIGNED_IN),
    "account_email": Line(SIGNED_IN, SIGNED_IN),
    "account_email_verification_sent": Line(ALL),
    "account_inactive": Line(ALL),
    "account_login": Line(ALL, ALL),
    "account_logout": Line(ALL, ALL),
    "account_reauthenticate": Line(NOBODY, NOBODY),
    "account_reset_password": Line(ALL, ALL),
    "account_reset_password_done": Line(ALL),
    "account_reset_password_from_key": Line(ALL, ALL),
    "account_reset_password_from_key_done": Line(ALL),
    "account_set_password": Line(SIGNED_IN, SIGNED_IN),
    "account_signup": Line(ALL, ALL),
    "accounts:user_detail": Line(ALL),
    "accounts:user_edit": Line(NOBODY, NOBODY),
    "catalog:resource_compare": Line(ALL),
    "catalog:resource_create": Line(PROPOSERS, PROPOSERS),
    "catalog:resource_detail": Line(ALL),
    "catalog:resource_edit": Line(PROPOSERS, PROPOSERS),
    "catalog:resource_feed": Line(ALL),
    "catalog:resource_history": Line(ALL),
    "catalog:resource_list": Line(ALL),
    "catalog:resource_protect": Line(MODERATORS, MODERATORS),
    "catalog:resource_restore": Line("-", CONTRIBUTORS),
    "catalog:resource_retire": Line(CONTRIBUTORS, CONTRIBUTORS),
    "catalog:resource_revert": Line(CONTRIBUTORS, CONTRIBUTORS),
    "catalog:resource_revision": Line(ALL),
    "catalog:section_compare": Line(ALL),
    "catalog:section_create": Line(PROPOSERS, PROPOSERS),
    "catalog:section_detail": Line(ALL),
    "catalog:section_edit": Line(PROPOSERS, PROPOSERS),
    "catalog:section_feed": Line(ALL),
    "catalog:section_history": Line(ALL),
    "catalog:section_list": Line(ALL),
    "catalog:section_protect": Line(MODERATORS, MODERATORS),
    "catalog:section_reviewers": Line(ALL, MODERATORS),
    "catalog:section_dismiss": Line("-", MODERATORS),
    "catalog:section_revert": Line(CONTRIBUTORS, CONTRIBUTORS),
    "catalog:section_revision": Line(ALL),
    "changes:change_feed": Line(ALL),
    "changes:change_list": Line(ALL),
    "changes:change_patrol": Line("-", TRUSTED),
    "changes:change_rollback": Line("-", "tmr"),
    "changes:next_unpatrolled": Line(TRUSTED),
    "changes:notification_list": Line(SIGNED_IN),
    "changes:notification_read": Line("-", "ncetmrb"),
    "changes:notification_read_all": Line("-", SIGNED_IN),
    "insights:badge": Line(ALL),
    "insights:badge_help": Line(ALL),
    "insights:gap_list": Line(ALL),
    "insights:insights_overview": Line(ALL),
    "insights:section_badge": Line(ALL),
    "insights:week_detail": Line(ALL),
    "insights:week_feed": Line(ALL),
    "insights:week_list": Line(ALL),
    "linkcheck:batch_detail": Line(MODERATORS),
    "linkcheck:batch_undo": Line("-", "mr"),
    "linkcheck:host_detail": Line(ALL),
    "linkcheck:host_list": Line(ALL),
    "linkcheck:host_moves": Line("-", MODERATORS),
    "linkcheck:host_override": Line("-", MODERATORS),
    "linkcheck:host_withdraw": Line("-", MODERATORS),
    "linkcheck:link_check": Line("-", NOT_BLOCKED),
    "linkcheck:link_confirm": Line("-", CONTRIBUTORS),
    "linkcheck:link_detail": Line(ALL),
    "linkcheck:link_list": Line(ALL),
    "linkcheck:link_override": Line("-", MODERATORS),
    "linkcheck:link_withdraw": Line("-", MODERATORS),
    "linkcheck:move_list": Line(MODERATORS),
    "language_choice": Line(ALL, ALL),
    "moderation:block_create": Line(MODERATORS, MODERATORS),
    "moderation:block_edit": Line(MODERATORS, MODERATORS),
    "moderation:block_lift": Line(MODERATORS, MODERATORS),
    "moderation:block_list": Line(MODERATORS),
    "moderation:blocked_link_create": Line(MODERATORS, MODERATORS),
    "moderation:blocked_link_edit": Line(MODERATORS, MODERATORS),
    "moderation:blocked_link_export": Line(MODERATORS),
    "moderation:blocked_link_import": Line(MODERATORS, MODERATORS),
    "moderation:blocked_link_list": Line(MODERATORS),
    "moderation:blocked_link_remove": Line("-", MODERATORS),
    "moderation:case_assign": Line("-", MODERATORS),
    "moderation:case_bulk": Line(MODERATORS, MODERATORS),
    "moderation:case_claim": Line("-", MODERATORS),
    "moderation:case_decide": Line("-", MODERATORS),
    "moderation:case_detail": Line(MODERATORS),
    "moderation:case_list": Line(MODERATORS),
    "moderation:case_note": Line("-", MODERATORS),
    "moderation:case_prioritise": Line("-", MODERATORS),
    "moderation:case_release": Line("-", MODERATORS),
    "moderation:case_snooze": Line("-", MODERATORS),
    "moderation:decision_feed": Line(ALL),
    "moderation:decision_list": Line(ALL),
    "moderation:protection_list": Line(ALL),
    "moderation:user_standing": Line(MODERATORS, MODERATORS),
    "moderation:decision_undo": Line("-", MODERATORS),
    "moderation:report_create": Line("ANCETMR", "ANCETMR"),
    "moderation:mass_revert": Line(MODERATORS, MODERATORS),
    "moderation:mass_revert_detail": Line(MODERATORS),
    "search:search_description": Line(ALL),
    "search:search_help": Line(ALL),
    "search:search_results": Line(ALL),
    "search:search_suggest": Line(ALL),
    "moderation:rule_create": Line(ADMINISTRATORS, ADMINISTRATORS),
    "moderation:rule_detail": Line(MODERATORS),
    "moderation:rule_edit": Line(ADMINISTRATORS, ADMINISTRATORS),
    "moderation:rule_history": Line(MODERATORS),
    "moderation:rule_hit_mark": Line("-", MODERATORS),
    "moderation:rule_hits": Line(MODERATORS),
    "moderation:rule_list": Line(MODERATORS),
    "moderation:rule_switch_off": Line("-", ADMINISTRATORS),
    "moderation:rule_switch_on": Line("-", ADMINISTRATORS),
    "moderation:rule_try": Line(MODERATORS, MODERATORS),
    "moderation:proposal_answer": Line("-", "ancetb"),
    "moderation:proposal_detail": Line("ancetMRb"),
    "moderation:proposal_list": Line(ALL),
    "moderation:proposal_withdraw": Line("-", "ancetb"),
    "moderation:revision_hide": Line(MODERATORS, MODERATORS),
    "wiki:front_page": Line(ALL),
    "wiki:page_compare": Line(ALL),
    "wiki:page_create": Line(PROPOSERS, PROPOSERS),
    "wiki:page_delete": Line(MODERATORS, MODERATORS),
    "wiki:page_detail": Line(ALL),
    "wiki:page_edit": Line(PROPOSERS, PROPOSERS),
    "wiki:page_feed": Line(ALL),
    "wiki:page_history": Line(ALL),
    "wiki:page_links": Line(ALL),
    "wiki:page_list": Line(ALL),
    "wiki:page_preview": Line("-", PROPOSERS),
    "wiki:page_protect": Line(MODERATORS, MODERATORS),
    "wiki:page_rename": Line(EDITORS, EDITORS),
    "wiki:page_restore": Line("-", MODERATORS),
    "wiki:page_revert": Line(CONTRIBUTORS, CONTRIBUTORS),
    "wiki:page_revision": Line(ALL),
    "wiki:page_source": Line(ALL),
}
#: About a page that only moderators may change; what is not named here is as above.
ABOUT_PROTECTED: Final[dict[str, Line]] = {
    "wiki:page_edit": Line(PROPOSERS, PROPOSERS),
    "wiki:page_rename": Line(MODERATORS, MODERATORS),
    "wiki:page_revert": Line(MODERATORS, MODERATORS),
}
#: About a page that is deleted.
ABOUT_DELETED: Final[dict[str, Line]] = {
    "wiki:page_compare": Line("ancetMRb", "ancetb"),
    "wiki:page_delete": Line("ancetmrb", "ancetmrb"),
    "wiki:page_detail": Line("ancetmrb"),
    "wiki:page_edit": Line(PROPOSERS, ALL),
    "wiki:page_feed": Line("ancetMRb", "ancetb"),
    "wiki:page_history": Line("ancetMRb", "ancetb"),
    "wiki:page_links": Line("ancetmrb"),
    "wiki:page_protect": Line("ancetMRb", "ancetMRb"),
    "wiki:page_rename": Line("ancetmrb", "ancetmrb"),
    "wiki:page_revert": Line("ancetMRb", "ancetMRb"),
    "wiki:page_revision": Line("ancetMRb", "ancetb"),
    "wiki:page_source": Line("ancetmrb"),
}
#: About what belongs to the one who asks.
ABOUT_OWN: Final[dict[str, Line]] = {
    "accounts:user_edit": Line(NOT_BLOCKED, NOT_BLOCKED),
    "changes:notification_read": Line("-", SIGNED_IN),
    "moderation:proposal_answer": Line("-", NOT_BLOCKED),
    "moderation:proposal_detail": Line(SIGNED_IN),
    "moderation:proposal_withdraw": Line("-", NOT_BLOCKED),
}
