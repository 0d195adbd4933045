//! What rules of custom resources' definitions may cost: each that is over its limit, by us and by the API server's own
//! validation of random definitions.

use std::collections::BTreeSet;
use std::sync::Arc;

use bulkhead_document::{Limits, read};
use bulkhead_policy::{Judge, Namespaces, Origin, Pack, Selection, Settings};
use bulkhead_testkit::Random;
use serde_json::{Value, json};

use crate::export::oracle;

/// A server of this version compiles new rules with the libraries of the version before, which is the oracle's.
const MINOR: u32 = 36;
const COUNT: usize = 2_000;

fn schema(random: &mut Random, depth: usize) -> Value {
    let sorts: &[&str] =
        &["text", "text", "choice", "moment", "whole", "either", "bytes", "list", "map", "object"];
    let sorts = if depth == 0 { sorts.get(..7).expect("scalars") } else { sorts };
    let lengths = &[0, 5, 20, 253, 4096, 100_000];
    let counts = &[0, 2, 10, 100, 1000];
    let mut schema = match *random.choose(sorts) {
        "text" => limit(random, json!({"type": "string"}), "maxLength", lengths),
        "choice" => json!({"type": "string", "enum": ["a", "bcdef", "ijklmnopqrstuvwxyz"]}),
        "moment" => json!({"type": "string", "format": random.choose(&["date-time", "date", "duration"])}),
        "whole" => json!({"type": random.choose(&["integer", "number", "boolean"])}),
        "either" => return limit(random, json!({"x-kubernetes-int-or-string": true}), "maxLength", lengths),
        "bytes" => limit(random, json!({"type": "string", "format": "byte"}), "maxLength", lengths),
        "list" => {
            let items = self::schema(random, depth - 1);
            limit(random, json!({"type": "array", "items": items}), "maxItems", counts)
        }
        "map" => {
            let values = self::schema(random, depth - 1);
            limit(random, json!({"type": "object", "additionalProperties": values}), "maxProperties", counts)
        }
        _ => object(random, depth),
    };
    if random.percent(45) {
        let rule = rule(random, &schema, "self", 0);
        schema["x-kubernetes-validations"] = json!([{"rule": rule, "messageExpression": "'a' + 'b'"}]);
    }
    schema
}

fn limit(random: &mut Random, mut schema: Value, field: &str, most: &[u64]) -> Value {
    if random.percent(55) {
        schema[field] = (*random.choose(most)).into();
    }
    schema
}

fn object(random: &mut Random, depth: usize) -> Value {
    let mut schema = json!({"type": "object", "properties": {}, "required": []});
    for name in ["a", "bb", "c-c", "in"] {
        if random.percent(55) {
            schema["properties"][name] = self::schema(random, depth.saturating_sub(1));
            if random.percent(50) {
                schema["required"].as_array_mut().expect("a list").push(name.into());
            }
        }
    }
    schema["properties"]["zz"] = json!({"type": "string"});
    schema
}

