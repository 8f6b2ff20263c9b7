"""How long a step or a path takes, in words."""

from django import template

from wiki.paths.steps import say_minutes

register = template.Library()
register.simple_tag(say_minutes, name="minutes")
