"""The house rules that a machine can keep."""

import ast
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(settings.BASE_DIR)
PACKAGES = ("hongya_portal", "plan", "comments")


def sources() -> list[Path]:
    files = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    assert len(files) > 40
    return files


def templates() -> list[Path]:
    files = sorted(
        path
        for folder in (ROOT, *(ROOT / p for p in PACKAGES))
        for path in (folder / "templates").rglob("*.html")
    )
    assert len(files) > 10
    return files


def imported_modules(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def module_level_imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    inside_functions = [
        node
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
    ]
    top = ast.Module(
        body=[node for node in ast.walk(tree) if isinstance(node, ast.stmt) and node not in inside_functions],
        type_ignores=[],
    )
    return set(imported_modules(top))


def test_imports_go_one_way_between_the_packages():
    forbidden = {"hongya_portal": ("plan", "comments"), "plan": ("comments",), "comments": ()}
    for path in sources():
        package = path.relative_to(ROOT).parts[0]
        for module in imported_modules(ast.parse(path.read_text())):
            assert module.split(".")[0] not in forbidden[package], f"{path} imports {module}"


def layer(relative: Path) -> int | None:
    """0 models, 1 tasks, 2 services and reports, 3 forms, views and admin; None for what has no layer."""
    name = relative.parts[1].removesuffix(".py") if len(relative.parts) > 1 else ""
    order = {"models": 0, "tasks": 1, "services": 2, "reports": 2, "forms": 3, "views": 3, "admin": 3}
    return order.get(name)


def test_imports_go_one_way_between_the_layers():
    checked = 0
    for path in sources():
        relative = path.relative_to(ROOT)
        own = layer(relative)
        if own is None:
            continue
        for module in module_level_imports(path):
            if module.split(".")[0] != relative.parts[0]:
                continue
            other = layer(Path(*module.split(".")))
            if other is not None:
                checked += 1
                assert other <= own, f"{relative} imports {module}"
    assert checked > 20


def test_files_and_functions_stay_short():
    lengths = []
    for path in sources():
        if "migrations" in path.parts:
            continue
        text = path.read_text()
        assert text.count("\n") <= 350, f"{path} has {text.count(chr(10))} lines"
        lengths += [
            node.end_lineno - node.lineno + 1
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
    lengths.sort()
    assert lengths[len(lengths) // 2] <= 10
    assert lengths[int(len(lengths) * 0.95)] <= 45


@pytest.mark.django_db
def test_no_migration_is_missing():
    out = StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=out, verbosity=1)
    assert "No changes detected" in out.getvalue()


def test_every_model_and_field_has_a_chinese_name():
    han = re.compile(r"[\u4e00-\u9fff]")
    for package in ("portal", "plan", "comments"):
        for model in apps.get_app_config(package).get_models():
            assert han.search(str(model._meta.verbose_name)), model
            for field in model._meta.get_fields():
                if field.concrete and not field.auto_created and field.name != "id" and not field.is_relation:
                    assert han.search(str(field.verbose_name)) or field.name == "sha256", (
                        f"{model}.{field.name}"
                    )


def test_templates_hold_nothing_inline():
    inline = re.compile(r"<style\b|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\bsrc=)", re.IGNORECASE)
    for path in templates():
        if "papers" in path.parts:  # Paper is rendered by WeasyPrint, where no policy stands.
            continue
        found = inline.search(path.read_text())
        assert not found, f"{path}: {found.group() if found else ''}"


def test_no_page_asks_another_host():
    address = re.compile(r"""(?:src|href|action)=["'](?:https?:)?//(?!beian\.)""")
    for path in templates():
        assert not address.search(path.read_text()), path
    for path in (ROOT / "static").rglob("*.css"):
        assert not re.search(r"url\(\s*['\"]?(?:https?:)?//", path.read_text()), path


def test_every_template_is_used():
    used_from = "\n".join(path.read_text() for path in [*sources(), *templates()])
    for path in templates():
        name = path.relative_to(
            next(parent for parent in path.parents if parent.name == "templates")
        ).as_posix()
        by_convention = name.startswith("admin/")
        assert by_convention or f'"{name}"' in used_from or f"'{name}'" in used_from, f"{name} is not used"


def test_nothing_names_a_machine_or_a_registry():
    names = re.compile(r"/work/|/root/|pypi\.org|files\.pythonhosted|registry\.npmjs|deb\.debian\.org")
    tracked = [
        path for path in ROOT.glob("*") if path.is_file() and path.suffix in (".toml", ".txt", ".md", "")
    ]
    for path in [*sources(), *templates(), *tracked, *(ROOT / "docs").rglob("*.md")]:
        assert not names.search(path.read_text()), path


def patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry)
        else:
            yield entry


def test_public_urls_end_with_a_slash():
    for entry in patterns(get_resolver()):
        module = getattr(entry.callback, "__module__", "")
        if module.startswith(("plan.", "comments.views")):
            route = str(entry.pattern)
            assert route == "" or route.endswith("/"), route
