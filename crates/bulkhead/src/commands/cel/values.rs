//! Values as JSON: what JSON has as it is, all else as text.

use bulkhead_cel::Value;
use serde_json::{Map, Value as Json, json};

/// A value as JSON. Bytes are written as a list of numbers, an absent optional value as null, an unknown
/// value as the text that names it; keys of a map become text.
pub(super) fn to_json(value: &Value<'_>) -> Json {
    match value {
        Value::Null | Value::Optional(None) => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!(value),
        Value::UInt(value) => json!(value),
        // JSON has no infinity.
        Value::Double(number) if number.is_finite() => json!(number),
        Value::String(text) => json!(**text),
        Value::Bytes(bytes) => json!(**bytes),
        Value::Optional(Some(value)) => to_json(value),
        Value::Duration(duration) => json!(duration.to_string()),
        Value::Extension(value) => json!(value.text()),
        Value::Timestamp(time) => json!(time.to_string()),
        Value::Object(object) => {
            let fields = object.fields().map(|(name, field)| (name.to_owned(), to_json(field)));
            Json::Object(fields.collect())
        }
        _ => match (value.items(), value.entries()) {
            (Some(items), _) => items.map(|item| to_json(&item)).collect(),
            (_, Some(entries)) => {
                let entries = entries.iter().map(|(key, value)| (key_of(key), to_json(value)));
                Json::Object(entries.collect::<Map<_, _>>())
            }
            _ => json!(value.to_string()),
        },
    }
}

fn key_of(key: &Value<'_>) -> String {
    key.as_str().map_or_else(|| key.to_string(), str::to_owned)
}
