from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ModerationConfig(AppConfig):
    name = "moderation"
    verbose_name = _("Moderation")

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from changes.proposing import keep_edits, keep_writes
        from changes.recording import guard, listen
        from moderation.blocking import register_blocks
        from moderation.digest import register_digest
        from moderation.edit_cases import nudge_sweep
        from moderation.edit_handlers import register_edit_cases
        from moderation.hiding import register_hiding
        from moderation.link_blocking import register_blocked_links
        from moderation.log_guard import guard_again
        from moderation.mass_reverting import register_mass_reverts
        from moderation.new_links import check_new_links
        from moderation.notes import register_notes
        from moderation.personal_data import register_personal_data
        from moderation.proposal_cases import register_proposal_cases
        from moderation.proposal_desk import find_proposal_desk, keep_held_write
        from moderation.protecting import register_protections
        from moderation.protection import check_protection
        from moderation.report_handler import register_reports
        from moderation.reviewing import register_reviewers
        from moderation.rules import register_rules
        from moderation.rules.guarding import check_rules, note_marks
        from moderation.standing_log import register_standing

        post_migrate.connect(guard_again, sender=self)
        register_blocks()
        register_digest()
        register_notes()
        register_personal_data()
        register_blocked_links()
        register_mass_reverts()
        register_protections()
        register_reviewers()
        register_standing()
        guard(check_protection)
        register_edit_cases()
        register_proposal_cases()
        keep_edits(find_proposal_desk)
        keep_writes(keep_held_write)
        register_hiding()
        register_reports()
        guard(check_new_links)
        listen(nudge_sweep)
        register_rules()
        guard(check_rules)
        listen(note_marks)
