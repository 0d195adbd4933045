//! Pieces of CEL that are written by hand: literals and selections.

use std::fmt::Write as _;

use serde_json::Value;

/// Stands between findings where lists of them are joined, to be taken apart again: CEL cannot flatten.
pub(crate) const BETWEEN: &str = "'\\u0001'";
/// Stands between what a finding says and what tells it from others of the same words.
pub(crate) const ASIDE: &str = "'\\u0002'";

/// A text as a literal.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::from("'");
    for character in text.chars() {
        match character {
            '\'' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            _ if character.is_control() => {
                _ = write!(quoted, "\\u{:04x}", u32::from(character));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('\'');
    quoted
}

/// A value as a literal. The server wants the parts of a literal to be of one type, hence `dyn`.
pub(crate) fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => quote(text),
        Value::Array(items) => {
            let same = items.iter().all(Value::is_string) || items.iter().all(Value::is_i64);
            let items = items.iter().map(|item| if same { literal(item) } else { any(item) });
            format!("[{}]", items.collect::<Vec<_>>().join(", "))
        }
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}: {}", quote(key), any(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn any(value: &Value) -> String {
    format!("dyn({})", literal(value))
}

/// Whether a field can be selected by its bare name.
fn is_plain(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|other| other.is_ascii_alphanumeric() || other == '_')
        && !matches!(name, "in" | "true" | "false" | "null")
}

/// A field of something that has it.
pub(crate) fn select(base: &str, name: &str) -> String {
    if is_plain(name) { format!("{base}.{name}") } else { format!("{base}[{}]", quote(name)) }
}

/// A field of something that may lack it; `base` may itself be optional.
pub(crate) fn maybe(base: &str, name: &str) -> String {
    if is_plain(name) { format!("{base}.?{name}") } else { format!("{base}[?{}]", quote(name)) }
}
