"""Changes to what expressions in a template refer to."""


def rename_webhook(template: str) -> str:
    return template


def shorten_result_names(template: str) -> str:
    return template
