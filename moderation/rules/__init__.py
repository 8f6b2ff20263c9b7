"""Rules on edits, which administrators write in the browser: they tag, hold or refuse an edit."""


def register_rules() -> None:
    """Make the kinds of conditions, of decisions and of notifications known; by ``ready``."""
    from moderation.rules.author_conditions import register_author_conditions
    from moderation.rules.editing import register_rule_log
    from moderation.rules.link_conditions import register_link_conditions
    from moderation.rules.overload import register_overload
    from moderation.rules.size_conditions import register_size_conditions
    from moderation.rules.text_conditions import register_text_conditions

    register_size_conditions()
    register_text_conditions()
    register_link_conditions()
    register_author_conditions()
    register_rule_log()
    register_overload()
