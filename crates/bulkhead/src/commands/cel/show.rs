//! Answers, for people and for tools.

use bulkhead_cel::{CompileError, Estimate};
use serde_json::{Map, Value as Json, json};

use super::case::{Answer, Case, Outcome};

/// An answer for people: what it is, its type and cost, or the mistake with its place.
pub(super) fn text(case: &Case, answer: &Answer) -> String {
    let mut lines = Vec::new();
    match &answer.outcome {
        Outcome::Sound => {}
        Outcome::Unknown(text) | Outcome::Value(text, _) => lines.push(format!("value  {text}")),
        Outcome::Refused(error) => lines.extend(mistake(&error.message, Some(error), &case.expr)),
        Outcome::Failed(message, place) => lines.extend(mistake(message, place.as_ref(), &case.expr)),
    }
    lines.extend(answer.kind.as_ref().map(|kind| format!("type   {kind}")));
    lines.extend(answer.cost.map(|cost| format!("cost   {cost}")));
    lines.extend(answer.estimate.map(|estimate| format!("cost   {estimate} (estimated)")));
    lines.push(String::new());
    lines.join("\n")
}

fn mistake(message: &str, place: Option<&CompileError>, source: &str) -> Vec<String> {
    match place {
        Some(place) => {
            let message = format!("error  {}:{}: {message}", place.line, place.column);
            vec![message, place.excerpt(source)]
        }
        None => vec![format!("error  {message}")],
    }
}

/// An answer for tools: one line.
pub(super) fn json(case: &Case, answer: &Answer) -> String {
    let mut line = Map::new();
    line.insert("expr".into(), json!(case.expr));
    if let Some(kind) = &answer.kind {
        line.insert("type".into(), json!(kind));
    }
    match &answer.outcome {
        Outcome::Sound => {}
        Outcome::Unknown(text) => {
            line.insert("unknown".into(), json!(text));
        }
        Outcome::Value(_, value) => {
            line.insert("value".into(), value.clone());
        }
        Outcome::Refused(error) => {
            line.insert("error".into(), error_json(&error.message, Some(error), "compile"));
        }
        Outcome::Failed(message, place) => {
            line.insert("error".into(), error_json(message, place.as_ref(), "run"));
        }
    }
    if let Some(cost) = answer.cost {
        line.insert("cost".into(), json!(cost));
    }
    if let Some(Estimate { least, most }) = answer.estimate {
        // Without a bound there is no most.
        let most = (most < u64::MAX).then_some(most);
        line.insert("estimatedCost".into(), json!({"least": least, "most": most}));
    }
    format!("{}\n", Json::Object(line))
}

fn error_json(message: &str, place: Option<&CompileError>, phase: &str) -> Json {
    let mut error = json!({ "message": message, "phase": phase });
    if let Some(place) = place {
        error["line"] = json!(place.line);
        error["column"] = json!(place.column);
    }
    error
}
