//! Objects as YAML in block style, each text on one line.

use serde_json::Value;

/// Adds an object, a document of its own.
pub fn write_yaml(out: &mut String, object: &Value) {
    out.push_str("---\n");
    block(out, object, 0);
}

fn block(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(entries) => {
            for (place, (key, value)) in entries.iter().enumerate() {
                // The first stands behind a dash or at the start of the document.
                if place > 0 {
                    indent(out, depth);
                }
                scalar(out, key);
                out.push(':');
                if is_block(value) {
                    out.push('\n');
                    indent(out, depth.saturating_add(1));
                    block(out, value, depth.saturating_add(1));
                } else {
                    out.push(' ');
                    flow(out, value);
                    out.push('\n');
                }
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    indent(out, depth);
                }
                out.push_str("- ");
                if is_block(item) {
                    block(out, item, depth.saturating_add(1));
                } else {
                    flow(out, item);
                    out.push('\n');
                }
            }
        }
        _ => flow(out, value),
    }
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n("  ", depth));
}

fn is_block(value: &Value) -> bool {
    match value {
        Value::Object(entries) => !entries.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    }
}

fn flow(out: &mut String, value: &Value) {
    match value {
        Value::String(text) => scalar(out, text),
        other => out.push_str(&other.to_string()),
    }
}

/// Words that readers of YAML 1.1 take for something else than text.
const OTHERS: &[&str] = &["true", "false", "null", "yes", "no", "on", "off", "y", "n"];

fn scalar(out: &mut String, text: &str) {
    let plain = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .chars()
            .all(|one| one.is_ascii_alphanumeric() || matches!(one, '/' | '.' | '-' | '_'))
        && !OTHERS.contains(&text.to_ascii_lowercase().as_str());
    if plain {
        out.push_str(text);
    } else if text
        .chars()
        .any(|one| one.is_control() || matches!(one, '\u{2028}' | '\u{2029}' | '\u{85}'))
    {
        // JSON's text is YAML's, in double quotes.
        out.push_str(&Value::from(text).to_string());
    } else {
        out.push('\'');
        out.push_str(&text.replace('\'', "''"));
        out.push('\'');
    }
}

#[cfg(test)]
mod tests {
    use bulkhead_document::{Limits, read};
    use serde_json::json;

    #[test]
    fn what_is_written_reads_the_same() {
        let object = json!({
            "plain": "a/b.c", "word": "no", "quoted": "it's: [a]", "lines": "a\nb\t\u{1}", "empty": {}, "none": [],
            "number": 1, "list": [{"a": [1, "x"], "b": {"c": true}}, ["y", ["z"]], "1"],
        });
        let mut text = String::new();
        super::write_yaml(&mut text, &object);
        let tree = read(text.clone().into(), &Limits::default()).next().unwrap().unwrap();
        assert_eq!(serde_json::to_value(tree.root()).unwrap(), object, "{text}");
    }
}
