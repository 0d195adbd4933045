//! Random queries in JMESPath, with Kyverno's functions.

use serde_json::{Value, json};

use super::TEXTS;
use crate::Random;

/// A question about a query.
pub fn query(random: &mut Random) -> Value {
    let data = json!({
        "a": {"b": random.pick(TEXTS), "c": random.between(0, 9), "d": {"e": true}},
        "list": [
            {"name": "x", "image": "nginx:1", "n": 1, "ports": [80, 443]},
            {"name": "y", "image": random.pick(TEXTS), "n": random.between(0, 5)},
            {"name": "z", "n": 2.5, "ports": []},
        ],
        "texts": ["b", "a", random.pick(TEXTS)],
        "numbers": [3, 1.5, random.between(-3, 3)],
        "nothing": null,
        "empty": {},
    });
    json!({"op": "jmespath", "query": expression(random, 3), "data": data})
}

/// A query of some depth.
pub(super) fn expression(random: &mut Random, depth: usize) -> String {
    if depth == 0 || random.percent(30) {
        return atom(random);
    }
    let mut below = || expression(random, depth - 1);
    let (one, two) = (below(), below());
    match random.below(14) {
        0 => format!("{one} || {two}"),
        1 => format!("{one} && {two}"),
        2 => format!("!({one})"),
        3 => format!("{one} {} {two}", random.pick(&["==", "!=", "<", "<=", ">", ">="])),
        4 => format!("{one} | {two}"),
        5 => format!("[{one}, {two}]"),
        6 => format!("{{p: {one}, q: {two}}}"),
        7 => format!("list[?{one}].{}", random.pick(&["name", "n", "ports[]", "image"])),
        8 => format!("({one}).{}", random.pick(&["b", "d.e", "name"])),
        9 => format!("({one})[{}]", random.pick(&["0", "-1", "1:", "::-1", "*", ":2", "5"])),
        _ => call(random, &one, &two),
    }
}

fn atom(random: &mut Random) -> String {
    random
        .pick(&[
            "a",
            "a.b",
            "a.c",
            "a.d.e",
            "a.x",
            "x",
            "list",
            "list[0]",
            "list[].name",
            "list[*].n",
            "list[].ports[]",
            "texts",
            "numbers",
            "numbers[0]",
            "nothing",
            "empty",
            "@",
            "'a'",
            "'1Gi'",
            "'500m'",
            "'1h'",
            "`1`",
            "`2.5`",
            "`true`",
            "`null`",
            "`[]`",
            "`[1, 2]`",
            "'nginx:latest'",
            "list[?n > `1`].name",
            "list[?name == 'x']",
            "'1.2.3'",
            "a.\"b\"",
            "list[-1].name",
            "list[*].ports[0]",
            "''",
            "'2024-01-02T03:04:05Z'",
            "'30m'",
            "length(list)",
            "keys(a)[0]",
            "'a-b-c'",
        ])
        .to_owned()
}

fn call(random: &mut Random, one: &str, two: &str) -> String {
    let unary = [
        "length",
        "abs",
        "avg",
        "ceil",
        "floor",
        "max",
        "min",
        "type",
        "sort",
        "reverse",
        "to_array",
        "to_string",
        "to_number",
        "sum",
        "to_upper",
        "to_lower",
        "to_boolean",
        "base64_encode",
        "base64_decode",
        "path_canonicalize",
        "parse_json",
        "parse_yaml",
        "sha256",
        "image_normalize",
        "time_utc",
        "time_to_cron",
        "not_null",
    ];
    let binary = [
        "starts_with",
        "ends_with",
        "join",
        "compare",
        "equal_fold",
        "trim",
        "trim_prefix",
        "split",
        "regex_match",
        "pattern_match",
        "label_match",
        "add",
        "subtract",
        "multiply",
        "divide",
        "modulo",
        "round",
        "truncate",
        "semver_compare",
        "lookup",
        "object_from_lists",
        "merge",
        "time_diff",
        "time_before",
        "time_add",
        "contains",
        "time_truncate",
        "time_after",
    ];
    match random.below(14) {
        0..5 => format!("{}({one})", random.pick(&unary)),
        5..10 => format!("{}({one}, {two})", random.pick(&binary)),
        10 => format!(
            "{}(list, &{})",
            random.pick(&["max_by", "min_by", "sort_by"]),
            random.pick(&["n", "name"])
        ),
        11 => format!("map(&{}, list)", random.pick(&["name", "n", "ports", "to_string(n)"])),
        12 => format!("items({one}, 'k', 'v')"),
        _ => format!("{}({one}, 'a', 'zz')", random.pick(&["replace_all", "regex_replace_all_literal"])),
    }
}
