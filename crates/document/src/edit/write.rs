//! Values as YAML text.

use std::fmt::Write as _;

use serde_json::Value;

/// On one line: `{a: [b, 1]}`. `json` puts every text in quotes.
pub(super) fn flow(value: &Value, json: bool) -> String {
    match value {
        Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{}: {}", text(name, json), flow(value, json)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| flow(item, json)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::String(value) => text(value, json),
        _ => value.to_string(),
    }
}

/// `key: value` on lines of its own, each behind `indent` blanks; ends with a line end. `dash` says how far
/// the dashes of lists stand behind their key.
pub(super) fn entry(name: &str, value: &Value, indent: usize, step: usize, dash: usize) -> String {
    let mut out = format!("{:indent$}{}:", "", text(name, false));
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            out.push('\n');
            for (name, value) in fields {
                out.push_str(&entry(name, value, indent + step, step, dash));
            }
        }
        Value::Array(items) if !items.is_empty() && items.iter().all(|item| !item.is_object()) => {
            out.push('\n');
            for item in items {
                let _ = writeln!(out, "{:width$}- {}", "", flow(item, false), width = indent + dash);
            }
        }
        _ => {
            let _ = writeln!(out, " {}", flow(value, false));
        }
    }
    out
}

/// A text, in quotes where it would be read as something else.
pub(super) fn text(value: &str, json: bool) -> String {
    const WORDS: [&str; 12] =
        ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf", "none"];
    let plain = !json
        && value.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_' || first == '/')
        && value.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-./".contains(letter))
        && !WORDS.contains(&value.to_ascii_lowercase().as_str());
    if plain { value.to_owned() } else { Value::from(value).to_string() }
}
