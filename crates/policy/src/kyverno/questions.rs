//! What tests ask of the parts of this module, in the shapes of `testbed/kyverno`.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::engine::{self, Case, Others};
use super::evaluate::Outcome;
use super::exception::Exception;
use super::matching::Subject;
use super::overlay::{self, Sort};
use super::policy::Policy;
use super::rule::Rule;
use super::value::Value;
use super::{jmespath, leaf};

/// Answers a question as the program `testbed/kyverno` does.
pub fn ask(question: &Json) -> Json {
    let value = |field: &str| Value::from(question.get(field).unwrap_or(&Json::Null));
    match question.get("op").and_then(Json::as_str) {
        Some("leaf") => json!({"value": leaf::validate(&value("value"), &value("pattern"))}),
        Some("pattern") => match overlay::lay(&value("value"), &value("pattern")) {
            Ok(()) => json!({"status": "pass"}),
            Err(misfit) => match misfit.sort {
                Sort::Skip => json!({"status": "skip"}),
                Sort::Fail => json!({"status": "fail", "path": misfit.path}),
                Sort::Error | Sort::Unknown => json!({"status": "error"}),
            },
        },
        Some("jmespath") => {
            let query = question.get("query").and_then(Json::as_str).unwrap_or("");
            let data = value("data").with_floats();
            match jmespath::parse(query).map_err(jmespath::Problem::Failed) {
                Err(error) => json!({"invalid": error.to_string()}),
                Ok(ast) => match jmespath::search(&ast, &data) {
                    Ok(found) => {
                        json!({"value": serde_json::from_str::<Json>(&found.to_json()).unwrap_or_default()})
                    }
                    Err(error) => json!({"error": error.to_string()}),
                },
            }
        }
        Some("policy") => policy(question),
        _ => json!({"fault": "unknown op"}),
    }
}

struct None_;

impl Others for None_ {
    fn judge(&self, _: &Rule, _: &[&Exception]) -> Option<Outcome> {
        Some(Outcome::Failed("not asked".to_owned()))
    }
}

fn policy(question: &Json) -> Json {
    let value = |field: &str| Value::from(question.get(field).unwrap_or(&Json::Null));
    let policy = match Policy::of(&value("policy")) {
        Ok(policy) => policy,
        Err(mistake) => return json!({"invalid": format!("{mistake:?}")}),
    };
    let exceptions = value("exceptions");
    let exceptions = exceptions.as_list().into_iter().flat_map(|items| items.iter());
    let exceptions: Result<Vec<Exception>, _> = exceptions.map(Exception::read).collect();
    let exceptions = match exceptions {
        Ok(exceptions) => exceptions,
        Err(mistake) => return json!({"invalid": format!("{mistake:?}")}),
    };
    let object = value("object");
    let namespace_labels = value("namespaceLabels");
    let case_of = |object: &Value, request: &Value| -> Json {
        let case = Case { subject: subject(object, Some(&namespace_labels)), object, request };
        let said = engine::judge(&policy, &exceptions, &case, &None_);
        let mut rules: Vec<Json> = said
            .iter()
            .map(|said| {
                let (status, message) = match &said.outcome {
                    Outcome::Pass => ("pass", ""),
                    Outcome::Skip => ("skip", ""),
                    Outcome::Fail(violation) if violation.is_error => ("error", ""),
                    Outcome::Fail(violation) => ("fail", &*violation.spoken),
                    Outcome::Unknown(_) => ("unknown", ""),
                    Outcome::Failed(_) => ("error", ""),
                };
                json!({"rule": &*said.rule.name, "status": status, "message": message})
            })
            .collect();
        rules.sort_by_key(|rule| rule["rule"].as_str().unwrap_or("").to_owned());
        json!({"rules": rules})
    };
    case_of(&object, &request(&object))
}

/// A request that creates an object, all of which is known but who asks.
fn request(object: &Value) -> Value {
    let text = |path: &[&str]| object.at(path).and_then(Value::as_text).unwrap_or("");
    let entries = [
        ("operation", Value::text("CREATE")),
        ("namespace", Value::text(text(&["metadata", "namespace"]))),
        ("name", Value::text(text(&["metadata", "name"]))),
        ("object", object.with_floats()),
        ("oldObject", Value::Null),
        ("userInfo", Value::Unknown("request.userInfo".into())),
    ];
    Value::object(entries)
}

/// What filters see of an object.
fn subject<'a>(object: &'a Value, namespace_labels: Option<&'a Value>) -> Subject<'a> {
    let text = |path: &[&str]| object.at(path).and_then(Value::as_text).unwrap_or("");
    let texts = |value: Option<&'a Value>| -> BTreeMap<&'a str, &'a str> {
        let entries = value.and_then(Value::as_map);
        let entries = entries.into_iter().flat_map(|entries| entries.iter());
        entries.filter_map(|(key, value)| Some((&**key, value.as_text()?))).collect()
    };
    let version = text(&["apiVersion"]);
    let (group, version) = version.rsplit_once('/').unwrap_or(("", version));
    let name = text(&["metadata", "name"]);
    Subject {
        group,
        version,
        kind: text(&["kind"]),
        name: if name.is_empty() { text(&["metadata", "generateName"]) } else { name },
        namespace: Some(text(&["metadata", "namespace"])),
        labels: texts(object.at(&["metadata", "labels"])),
        annotations: texts(object.at(&["metadata", "annotations"])),
        namespace_labels: Some(texts(namespace_labels)),
        operation: "CREATE",
    }
}

/// Patterns, variables and queries of any text are read without a panic.
///
/// # Panics
/// When it does not hold.
pub fn fuzz(data: &[u8]) {
    struct Nothing;
    impl super::variables::Scope for Nothing {
        fn query(&mut self, query: &str) -> Result<Value, jmespath::Problem> {
            let ast = jmespath::parse(query).map_err(jmespath::Problem::Failed)?;
            let data = Value::object([("a", Value::list(vec![Value::Float(1.0), Value::text("b")]))]);
            jmespath::search(&ast, &data)
        }
    }
    let text = String::from_utf8_lossy(data);
    let (pattern, value) = text.split_once('\n').unwrap_or((&text, "1Gi"));
    leaf::validate(&Value::text(value), &Value::text(pattern));
    _ = super::anchor::parse(pattern);
    _ = super::matching::parse_kind(pattern);
    _ = super::variables::substitute(&mut Nothing, &Value::text(&*text));
    _ = super::variables::Scope::query(&mut Nothing, &text);
    if let Ok(json) = serde_json::from_str::<Json>(&text) {
        let value = Value::from(&json);
        _ = Policy::of(&value);
        _ = overlay::lay(&value, &value);
    }
}
