"""Judges a file by its Table Schema: judge.py frictionless FILE SCHEMA | judge.py duckdb FILE SCHEMA THREADS. Prints counts as JSON.

DuckDB gets the constraints that SQL has: types, NOT NULL, lists, bounds, lengths, patterns, the primary key. Check digits of identifiers
and rules between fields are left out, as they are by frictionless.
"""

import json
import sys

how, file, schema, *threads = sys.argv[1:]
with open(schema, encoding="utf-8") as text:
    schema = json.load(text)
for field in schema["fields"]:
    if field.get("tamis:incompleteDates"):
        # Neither knows a date without its day: a text of the same form, whose order is that of dates.
        limits = field.get("constraints", {})
        given = f"({limits['minimum'][:2]}|{limits['maximum'][:2]})" if "minimum" in limits else "[0-9]{2}"
        limits = {key: value for key, value in limits.items() if key == "required"}
        field |= {"type": "string", "constraints": limits | {"pattern": given + "[0-9]{2}-(0[0-9]|1[0-2])-([0-2][0-9]|3[01])"}}


def by_frictionless():
    from frictionless import Resource, Schema, system

    # What the schema says beyond Table Schema is not for frictionless.
    schema["fields"] = [{key: value for key, value in field.items() if ":" not in key} for field in schema["fields"]]
    with system.use_context(trusted=True):
        resource = Resource(path=file, schema=Schema.from_descriptor(schema), encoding="utf-8", format="csv")
        report = resource.validate()
    return {"records": report.tasks[0].stats["rows"], "wrong": report.stats["errors"]}


def by_duckdb():
    import duckdb

    types = {"string": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE"}
    text = lambda value: "'" + str(value).replace("'", "''") + "'"  # noqa: E731
    columns, checks = [], []
    for field in schema["fields"]:
        name, limits = field["name"], field.get("constraints", {})
        bound = (lambda x: f"DATE {text(x)}") if field["type"] == "date" else str
        columns.append(f"{name} {types[field['type']]}{' NOT NULL' if limits.get('required') else ''}")
        for key, check in {
            "enum": lambda x: f"{name} IN ({', '.join(map(text, x))})",
            "minimum": lambda x: f"{name} >= {bound(x)}",
            "maximum": lambda x: f"{name} <= {bound(x)}",
            "maxLength": lambda x: f"length({name}) <= {x}",
            "pattern": lambda x: f"regexp_full_match({name}, {text(x)})",
        }.items():
            if key in limits:
                checks.append(f"CHECK ({check(limits[key])})")
    key = schema.get("primaryKey")
    if key:
        checks.append(f"PRIMARY KEY ({key if isinstance(key, str) else ', '.join(key)})")
    connection = duckdb.connect(":memory:")
    connection.execute(f"SET threads = {int(threads[0])}")
    connection.execute(f"CREATE TABLE t ({', '.join(columns + checks)})")
    declared = ", ".join(f"'{field['name']}': '{types[field['type']]}'" for field in schema["fields"])
    connection.execute(
        f"INSERT INTO t SELECT * FROM read_csv({text(file)}, header = true, delim = ',', quote = '\"', escape = '\"', "
        f"auto_detect = false, columns = {{{declared}}})"
    )
    return {"records": connection.execute("SELECT count(*) FROM t").fetchall()[0][0], "wrong": 0}


print(json.dumps(by_frictionless() if how == "frictionless" else by_duckdb()))
