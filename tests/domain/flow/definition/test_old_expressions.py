"""What version 11 expressions said is said in the language of today."""

import pytest

from domain.flow.definition.legacy.expressions import migrate_template


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("flow.crop", "@results.crop"),
        ("flow.crop.category", "@results.crop.category_localized"),
        ("flow.crop.text", "@results.crop.input"),
        ("flow.crop.time", "@results.crop.created_on"),
        ("flow.contact.name", "@contact.name"),
        ("flow.2nd", '@(results["2nd"])'),
        ("contact.first_name", "@contact.first_name"),
        ("contact.groups", '@(join(contact.groups, ","))'),
        ("contact.tel", "@(format_urn(urns.tel))"),
        ("contact.tel_e164", '@(default(urn_parts(urns.tel).path, ""))'),
        ("contact.telegram", '@(default(urn_parts(urns.telegram).path, ""))'),
        ("contact.tel.scheme", "@(urn_parts(urns.tel).scheme)"),
        ("contact.tel.urn", "@urns.tel"),
        ("parent.contact.age", "@parent.fields.age"),
        ("parent.crop", "@parent.results.crop"),
        ("child.crop.category", "@child.results.crop.category_localized"),
        ("child", "@child"),
        ("extra.flow.crop", "@parent.results.crop"),
        ("extra.0.name", '@(legacy_extra["0"].name)'),
        ("step", "@input"),
        ("step.value", "@input"),
        ("step.text", "@input.text"),
        ("step.time", "@input.created_on"),
        ("step.contact.age", "@fields.age"),
        ("step.attachments", '@(foreach(foreach(input.attachments, attachment_parts), extract, "url"))'),
        ("step.attachments.1", "@(attachment_parts(input.attachments[1]).url)"),
        ("channel", "@contact.channel.address"),
        ("channel.name", "@contact.channel.name"),
        ("channel.tel", "@contact.channel.address"),
        ("date", "@(now())"),
        ("date.now", "@(now())"),
        ("date.tomorrow", '@(format_date(datetime_add(now(), 1, "D")))'),
        ("date.yesterday", '@(format_date(datetime_add(now(), -1, "D")))'),
    ],
)
def test_names_lead_to_where_the_values_are_now(old: str, new: str) -> None:
    assert migrate_template(f"@{old}") == new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("AVERAGE(1, 2)", "mean(1, 2)"),
        ("DATE(2020, 1, 2)", "date_from_parts(2020, 1, 2)"),
        ("DATEDIF(contact.a, contact.b, \"d\")", "datetime_diff(fields.a, fields.b, \"d\")"),
        ("DAYS(contact.a, contact.b)", 'datetime_diff(fields.b, fields.a, "D")'),
        ("YEAR(contact.a)", 'format_date(fields.a, "YYYY")'),
        ("HOUR(contact.a)", 'format_datetime(fields.a, "tt")'),
        ("MINUTE(NOW())", 'format_datetime(now(), "m")'),
        ("SECOND(date.now)", 'format_datetime(now(), "s")'),
        ("HOUR(TIME(2, 30, 0))", 'format_time(time_from_parts(2, 30, 0), "tt")'),
        ("EDATE(contact.a, 2)", 'datetime_add(fields.a, 2, "M")'),
        ("EXP(2)", "2.718281828459045 ^ 2"),
        ("POWER(2, flow.n)", "2 ^ results.n"),
        ("FALSE()", "false"),
        ("TRUE()", "true"),
        ("FIRST_WORD(flow.x)", "word(results.x, 0)"),
        ("FIXED(flow.x)", "format_number(results.x, 2)"),
        ("FIXED(flow.x, 1, TRUE)", "format_number(results.x, 1, false)"),
        ("FIXED(flow.x, 1, flow.y)", "format_number(results.x, 1, if(results.y, false, true))"),
        ("LEFT(flow.x, 2)", "text_slice(results.x, 0, 2)"),
        ("RIGHT(flow.x, 2)", "text_slice(results.x, -2)"),
        ("RIGHT(flow.x, flow.n + 1)", "text_slice(results.x, -legacy_add(results.n, 1))"),
        ("WEEKDAY(flow.x)", "weekday(results.x) + 1"),
        ("WORD(flow.x, 1)", "word(results.x, 0)"),
        ("WORD(flow.x, -1)", "word(results.x, -1)"),
        ("WORD(flow.x, flow.n)", "word(results.x, results.n - 1)"),
        ("WORD(flow.x, 2, TRUE)", 'word(results.x, 1, " \\t")'),
        ("WORD_COUNT(flow.x, FALSE)", "word_count(results.x, NULL)"),
        ("WORD_SLICE(flow.x, 2, 4)", "word_slice(results.x, 1, 3)"),
        ("FIELD(flow.x, 2)", 'field(results.x, 1, " ")'),
        ("IF(flow.x)", "if(results.x, 0, false)"),
        ("SUM(1, 2, 3)", "1 + 2 + 3"),
        ("CONCATENATE(flow.x, \"!\")", 'results.x & "!"'),
        ("SUBSTITUTE(flow.x, \"a\", \"b\")", 'replace(results.x, "a", "b")'),
        ("PROPER(LEN(flow.x))", "title(text_length(results.x))"),
        ("(1 + 2) * 3", "(1 + 2) * 3"),
        ("-flow.x ^ 2", "-results.x ^ 2"),
        ("1 <> 2", "1 != 2"),
        ('"say ""hi"""', '"say \\"hi\\""'),
        ("TRUE", "true"),
        ("1.5 & 2", "1.5 & 2"),
    ],
)  # fmt: skip
def test_functions_and_operators_have_their_successors(old: str, new: str) -> None:
    assert migrate_template(f"@({old})") == f"@({new})"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1 + 2", "1 + 2"),
        ("flow.x + 2", "legacy_add(results.x, 2)"),
        ("flow.x - 2", "legacy_add(results.x, -2)"),
        ("NOW() + 2", 'datetime_add(now(), 2, "D")'),
        ("TODAY() + 2", 'format_date(datetime_add(today(), 2, "D"))'),
        ("flow.x + TIME(1, 30, 0)", "replace_time(results.x, time_from_parts(1, 30, 0))"),
        (
            "NOW() + TIME(1, 30, 0)",
            'datetime_add(now(), format_time(time_from_parts(1, 30, 0), "tt") * 60'
            ' + format_time(time_from_parts(1, 30, 0), "m"), "m")',
        ),
    ],
)
def test_sums_are_of_numbers_dates_or_what_turns_out(old: str, new: str) -> None:
    assert migrate_template(f"@({old})") == f"@({new})"


