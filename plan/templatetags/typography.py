"""How Chinese headings break into lines."""

import re

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()
# Before an opening bracket; after a closing one or a comma, unless another closing mark follows.
_JOINT = re.compile(r"(?<=[^《（“])(?=[《（“])|(?<=[》）”，：])(?![》）”，。：])")


@register.filter
def phrases(text: object) -> SafeString:
    """``text`` in spans that the style sheet keeps whole while there is room, so that no phrase is torn."""
    return format_html_join(
        "", '<span class="phrase">{}</span>', ((part,) for part in _JOINT.split(str(text)))
    )
