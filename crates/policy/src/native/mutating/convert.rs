//! From what an expression gives to the JSON that the server makes of it.
//!
//! The server knows two ways. The fields of an `Object{…}` become what server-side apply takes; the `value` of a
//! JSON patch becomes JSON by protobuf's rules. Neither takes everything that the language has: a list right
//! within a list, or a time, is refused.
//!
//! Source: `ObjectVal.ConvertToNative` of k8s.io/apiserver, `pkg/cel/mutation/dynamic`; `ConvertToNative` of
//! cel-go's values for `structpb.Value`.

use bulkhead_cel::{Object, Value};
use serde_json::{Map, Number, Value as Json};

use crate::native::rego::plain;

/// Whole numbers beyond this are text in JSON.
const SAFE: u64 = (1 << 53) - 1;

/// The fields of an object, for server-side apply.
///
/// # Errors
/// What has no place in it, in a few words.
pub(super) fn fields(object: &Object<'_>) -> Result<Json, String> {
    let mut entries = Map::new();
    for (name, value) in object.fields() {
        let value = field(value).map_err(|what| format!("fail to convert field {name:?}: {what}"))?;
        entries.insert(name.to_owned(), value);
    }
    Ok(Json::Object(entries))
}

fn field(value: &Value<'_>) -> Result<Json, String> {
    match value {
        Value::List(items) => items.iter().map(native).collect(),
        Value::Map(map) => {
            let mut entries = Map::new();
            for (key, value) in map.iter() {
                let Some(key) = key.as_str() else {
                    let of = key.type_of().name();
                    return Err(format!("map key \"{key}\" is of type {of}, not string"));
                };
                entries.insert(key.to_owned(), native(value)?);
            }
            Ok(Json::Object(entries))
        }
        _ => native(value),
    }
}

fn native(value: &Value<'_>) -> Result<Json, String> {
    Ok(match value {
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Double(value) => number(*value).ok_or("a number that JSON does not have")?,
        Value::String(text) => (**text).into(),
        Value::Node(node) => plain(*node),
        Value::Object(object) => fields(object)?,
        other => return Err(format!("a value of type {} has no place here", other.type_of().name())),
    })
}

/// The `value` of an operation.
///
/// # Errors
/// What JSON does not have, in a few words.
pub(super) fn operand(value: &Value<'_>) -> Result<Json, String> {
    Ok(match value {
        Value::Null => Json::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(value) if value.unsigned_abs() > SAFE => value.to_string().into(),
        Value::Int(value) => (*value).into(),
        Value::UInt(value) if *value > SAFE => value.to_string().into(),
        Value::UInt(value) => (*value).into(),
        Value::Double(value) => number(*value).ok_or("a number that JSON does not have")?,
        Value::String(text) => (**text).into(),
        Value::Bytes(bytes) => data_encoding::BASE64.encode(bytes).into(),
        Value::Timestamp(time) => time.to_string().into(),
        Value::Duration(duration) => duration.to_string().into(),
        Value::Node(node) => plain(*node),
        Value::Object(object) => fields(object)?,
        Value::List(items) => items.iter().map(operand).collect::<Result<_, _>>()?,
        Value::Map(map) => {
            let mut entries = Map::new();
            for (key, value) in map.iter() {
                let key = key.as_str().ok_or_else(|| format!("the key {key} is no text"))?;
                entries.insert(key.to_owned(), operand(value)?);
            }
            Json::Object(entries)
        }
        other => return Err(format!("a value of type {} is not JSON", other.type_of().name())),
    })
}

/// A number as protobuf's JSON writes it: a whole one without a point.
fn number(value: f64) -> Option<Json> {
    #[expect(clippy::cast_possible_truncation, reason = "it is a whole number within the range")]
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return Some((value as i64).into());
    }
    Number::from_f64(value).map(Json::Number)
}
