//! Values as text: for messages, and for `string(x)` of numbers.

use std::fmt;

use super::Value;

/// Values deeper than this are written as `…`.
const DEEPEST: u32 = 100;
/// So many values are written, and `…` for the rest: one that is shared many times is small and its text is
/// not.
const MOST: u32 = 1_000_000;

impl Value<'_> {
    /// The value as a message shows it: text as it is, anything else as an expression would write it.
    pub fn to_text(&self) -> String {
        match self.as_str() {
            Some(text) => text.to_owned(),
            None => self.to_string(),
        }
    }

    /// The beginning of it, for a message of ours.
    pub(crate) fn brief(&self) -> String {
        let mut out = String::new();
        match self.as_str() {
            Some(text) => out.extend(text.chars().take(1_000)),
            None => {
                // Writing to a string never fails.
                let _ = write_value(self, &mut out, 0, &mut 100);
            }
        }
        out
    }
}

impl fmt::Display for Value<'_> {
    /// Writes the value as an expression could, as far as there is a way to write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_value(self, f, 0, &mut MOST.clone())
    }
}

fn write_value(value: &Value<'_>, f: &mut impl fmt::Write, depth: u32, left: &mut u32) -> fmt::Result {
    *left = left.saturating_sub(1);
    if depth > DEEPEST || *left == 0 {
        return f.write_str("…");
    }
    let next = depth.saturating_add(1);
    match value {
        Value::Null => f.write_str("null"),
        Value::Bool(value) => write!(f, "{value}"),
        Value::Int(value) => write!(f, "{value}"),
        Value::UInt(value) => write!(f, "{value}u"),
        Value::Double(value) => f.write_str(&double_literal(*value)),
        Value::String(text) => write_quoted(text, f),
        Value::Bytes(bytes) => write_bytes(bytes, f),
        Value::Duration(value) => write!(f, "duration(\"{value}\")"),
        Value::Timestamp(value) => write!(f, "timestamp(\"{value}\")"),
        Value::Type(value) => f.write_str(value.name()),
        Value::Optional(None) => f.write_str("optional.none()"),
        Value::Optional(Some(value)) => {
            f.write_str("optional.of(")?;
            write_value(value, f, next, left)?;
            f.write_char(')')
        }
        Value::Extension(value) => value.write(f),
        Value::Object(object) => {
            write!(f, "{}{{", object.name())?;
            for (place, (name, field)) in object.fields().enumerate() {
                f.write_str(if place > 0 { ", " } else { "" })?;
                write!(f, "{name}: ")?;
                write_value(field, f, next, left)?;
            }
            f.write_char('}')
        }
        Value::Unknown(unknown) => write!(f, "unknown({unknown})"),
        Value::List(_) | Value::Map(_) | Value::Node(_) => write_container(value, f, next, left),
    }
}

fn write_container(value: &Value<'_>, f: &mut impl fmt::Write, depth: u32, left: &mut u32) -> fmt::Result {
    if let Some(items) = value.items() {
        f.write_char('[')?;
        for (place, item) in items.enumerate() {
            if *left == 0 {
                break;
            }
            if place > 0 {
                f.write_str(", ")?;
            }
            write_value(&item, f, depth, left)?;
        }
        return f.write_char(']');
    }
    if let Some(entries) = value.entries() {
        f.write_char('{')?;
        for (place, (key, value)) in entries.iter().enumerate() {
            if *left == 0 {
                break;
            }
            if place > 0 {
                f.write_str(", ")?;
            }
            write_value(key, f, depth, left)?;
            f.write_str(": ")?;
            write_value(value, f, depth, left)?;
        }
        return f.write_char('}');
    }
    // A scalar of a document that a caller handed in as it is.
    match value.as_node() {
        Some(node) => write!(f, "{node:?}"),
        None => Ok(()),
    }
}

/// Writes text as a literal in double quotes.
pub(crate) fn write_quoted(text: &str, f: &mut impl fmt::Write) -> fmt::Result {
    f.write_char('"')?;
    for letter in text.chars() {
        match letter {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            letter if letter.is_control() => write!(f, "\\u{:04x}", u32::from(letter))?,
            letter => f.write_char(letter)?,
        }
    }
    f.write_char('"')
}

/// Writes bytes as a literal in double quotes.
pub(crate) fn write_bytes(bytes: &[u8], f: &mut impl fmt::Write) -> fmt::Result {
    f.write_str("b\"")?;
    for byte in bytes {
        match byte {
            b'"' => f.write_str("\\\"")?,
            b'\\' => f.write_str("\\\\")?,
            b' '..=b'~' => f.write_char(char::from(*byte))?,
            byte => write!(f, "\\x{byte:02x}")?,
        }
    }
    f.write_char('"')
}

/// A double such that reading it gives a double again: `1` is written `1.0`.
pub(crate) fn double_literal(value: f64) -> String {
    let text = double_text(value);
    let plain = value.is_finite() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if plain { format!("{text}.0") } else { text }
}

/// A double as `string(x)` writes it: the shortest digits that read back as the same number, with an
/// exponent below 1e-4 and from 1e6 on, as Go's `%g` has it.
pub(crate) fn double_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}
