"""Reduces Bootstrap's style sheet to the rules that the pages and django-crispy-forms use.

    python static/vendor/bootstrap/reduce.py bootstrap.css > static/vendor/bootstrap/bootstrap-reduced.css

Kept: the element rules (reboot) and those whose classes are all in ``CLASSES``; custom properties nobody reads go.
"""

import re
import sys
from pathlib import Path

import tinycss2
from tinycss2.ast import Node

HEAD = "/*! Bootstrap v5.3.9, reduced. Copyright 2011-2026 The Bootstrap Authors. MIT, see LICENSE. */\n"
CLASSES = set(
    re.findall(
        r"\S+",
        "form-control form-label form-text form-check form-check-input form-check-label form-check-inline form-select "
        "is-invalid invalid-feedback btn btn-primary btn-outline-primary btn-lg disabled active show "
        "alert alert-heading alert-link alert-danger alert-info alert-warning alert-success "
        "row col col-12 col-md-4 col-md-6 col-md-8 input-group input-group-text "
        "m-0 mt-1 mt-2 mt-3 mt-4 mb-0 mb-1 mb-2 mb-3 mb-4 d-none visually-hidden fs-6",
    )
)
UNUSED = re.compile(r"data-bs-theme|:valid|::-webkit-(date|file|color)|type=file|multiple")
PROPERTY = re.compile(r"(?<=[{;])(--bs-[\w-]+):([^;}]*)(;|(?=\}))")


def is_wanted(selector: str) -> bool:
    return not UNUSED.search(selector) and CLASSES.issuperset(re.findall(r"\.([A-Za-z][\w-]*)", selector))


def kept_rules(nodes: list[Node]) -> list[str]:
    kept = []
    for node in nodes:
        prelude = re.sub(r"\s+", " ", tinycss2.serialize(node.prelude)).strip()
        if node.type == "at-rule" and node.at_keyword == "media":
            inner = kept_rules(
                tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True)
            )
            kept += [f"@media {prelude}{{{''.join(inner)}}}"] if inner else []
        elif node.type == "qualified-rule":
            selectors = [s.strip() for s in re.split(r",(?![^()]*\))", prelude) if is_wanted(s)]
            body = re.sub(r"\s*\n\s*", "", tinycss2.serialize(node.content)).strip()
            kept += [f"{','.join(selectors)}{{{body}}}"] if selectors else []
    return kept


def without_unread_properties(css: str) -> str:
    read = set(re.findall(r"var\((--bs-[\w-]+)", css))
    lean = PROPERTY.sub(lambda match: match[0] if match[1] in read else "", css)
    return css if lean == css else without_unread_properties(lean)


def main() -> None:
    source = Path(sys.argv[1]).read_text(encoding="utf-8").replace(":root,\n[data-bs-theme=light]", ":root")
    nodes = tinycss2.parse_stylesheet(source, skip_comments=True, skip_whitespace=True)
    css = without_unread_properties("\n".join(kept_rules(nodes)))
    css = re.sub(r"^[^{}\n]*\{\}\n", "", css, flags=re.MULTILINE)
    sys.stdout.write(f"{HEAD}{css}\n")


if __name__ == "__main__":
    main()