def test_dates_stay_dates_where_a_test_compares_them() -> None:
    assert migrate_template("@(date.today + 2)", raw_dates=True) == '@(datetime_add(today(), 2, "D"))'


def test_values_in_urls_are_escaped() -> None:
    url = "http://x.org/?n=@contact.name&f=@(UPPER(flow.x))"
    expected = "http://x.org/?n=@(url_encode(contact.name))&f=@(url_encode(upper(results.x)))"
    assert migrate_template(url, url_encode=True) == expected


def test_an_expression_split_that_fails_looks_at_its_own_source() -> None:
    assert migrate_template("@flow.x", default_to_self=True) == '@(if(is_error(results.x), "@flow.x", results.x))'


@pytest.mark.parametrize(
    "template", ["@(1 +)", "@(FOO(1))", "@(LEFT(1))", "@(1 2)", "@(,)", '@("open)', "@('x')", "@(DATE(2020)"]
)
def test_what_can_not_be_read_stays(template: str) -> None:
    assert migrate_template(f"{template} @contact.age") in (f"{template} @fields.age", f"{template} @contact.age")


@pytest.mark.parametrize("template", ["plain", "a@b.org", "@", "@@flow.x", "@flower", "100 @ 5"])
def test_text_stays(template: str) -> None:
    assert migrate_template(template) == template


def test_an_empty_text_vanishes() -> None:
    assert migrate_template('a@("")b') == "ab"
