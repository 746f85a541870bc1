"""The roles of the desk and what each may do: the one place that says it. ``manage.py sync_groups`` applies it."""

_READ_PLAN = (
    "plan.view_plan",
    "plan.view_chapter",
    "plan.view_measure",
    "plan.view_responsibleunit",
    "plan.view_consultation",
    "plan.view_notice",
)
_READ_OPINIONS = (
    "comments.view_submission",
    "comments.view_comment",
    "comments.view_disposition",
    "comments.view_commentevent",
    "comments.view_consultationevent",
)
_READ_PAPERS = ("comments.view_report", "comments.download_report")
_READ = _READ_PLAN + _READ_OPINIONS + _READ_PAPERS

GROUPS: dict[str, frozenset[str]] = {
    "审核员": frozenset(
        {*_READ, "comments.moderate_comment", "comments.view_submitter", "comments.request_report"}
    ),
    "起草人": frozenset({*_READ, "comments.propose_disposition", "comments.request_report"}),
    "审签人": frozenset({*_READ, "comments.approve_disposition", "comments.publish_disposition"}),
    "管理员": frozenset(
        {
            *_READ,
            "auth.view_user",
            "auth.add_user",
            "auth.change_user",
            "plan.change_consultation",
            "plan.change_responsibleunit",
            "comments.view_submitter",
            "comments.request_report",
        }
    ),
}
