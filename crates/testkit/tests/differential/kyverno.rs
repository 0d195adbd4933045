//! Kyverno's patterns, queries and policies: `bulkhead-policy` beside Kyverno's own engine.

use bulkhead_testkit::Random;
use bulkhead_testkit::differential::{Comparison, Difference};
use bulkhead_testkit::kyverno;
use serde_json::Value;

#[test]
fn differential_kyverno() {
    crate::hold(&Kyverno, 30_000, include_str!("kyverno.listed"));
}

struct Kyverno;

impl Comparison for Kyverno {
    type Case = Value;
    const NAME: &'static str = "differential-kyverno";
    const PROGRAM: &'static str = "kyverno";

    fn make(&self, random: &mut Random) -> Value {
        kyverno::any(random)
    }

    fn question(&self, case: &Value) -> Value {
        case.clone()
    }

    fn show(&self, case: &Value) -> String {
        serde_json::to_string(case).unwrap_or_default()
    }

    fn compare(&self, case: &Value, answer: &Value) -> Option<Difference> {
        let (ours, oracle) = (words(&bulkhead_policy::ask_kyverno(case)), words(answer));
        (ours != oracle).then_some(Difference { ours, oracle })
    }

    fn smaller(&self, case: &Value) -> Vec<Value> {
        kyverno::smaller(case)
    }
}

/// An answer as both sides must give it: the words of errors are each side's own.
fn words(answer: &Value) -> String {
    if let Some(fault) = answer.get("fault") {
        return format!("fault: {fault}");
    }
    if answer.get("invalid").is_some() || answer.get("error").is_some() {
        return "error: it has no value".to_owned();
    }
    if let Some(status) = answer.get("status").and_then(Value::as_str) {
        let path = answer.get("path").and_then(Value::as_str).unwrap_or("");
        return format!("{status}: {path}");
    }
    if let Some(rules) = answer.get("rules").and_then(Value::as_array) {
        let rule = |rule: &Value| {
            let status = rule["status"].as_str().unwrap_or("");
            let message = if status == "fail" { rule["message"].as_str().unwrap_or("") } else { "" };
            format!("{} {status} {message}", rule["rule"].as_str().unwrap_or(""))
        };
        return format!("rules: {}", rules.iter().map(rule).collect::<Vec<_>>().join("; "));
    }
    format!("value: {}", answer.get("value").unwrap_or(&Value::Null))
}