/// A rule that fits a schema.
fn rule(random: &mut Random, schema: &Value, this: &str, depth: usize) -> String {
    if schema["x-kubernetes-int-or-string"] == true {
        return format!("type({this}) == string");
    }
    let variable = format!("x{depth}");
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("string"), Some("date-time" | "date")) => format!("{this} > timestamp('2020-01-01T00:00:00Z')"),
        (Some("string"), Some("duration")) => format!("{this} > duration('1s')"),
        (Some("string"), Some(_)) => {
            let rules = ["size(@) > 1", "string(@).contains('a')", "@ == b'abc'"];
            random.choose(&rules).replace('@', this)
        }
        (Some("string"), None) => {
            let rules = [
                "@.startsWith('a')",
                "@.contains('abcdefghijklmnop')",
                "@.matches('^[a-z]+$')",
                "@ == 'abc' || @.size() > 3",
                "@.replace('a', 'bb') != @",
                "@.split(',').all(y, y.matches('a+'))",
                "isURL(@) && @.lowerAscii() == @",
            ];
            random.choose(&rules).replace('@', this)
        }
        (Some("integer"), _) => format!("{this} > 3"),
        (Some("number"), _) => format!("{this} > 3.0"),
        (Some("boolean"), _) => this.to_owned(),
        (Some("array"), _) => {
            let inner = rule(random, &schema["items"], &variable, depth + 1);
            let rules = [
                format!("{this}.all({variable}, {inner})"),
                format!("{this}.filter({variable}, {inner}).size() == 1"),
                format!("{this}.all({variable}, {this}.exists_one(z, {variable} == z))"),
                format!("{this}.map({variable}, [{variable}]).size() > 2"),
            ];
            random.choose(&rules).clone()
        }
        _ if schema["additionalProperties"].is_object() => {
            let inner =
                rule(random, &schema["additionalProperties"], &format!("{this}[{variable}]"), depth + 1);
            let rules = [
                format!("{this}.all({variable}, {variable}.startsWith('a'))"),
                format!("{this}.exists({variable}, {inner})"),
            ];
            random.choose(&rules).clone()
        }
        _ => {
            let fields = schema["properties"].as_object().expect("an object");
            let names: Vec<&String> = fields.keys().collect();
            let name = *random.choose(&names);
            let spelled = match &**name {
                "c-c" => "c__dash__c",
                "in" => "__in__",
                other => other,
            };
            let inner = rule(random, &fields[name], &format!("{this}.{spelled}"), depth + 1);
            format!("!has({this}.{spelled}) || {inner}")
        }
    }
}

fn definition(random: &mut Random) -> Value {
    let root = json!({"type": "object", "properties": {"spec": object(random, 4)}});
    let versions =
        json!([{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": root}}]);
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "gadgets.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"kind": "Gadget", "plural": "gadgets", "singular": "gadget", "listKind": "GadgetList"},
            "versions": versions,
        },
    })
}

/// A field's path by its names alone, and what is said of it.
fn mark(field: &str, message: &str) -> String {
    let field = field.rsplit_once("openAPIV3Schema").map_or(field, |(_, below)| below);
    let names: String = field.chars().filter(|letter| !"[]'.".contains(*letter)).collect();
    format!("{names} {message}")
}

#[test]
fn rules_over_their_limits_are_the_same() {
    let Some(mut oracle) = oracle("rules_over_their_limits_are_the_same") else { return };
    let only = vec!["definition-rule-broken".to_owned()];
    let selection = Selection { only, ..Selection::default() };
    let settings = Settings { minor: Some(MINOR), ..Settings::default() };
    let judge = Judge::new(&Pack::builtin().expect("policies"), &selection, &settings).expect("a judge");
    let (mut over, mut wrong) = (0, Vec::new());
    for case in 0..COUNT {
        let definition = definition(&mut Random::for_case(11, case));
        let answer = oracle.ask(&json!({"op": "definition", "object": definition})).expect("an answer");
        let errors = answer["errors"].as_array().unwrap_or_else(|| panic!("{answer}"));
        let told = |error: &Value| {
            let (field, detail) = (error["field"].as_str()?, error["detail"].as_str()?);
            (!detail.starts_with("contributed")).then(|| mark(field, detail))
        };
        let theirs: BTreeSet<String> = errors.iter().filter_map(told).collect();
        let (file, namespaces) = (Arc::from("a.yaml"), Namespaces::default());
        let tree = read(definition.to_string().into(), &Limits::default())
            .next()
            .expect("one")
            .expect("JSON");
        let analysis = judge.judge(tree, Origin { file: &file, document: 0, namespaces: &namespaces });
        let found = analysis.findings.iter();
        let ours: BTreeSet<String> = found.map(|found| mark(&found.field, &found.message)).collect();
        over += theirs.len();
        if ours != theirs {
            wrong.push(format!("ours {ours:?}\nthe server's {theirs:?}\n{definition}"));
        }
    }
    println!("definitions: {COUNT} asked, {over} rules over a limit, {} failed", wrong.len());
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.first().map_or("", String::as_str));
    assert!(over > 100, "only {over} rules were over a limit");
}
