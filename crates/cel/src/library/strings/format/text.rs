//! What `%s` makes of a value.

use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::Regex;

use super::{Dialect, Refused, name, plain_double};
use crate::library::Host;
use crate::value::{Type, Value, double_text};

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
                Dialect::English => text_of(bytes)?.to_owned(),
            }
        }
        Value::Duration(value) => value.to_string(),
        Value::Timestamp(value) if dialect == Dialect::Neutral => value.utc().to_string(),
        Value::Timestamp(value) => value.to_string(),
        Value::Type(value) => value.name().to_owned(),
        Value::List(_) | Value::Map(_) | Value::Node(_) => container(value, dialect, depth, host)?,
        Value::Optional(_) | Value::Extension(_) | Value::Object(_) | Value::Unknown(_) => {
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
        let is_key = matches!(key, Value::String(_) | Value::Bool(_) | Value::Int(_) | Value::UInt(_));
        if dialect == Dialect::English && !is_key {
            return Err(format!("no formatting function for map key of type {}", name(&key)).into());
        }
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
            quote(text, &mut out)
        }
        Value::Bytes(bytes) => {
            host.grow_text(bytes.len())?;
            out.push('b');
            quote(text_of(bytes)?, &mut out)
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

fn text_of(bytes: &[u8]) -> Result<&str, Refused> {
    let why = "could not convert argument \"invalid UTF-8 in bytes, cannot convert to string\" to string";
    std::str::from_utf8(bytes).map_err(|_| why.to_owned().into())
}

/// What Go takes for printable: letters, marks, numbers, punctuation, symbols and the plain blank.
static PRINTABLE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\pL\pM\pN\pP\pS ]$").ok());

/// Writes text in quotes as Go does.
fn quote(text: &str, out: &mut String) -> std::fmt::Result {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{07}' => out.push_str("\\a"),
            '\u{08}' => out.push_str("\\b"),
            '\u{0c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{0b}' => out.push_str("\\v"),
            ' '..='~' => out.push(letter),
            '\0'..='\u{7f}' => write!(out, "\\x{:02x}", u32::from(letter))?,
            _ if is_printable(letter) => out.push(letter),
            '\u{80}'..='\u{ffff}' => write!(out, "\\u{:04x}", u32::from(letter))?,
            _ => write!(out, "\\U{:08x}", u32::from(letter))?,
        }
    }
    out.push('"');
    Ok(())
}

fn is_printable(letter: char) -> bool {
    PRINTABLE
        .as_ref()
        .is_none_or(|printable| printable.is_match(letter.encode_utf8(&mut [0; 4])))
}
