"""Registers with titles and layouts of other departments: what is declared of them is right, and what is not sure is not declared."""

from datetime import date, timedelta

import pytest

ROWS = 60
ISSUED = [str(date(2022, 1, 3) + timedelta(11 * number)) for number in range(ROWS)]
ENDS = [str(date(2027, 1, 3) + timedelta(11 * number)) for number in range(ROWS)]
NUMBERS = [f"D370402S2022-{number:04}" for number in range(ROWS)]
AREAS = [("370402", "370403", "370481")[number % 3] for number in range(ROWS)]
TIMES = [f"2026-02-{1 + number % 28:02} 10:{number:02}:00" for number in range(ROWS)]
OFFICE, OFFICE_CODE = "枣庄市城乡水务局", "11370400MB0000000N"


def taken(value):
    return value.get("from") if isinstance(value, dict) else value


def elements(suggestion):
    """From which column each element comes; a constant in brackets."""
    return {
        element: taken(value) or f"({value['constant']})"
        for element, value in suggestion.declaration["columns"].items()
    }


@pytest.fixture
def water(persons, bodies):
    """A register of companies with Chinese titles; tests change some columns."""

    def columns(**others):
        return {
            "序号": [str(number) for number in range(1, ROWS + 1)],
            "许可证编号": NUMBERS,
            "取水权人名称": [body.name for body in bodies],
            "统一社会信用代码": [body.code for body in bodies],
            "法定代表人": [person.name for person in persons],
            "法定代表人身份证号": [person.number for person in persons],
            "取水地点": [body.address for body in bodies],
            "审批机关": OFFICE,
            "发证日期": ISSUED,
            "有效期起始日期": ISSUED,
            "有效期截止日期": [*ENDS[:-1], "长期"],
            "所在地区": [("市中区", "薛城区", "滕州市")[number % 3] for number in range(ROWS)],
            "许可证状态": ["有效"] * (ROWS - 1) + ["注销"],
            "联系电话": [f"1380000{number:04}" for number in range(ROWS)],
            "备注": None,
            **others,
        }

    return columns


def test_a_register_of_companies(proposed, water):
    found = proposed(water())
    assert elements(found) == {
        "certificate_number": "许可证编号",
        "certificate_issuing_authority_name": "审批机关",
        "certificate_issued_date": "发证日期",
        "certificate_holder_name": "取水权人名称",
        "certificate_holder_code": "统一社会信用代码",
        "certificate_holder_type_code": "(001)",
        "certificate_effective_date": "有效期起始日期",
        "certificate_expiring_date": "有效期截止日期",
        "certificate_status": "许可证状态",
        "certificate_area_code": "所在地区",
        "certificate_holder_category": "(2)",
        "KZ_FDDBR": "法定代表人",
        "KZ_FDDBRSFZH": "法定代表人身份证号",
        "KZ_QSDD": "取水地点",
        "KZ_LXDH": "联系电话",
    }
    assert found.declaration["columns"]["certificate_status"]["lookup"] == "status_plain"
    assert found.declaration["lookups"]["open_ended"] == {"长期": None}
    assert found.declaration["lookups"]["areas"]["市中区"] == "370402"
    assert found.declaration["ignore"][:2] == ["序号", "备注"]
    assert {row["short_name"]: row["personal"] for row in found.face_fields} == {
        "KZ_FDDBR": "1", "KZ_FDDBRSFZH": "1", "KZ_QSDD": "", "KZ_LXDH": "1",
    }  # fmt: skip


