//! What `%s` makes of a value.

use std::fmt::Write as _;

use super::{Dialect, Refused, name, plain_double};
use crate::library::Host;
use crate::value::{Type, Value, double_text, write_bytes, write_quoted};

/// Values deeper than this are refused.
const DEEPEST: u32 = 200;

/// Writes a value as it is, and what is within lists and maps as the dialect has it.
pub(super) fn write(value: &Value<'_>, dialect: Dialect, host: &mut Host<'_>) -> Result<String, Refused> {
    text(value, dialect, 0, host)
}

fn text(value: &Value<'_>, dialect: Dialect, depth: u32, host: &mut Host<'_>) -> Result<String, Refused> {
    // Each value that is written is paid for: one that is shared many times is small and its text is not.
    host.grow_text(16)?;
    Ok(match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Double(number) if dialect == Dialect::English => double_text(*number),
        Value::Double(number) => plain_double(*number),
        Value::String(text) => {
            host.grow_text(text.len())?;
            (**text).to_owned()
        }
        Value::Bytes(bytes) => {
            host.grow_text(bytes.len())?;
            match dialect {
                Dialect::Neutral => String::from_utf8_lossy(bytes).into_owned(),
                Dialect::English => String::from_utf8(bytes.to_vec())
                    .map_err(|_| "invalid UTF-8 in bytes, cannot convert to string".to_owned())?,
            }
        }
        Value::Duration(value) => value.to_string(),
        Value::Timestamp(value) if dialect == Dialect::Neutral => value.utc().to_string(),
        Value::Timestamp(value) => value.to_string(),
        Value::Type(value) => value.name().to_owned(),
        Value::List(_) | Value::Map(_) | Value::Node(_) => container(value, dialect, depth, host)?,
        Value::Optional(_) | Value::Unknown(_) => {
            let why = format!(
                "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, \
                 durations, and timestamps, was given {}",
                name(value)
            );
            return Err(why.into());
        }
    })
}

fn container(
    value: &Value<'_>,
    dialect: Dialect,
    depth: u32,
    host: &mut Host<'_>,
) -> Result<String, Refused> {
    if depth > DEEPEST {
        return Err("value is nested too deeply".to_owned().into());
    }
    let depth = depth.saturating_add(1);
    if let Some(items) = value.items() {
        let mut parts = Vec::new();
        for item in items {
            parts.push(inner(&item, dialect, depth, host)?);
        }
        return Ok(format!("[{}]", parts.join(", ")));
    }
    let mut entries = Vec::new();
    for (key, value) in value.entries().unwrap_or_default() {
        entries.push((inner(&key, dialect, depth, host)?, inner(&value, dialect, depth, host)?));
    }
    entries.sort_by(|left, right| left.0.cmp(&right.0));
    let between = if dialect == Dialect::English { ":" } else { ": " };
    let entries: Vec<String> =
        entries.into_iter().map(|(key, value)| format!("{key}{between}{value}")).collect();
    Ok(format!("{{{}}}", entries.join(", ")))
}

/// A value within a list or a map: plain, or as a literal.
fn inner(value: &Value<'_>, dialect: Dialect, depth: u32, host: &mut Host<'_>) -> Result<String, Refused> {
    if dialect == Dialect::Neutral {
        return text(value, dialect, depth, host);
    }
    let mut out = String::new();
    // Writing to a string never fails.
    let _ = match value {
        Value::String(text) => {
            host.grow_text(text.len())?;
            write_quoted(text, &mut out)
        }
        Value::Bytes(bytes) => {
            host.grow_text(bytes.len())?;
            write_bytes(bytes, &mut out)
        }
        Value::Double(number) if !number.is_finite() => write!(out, "\"{}\"", double_text(*number)),
        Value::Double(number) => write!(out, "{number:.6}"),
        Value::Timestamp(time) => write!(out, "timestamp(\"{time}\")"),
        Value::Duration(duration) => write!(out, "duration(\"{duration}\")"),
        _ if value.type_of() == Type::Optional => {
            return Err("no formatting function for optional_type".to_owned().into());
        }
        _ => return text(value, dialect, depth, host),
    };
    Ok(out)
}
