//! What the checker says of expressions over typed objects: `bulkhead-cel` beside cel-go, with the types
//! that the API server gives `object`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bulkhead_cel::{Env, KindTypes};
use bulkhead_kinds::{FieldType, Kinds, Type};
use bulkhead_testkit::Random;
use bulkhead_testkit::differential::{Comparison, Difference, smaller_texts};
use serde_json::{Value as Json, json};

#[test]
fn differential_cel_typed() {
    crate::hold(&Typed, 20_000, include_str!("typed.listed"));
}

/// The version whose server is asked.
const MINOR: u32 = 35;

const KINDS: &[(&str, &str)] = &[
    ("v1", "Pod"),
    ("v1", "Service"),
    ("v1", "Namespace"),
    ("v1", "Secret"),
    ("v1", "ConfigMap"),
    ("v1", "PersistentVolume"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("batch/v1", "CronJob"),
    ("networking.k8s.io/v1", "Ingress"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("coordination.k8s.io/v1", "Lease"),
];

struct Typed;

#[derive(Clone)]
struct Case {
    kind: (&'static str, &'static str),
    expr: String,
}

impl Comparison for Typed {
    type Case = Case;
    const NAME: &'static str = "differential-cel-typed";

    fn make(&self, random: &mut Random) -> Case {
        let kind = *random.choose(KINDS);
        let kinds = Kinds::for_minor(MINOR).expect("a supported version");
        let root = kinds
            .find(kind.0, kind.1)
            .and_then(bulkhead_kinds::KindInfo::object_type)
            .expect("a kind");
        Case { kind, expr: expression(random, root) }
    }

    fn question(&self, case: &Case) -> Json {
        json!({
            "op": "cel",
            "env": "kubernetes",
            "version": format!("1.{}", MINOR - 1),
            "expr": case.expr,
            "types": {"object": format!("object({}, {})", case.kind.0, case.kind.1)},
            "compileOnly": true,
            "estimate": true,
        })
    }

    fn show(&self, case: &Case) -> String {
        format!("{}  OVER {} {}", case.expr, case.kind.0, case.kind.1)
    }

    fn compare(&self, case: &Case, answer: &Json) -> Option<Difference> {
        let ours = match environment(case.kind).compile(&case.expr) {
            Ok(program) => program.result_type().map(ToString::to_string).unwrap_or_default(),
            Err(error) => format!("refused: {}:{}: {}", error.line, error.column, error.message),
        };
        let issues = answer["issues"].as_array();
        let same = match issues {
            Some(issues) => issues
                .iter()
                .any(|issue| ours.starts_with(&format!("refused: {}:{}:", issue["line"], issue["column"]))),
            None => ours == their_type(answer),
        };
        let oracle =
            issues.map_or_else(|| their_type(answer), |issues| Json::from(issues.clone()).to_string());
        if !same {
            return Some(Difference { ours, oracle });
        }
        let estimate = environment(case.kind).estimate(&case.expr, &());
        crate::estimate::differs(estimate.ok().map(crate::estimate::shown), answer)
    }

    fn smaller(&self, case: &Case) -> Vec<Case> {
        smaller_texts(&case.expr).into_iter().map(|expr| Case { expr, ..case.clone() }).collect()
    }
}

fn their_type(answer: &Json) -> String {
    let found = answer["type"].as_str().unwrap_or_default();
    let plain = found.replace("google.protobuf.Duration", "duration").replace("null_type", "null");
    plain.replace("google.protobuf.Timestamp", "timestamp")
}

fn environment(kind: (&'static str, &'static str)) -> Env {
    static MADE: Mutex<BTreeMap<(&str, &str), Env>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().expect("no other comparison failed");
    let env = made.entry(kind).or_insert_with(|| {
        let kinds = Kinds::for_minor(MINOR).expect("a supported version");
        let types = KindTypes::new(kinds, kind.0, kind.1).expect("a kind");
        Env::kubernetes(MINOR)
            .with_typed_variable("object", types.root())
            .with_objects(Arc::new(types))
    });
    env.clone()
}

/// An expression over some fields of an object.
fn expression(random: &mut Random, root: Type<'static>) -> String {
    let one = path(random, "object", root);
    let literal =
        random.pick(&["'a'", "1", "1u", "1.5", "true", "null", "[]", "['a']", "{}", "{'a': 'b'}", "b'a'"]);
    match random.below(16) {
        0 => one,
        1 => format!("{one} == {literal}"),
        2 => format!("{one} == {}", path(random, "object", root)),
        3 => format!("{one} + {literal}"),
        4 => format!("{one} < {literal}"),
        5 => format!("has({one}) && {one} != {literal}"),
        6 => format!("size({one}) > 0"),
        7 => format!("{one}.all(x, x == {literal})"),
        8 => format!("{one}.map(x, [x, {literal}])"),
        9 => format!("{one}.startsWith({literal})"),
        10 => format!("{literal} in {one}"),
        11 => format!("[{one}, {}]", path(random, "object", root)),
        12 => format!("{{'a': {one}, 'b': {}}}", path(random, "object", root)),
        13 => format!("{}.orValue({literal})", one.replacen('.', ".?", 1)),
        14 => format!("{one}.filter(x, has(x.name)).exists(y, y.name == {literal})"),
        _ => format!("true ? {one} : {}", path(random, "object", root)),
    }
}

/// A way from an object to a part of it, sometimes a wrong one.
fn path(random: &mut Random, start: &str, root: Type<'static>) -> String {
    let mut text = start.to_owned();
    let mut at = FieldType::Object(root);
    for _ in 0..random.below(7) {
        match at {
            FieldType::Object(found) => {
                let fields: Vec<_> = found.fields().collect();
                if fields.is_empty() {
                    break;
                }
                let field = random.choose(&fields);
                text.extend([".", field.name()]);
                at = field.field_type();
            }
            FieldType::List(items) => {
                text.push_str("[0]");
                at = items.form();
            }
            FieldType::Map(values) => {
                text.push_str(random.pick(&["['a']", ".a"]));
                at = values.form();
            }
            FieldType::Scalar(_) | FieldType::Either(..) => break,
        }
    }
    if random.percent(8) {
        text.push_str(random.pick(&[".gone", "[0]", "['a']", ".name", "[1.5]", ".?a"]));
    }
    text
}