@pytest.mark.parametrize("title", ["XM", "姓名", "持证人/姓名", "name", "CZRXM"])
def test_a_register_of_persons_who_work_for_companies(proposed, persons, bodies, title):
    found = proposed(
        {
            title: [person.name for person in persons],
            "性别": ["男", "女"] * (ROWS // 2),
            "身份证号": [person.number for person in persons],
            "单位名称": [body.name for body in bodies],
            "统一社会信用代码": [body.code for body in bodies],
            "资格证号": NUMBERS,
            "签发日期": ISSUED,
        }
    )
    assert elements(found) == {
        "certificate_number": "资格证号",
        "certificate_issued_date": "签发日期",
        "certificate_holder_name": title,
        "certificate_holder_code": "身份证号",
        "certificate_holder_type_code": "(111)",
        "certificate_holder_category": "(1)",
        "KZ_XB": "性别",
        "KZ_DWMC": "单位名称",
        "KZ_TYSHXYDM": "统一社会信用代码",
    }


def test_the_licence_type_decides_whose_licences_they_are(proposed, persons, bodies):
    both = {
        "姓名": [person.name for person in persons],
        "身份证号": [person.number for person in persons],
        "单位名称": [body.name for body in bodies],
        "统一社会信用代码": [body.code for body in bodies],
        "资格证号": NUMBERS,
        "签发日期": ISSUED,
    }
    of_persons = elements(proposed(both, licence_type="11100000000019713D071"))
    assert of_persons["certificate_holder_name"], of_persons["certificate_holder_code"] == ("姓名", "身份证号")
    of_bodies = elements(proposed(both, licence_type="道路运输经营许可证"))
    assert (of_bodies["certificate_holder_name"], of_bodies["certificate_holder_code"]) == (
        "单位名称",
        "统一社会信用代码",
    )
    unknown = proposed(both)
    assert elements(unknown)["certificate_holder_name"].startswith("请填写")
    assert elements(unknown)["certificate_holder_code"].startswith("请填写")
    assert {"姓名", "身份证号", "单位名称", "统一社会信用代码"} <= set(unknown.declaration["ignore"])
    assert any(
        line.startswith("身份证号: may be certificate_holder_code, as may 统一社会信用代码") for line in unknown.unsure
    )


def test_the_newer_layout_of_front_databases(proposed, persons):
    found = proposed(
        {
            "ID": [f"00000000-0000-4000-8000-{number:012}" for number in range(ROWS)],
            "CERTIFICATE_NUMBER": NUMBERS,
            "ISSUE_DATE": ISSUED,
            "VALIDITY_START": ISSUED,
            "VALIDITY_END": [*ENDS[:-1], "9999-12-30"],
            "ISSUE_DEPT_CODE": OFFICE_CODE,
            "ISSUE_DEPT": OFFICE,
            "CERTIFICATE_AREA_CODE": [f"{area}000000" for area in AREAS],
            "CERTIFICATE_HOLDER_CATEGORY": "1",
            "CERTIFICATE_HOLDER": [person.name for person in persons],
            "CERTIFICATE_HOLDER_TYPE": "111",
            "CERTIFICATE_HOLDER_CODE": [person.number for person in persons],
            "CERTIFICATE_LEVEL": "A",
            "KZ_ZSZT": ["01"] * 58 + ["04"] * 2,
            "STATE": ["insert", "update"] * 30,
            "UPDATE_TIME": TIMES,
            "RETURN_MSG": None,
            "REMARK": None,
        },
        kind="database",
        name="EX_AQSCGLRYKHHGZS_1",
    )
    assert found.declaration["certificate_type_code"] == "11100000000013338W011"
    assert found.declaration["extract"] == {
        "kind": "database", "connection": "register", "table": "EX_AQSCGLRYKHHGZS_1", "key": ["ID"],
        "updated_at": "UPDATE_TIME", "look_back": "2h",
    }  # fmt: skip
    assert found.declaration["columns"]["certificate_status"] == {"from": "KZ_ZSZT", "lookup": "status_housing"}
    assert found.declaration["columns"]["certificate_holder_type_code"] == "CERTIFICATE_HOLDER_TYPE"
    assert found.declaration["ignore"] == ["CERTIFICATE_LEVEL", "STATE", "RETURN_MSG", "REMARK"]
    assert found.face_fields == []


def test_the_older_layout_of_front_databases(proposed, persons):
    found = proposed(
        {
            "rowguid": [f"00000000-0000-4000-8000-{number:012}" for number in range(ROWS)],
            "LICENSE_NUMBER": NUMBERS,
            "CERTIFICATE_DATE": ISSUED,
            "VALID_PERIOD_BEGIN": ISSUED,
            "VALID_PERIOD_END": ENDS,
            "DEPT_ORGANIZE_CODE": OFFICE_CODE,
            "DEPT_NAME": OFFICE,
            "DISTRICTS_CODE": AREAS,
            "DISTRICTS_NAME": "市中区",
            "HOLDER_TYPE": "自然人",
            "HOLDER_NAME": [person.name for person in persons],
            "CERTIFICATE_TYPE": "居民身份证",
            "CERTIFICATE_NO": [person.number for person in persons],
            "CERTIFICATE_LEVEL": "A",
            "XB": ["男", "女"] * 30,
            "state": "insert",
            "operatedate": TIMES,
        },
        kind="database",
        name="EX_JZSGTZZYCZZGZS",
    )
    assert elements(found) == {
        "certificate_number": "LICENSE_NUMBER",
        "certificate_issuing_authority_name": "DEPT_NAME",
        "certificate_issuing_authority_code": "DEPT_ORGANIZE_CODE",
        "certificate_issued_date": "CERTIFICATE_DATE",
        "certificate_holder_name": "HOLDER_NAME",
        "certificate_holder_code": "CERTIFICATE_NO",
        "certificate_holder_type_code": "CERTIFICATE_TYPE",
        "certificate_effective_date": "VALID_PERIOD_BEGIN",
        "certificate_expiring_date": "VALID_PERIOD_END",
        "certificate_area_code": "DISTRICTS_CODE",
        "certificate_holder_category": "HOLDER_TYPE",
        "KZ_XB": "XB",
    }
    assert found.declaration["lookups"] == {
        "holder_types": {"居民身份证": "111"},
        "holder_categories": {"自然人": "1"},
        "sexes": {"男": "1", "女": "2"},
    }
    assert found.declaration["extract"]["key"] == ["rowguid"]
    assert found.declaration["extract"]["updated_at"] == "operatedate"
    assert found.declaration["ignore"] == ["DISTRICTS_NAME", "CERTIFICATE_LEVEL", "state"]


def test_the_national_exchange_table(proposed, persons):
    found = proposed(
        {
            "id": [str(number) for number in range(ROWS)],
            "version": "1",
            "certificate_source_id": [f"src{number}" for number in range(ROWS)],
            "certificate_name": "道路运输从业人员从业资格证",
            "certificate_type": "道路运输从业人员从业资格证",
            "certificate_type_code": "11100000000019713D071",
            "issue_dept": OFFICE,
            "issue_dept_code": OFFICE_CODE,
            "certificate_area_code": [f"{area}000000" for area in AREAS],
            "certificate_holder": [person.name for person in persons],
            "certificate_holder_code": [person.number for person in persons],
            "certificate_holder_type": "公民身份号码",
            "certificate_number": NUMBERS,
            "issue_date": [day.replace("-", "") for day in ISSUED],
            "cd_operation": ["I", "U"] * 30,
            "cd_time": TIMES,
            "cd_batch": "20260228",
            "data_source": "370",
        },
        kind="database",
        name="up_lic_data",
    )
    assert found.declaration["certificate_type_code"] == "11100000000019713D071"
    assert found.declaration["extract"]["updated_at"] == "cd_time"
    assert found.declaration["extract"]["changes"] == {
        "operation": "cd_operation",
        "kept": ["I", "U"],
        "deleted": ["D"],
    }
    assert found.declaration["ignore"] == ["version", "certificate_source_id", "cd_batch", "data_source"]
    assert elements(found)["certificate_type_name"] == "certificate_type"
    assert found.declaration["columns"]["certificate_issued_date"] == {"from": "issue_date", "formats": "%Y%m%d"}
    assert found.declaration["columns"]["certificate_holder_type_code"] == {
        "from": "certificate_holder_type", "lookup": "holder_types",
    }  # fmt: skip


def test_english_names(proposed, bodies):
    found = proposed(
        {
            "licence_id": [str(number) for number in range(ROWS)],
            "licenceNo": NUMBERS,
            "companyName": [body.name for body in bodies],
            "creditCode": [body.code for body in bodies],
            "issueDate": ISSUED,
            "validFrom": ISSUED,
            "expiryDate": ENDS,
            "status": ["active"] * 50 + ["revoked"] * 10,
            "lastModified": TIMES,
        },
        kind="database",
    )
    assert elements(found) == {
        "certificate_number": "licenceNo",
        "certificate_issued_date": "issueDate",
        "certificate_holder_name": "companyName",
        "certificate_holder_code": "creditCode",
        "certificate_holder_type_code": "(001)",
        "certificate_effective_date": "validFrom",
        "certificate_expiring_date": "expiryDate",
        "certificate_status": "status",
        "certificate_holder_category": "(2)",
    }
    assert found.declaration["lookups"] == {"states": {"active": "VALID", "revoked": "REVOKED"}}
    assert found.declaration["extract"]["key"] == ["licence_id"]


def test_a_validity_of_two_days_in_a_value_is_not_declared(proposed, water):
    columns = water() | {"有效期": [f"{a}至{b}" for a, b in zip(ISSUED, ENDS, strict=True)]}
    del columns["有效期截止日期"]
    found = proposed(columns)
    assert "certificate_expiring_date" not in found.declaration["columns"]
    assert any("two days in a value" in line for line in found.unsure)


def test_days_of_which_nobody_knows_the_month_are_not_declared(proposed, water):
    found = proposed(water(发证日期=[f"{1 + number % 12:02}/{1 + number % 9:02}/2024" for number in range(ROWS)]))
    assert elements(found)["certificate_issued_date"].startswith("请填写")
    assert any("day first or month first" in line for line in found.unsure)


def test_status_codes_in_no_family_are_held_and_noted(proposed, water):
    found = proposed(water(许可证状态=["A"] * 50 + ["B"] * 10))
    assert found.declaration["columns"]["certificate_status"] == "许可证状态"
    assert "A (50); B (10)" in " ".join(found.notes["columns", "certificate_status"])


def test_mixed_holders_get_no_constant(proposed, water, persons, bodies):
    who = [(bodies if number % 2 else persons)[number] for number in range(ROWS)]
    codes = [getattr(each, "code", None) or each.number for each in who]
    found = proposed(water(统一社会信用代码=codes, 取水权人名称=[each.name for each in who]))
    assert elements(found)["certificate_holder_type_code"].startswith("请填写")
    assert "certificate_holder_category" not in found.declaration["columns"]
    assert "50 % of the holders' codes are citizen numbers" in " ".join(
        found.notes["columns", "certificate_holder_type_code"]
    )


def test_two_columns_as_sure_for_one_element_are_neither(proposed, water):
    columns = water() | {"批准日期": ISSUED, "登记日期": ENDS}
    del columns["发证日期"]
    found = proposed(columns)
    assert elements(found)["certificate_issued_date"].startswith("请填写")
    assert {"批准日期", "登记日期"} <= set(found.declaration["ignore"])


def test_a_surer_title_wins_over_a_likely_one(proposed, water):
    found = proposed(water() | {"批准日期": ISSUED})
    assert elements(found)["certificate_issued_date"] == "发证日期"
    assert elements(found)["KZ_PZRQ"] == "批准日期"


def test_values_prove_what_no_title_names(proposed, water):
    found = proposed(
        water()
        | {"XX1": [f"1.2.156.3005.2.11100000000019713D008.11370400MB0000000N.{n:012}.001.4" for n in range(ROWS)]}
    )
    assert elements(found)["certificate_identifier"] == "XX1"
    assert found.declaration["certificate_type_code"] == "11100000000019713D008"


def test_a_title_that_its_values_contradict_is_not_declared(proposed, water, persons):
    found = proposed(water(许可证编号=[person.number for person in persons]))
    assert elements(found)["certificate_number"].startswith("请填写")
    assert any("citizen numbers" in line for line in found.unsure)


def test_without_an_update_time_the_whole_table_is_read_every_night(proposed, water):
    found = proposed(water(), kind="database", name="QSXK")
    assert "updated_at" not in found.declaration["extract"]
    assert found.declaration["extract"]["key"] == ["许可证编号"]
    assert found.declaration["expect"]["rows"] == {"min": 40}


def test_a_table_without_a_key_gets_one_that_nothing_has(proposed, water):
    columns = {
        title: [*values[:-1], values[0]] if isinstance(values, list) else values for title, values in water().items()
    }
    assert proposed(columns, kind="database").declaration["extract"]["key"] == ["请填写主键列"]


def test_a_column_that_marks_deletions(proposed, water):
    found = proposed(water() | {"IS_DELETED": "0", "GXSJ": TIMES}, kind="database")
    assert found.declaration["extract"]["changes"] == {"operation": "IS_DELETED", "kept": ["0"], "deleted": ["1"]}


def test_several_holders_in_a_value(proposed, water, persons):
    two = [(persons[number], persons[number - 1]) for number in range(ROWS)]
    found = proposed(
        water(
            取水权人名称=["、".join(p.name for p in pair) for pair in two],
            统一社会信用代码=["、".join(p.number for p in pair) for pair in two],
        )
    )
    assert found.declaration["columns"]["certificate_holder_name"]["separator"] == "、"
    assert found.declaration["columns"]["certificate_holder_code"]["separator"] == "、"


def test_totals_below_the_rows_are_left_out(proposed, water):
    columns = {
        title: [*(values if isinstance(values, list) else [values] * ROWS), None, None]
        for title, values in water().items()
    }
    columns["序号"][-2:] = ["合计", "制表人：甲某"]
    assert proposed(columns).declaration["leave_out"] == {"序号": ["合计*", "制表人*"]}


def test_the_authority_of_nearly_all_rows_is_proposed_as_the_department_with_a_note(proposed, water):
    found = proposed(water() | {"审批机关代码": [*["11370400MB0000131J"] * 58, *["11370402MB00002113"] * 2]})
    assert found.declaration["department"]["code"] == "11370400MB0000131J"
    assert found.declaration["issuing_authorities"] == ["11370402MB00002113"]
    assert any("NOT SURE" in line for line in found.notes["department",])


def test_missing_facts_are_marked_and_prevent_a_run(proposed, water):
    found = proposed(water())
    assert found.declaration["ignore"][-2:] == ["请填写 department", "请填写 certificate_type_code"]
    assert found.licence_types == [
        {"code": "11370400MB0000000N901", "name": "请填写证照类型名称", "holder_category": ""}
    ]
    proposal = proposed(
        water(), department_code="11370400MB0000131J", department_name="某局", licence_type="11100000000013661B006"
    )
    assert not [name for name in proposal.declaration["ignore"] if name.startswith("请填写")]
    assert proposal.licence_types == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("枣庄市安全生产许可证台账_20260301.csv", "11100000000013338W050"),
        ("2026年3月安全生产许可证.csv", "11100000000013338W050"),
        ("烟花爆竹安全生产许可证.csv", "11370400MB0000000N901"),
        ("dlysjyxkz_20260301.csv", "11100000000019713D008"),
        ("xkz.csv", "11370400MB0000000N901"),
    ],
)
def test_a_licence_type_is_known_by_its_whole_name(proposed, water, name, code):
    assert proposed(water(), name=name).declaration["certificate_type_code"] == code


def test_an_invalid_update_time_and_an_invalid_key_are_noted(proposed, water):
    found = proposed(water() | {"ID": "7", "GXSJ": "昨天", "UPDATE_TIME": "昨天"}, kind="database")
    assert "updated_at" not in found.declaration["extract"]
    assert found.declaration["extract"]["key"] == ["许可证编号"]
    assert "ID: is called a key, but it has 1 different values in 60 rows" in found.unsure
    assert "UPDATE_TIME: is called an update time, but 0 % of its values are times" in found.unsure


def test_a_register_without_states_says_that_all_count_as_valid(proposed, water):
    columns = water()
    del columns["许可证状态"]
    assert any("every record counts as VALID" in line for line in proposed(columns).notes["columns",])
