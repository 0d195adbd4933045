//! Values as Kyverno's engine has them: JSON, whose whole numbers may be told from others.
//!
//! Kyverno reads an object's whole numbers as `int64`, and hands the same object to variables with all numbers as
//! `float64`; some comparisons tell the two apart. Values are shared, not copied. A value that a file does not tell
//! is [`Value::Unknown`]; whatever touches it fails with its name.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use bulkhead_document::{Kind, Node};

/// The entries of an object, by name.
pub(crate) type Entries = BTreeMap<Arc<str>, Value>;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    List(Arc<Vec<Value>>),
    Map(Arc<Entries>),
    /// What it is called in a gap.
    Unknown(Arc<str>),
}

impl Value {
    pub(crate) fn text(text: impl AsRef<str>) -> Self {
        Self::Text(text.as_ref().into())
    }

    pub(crate) fn list(items: Vec<Self>) -> Self {
        Self::List(Arc::new(items))
    }

    pub(crate) fn map(entries: Entries) -> Self {
        Self::Map(Arc::new(entries))
    }

    /// An object of these entries.
    pub(crate) fn object<const N: usize>(entries: [(&str, Self); N]) -> Self {
        Self::map(entries.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(crate) fn as_list(&self) -> Option<&Arc<Vec<Self>>> {
        if let Self::List(items) = self { Some(items) } else { None }
    }

    pub(crate) fn as_map(&self) -> Option<&Arc<Entries>> {
        if let Self::Map(entries) = self { Some(entries) } else { None }
    }

    /// The value of a field of an object.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.as_map().and_then(|entries| entries.get(name))
    }

    /// The value that fields lead to.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |value, name| value.get(name))
    }

    /// A value where all numbers are of one type, as the context of variables has them.
    pub(crate) fn with_floats(&self) -> Self {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "as Go reads a number into a float64")]
            Self::Int(number) => Self::Float(*number as f64),
            Self::List(items) => Self::list(items.iter().map(Self::with_floats).collect()),
            Self::Map(entries) => {
                Self::map(entries.iter().map(|(name, value)| (name.clone(), value.with_floats())).collect())
            }
            _ => self.clone(),
        }
    }

    /// The first unknown part of it.
    pub(crate) fn unknown(&self) -> Option<&Arc<str>> {
        match self {
            Self::Unknown(name) => Some(name),
            Self::List(items) => items.iter().find_map(Self::unknown),
            Self::Map(entries) => entries.values().find_map(Self::unknown),
            _ => None,
        }
    }

    /// As Go's `json.Marshal` writes it.
    pub(crate) fn to_json(&self) -> String {
        let mut text = String::new();
        self.write_json(&mut text);
        text
    }

    fn write_json(&self, out: &mut String) {
        match self {
            Self::Null | Self::Unknown(_) => out.push_str("null"),
            Self::Bool(value) => _ = write!(out, "{value}"),
            Self::Int(number) => _ = write!(out, "{number}"),
            Self::Float(number) => out.push_str(&json_float(*number)),
            Self::Text(text) => write_json_text(text, out),
            Self::List(items) => {
                out.push('[');
                for (place, item) in items.iter().enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    item.write_json(out);
                }
                out.push(']');
            }
            Self::Map(entries) => {
                out.push('{');
                for (place, (name, value)) in entries.iter().enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    write_json_text(name, out);
                    out.push(':');
                    value.write_json(out);
                }
                out.push('}');
            }
        }
    }

    /// As Go's `fmt.Sprint` writes it.
    pub(crate) fn printed(&self) -> String {
        match self {
            Self::Null | Self::Unknown(_) => "<nil>".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Int(number) => number.to_string(),
            Self::Float(number) => general_float(*number),
            Self::Text(text) => (**text).to_owned(),
            Self::List(items) => {
                format!("[{}]", items.iter().map(Self::printed).collect::<Vec<_>>().join(" "))
            }
            Self::Map(entries) => {
                let entry = |(name, value): (&Arc<str>, &Self)| format!("{name}:{}", value.printed());
                format!("map[{}]", entries.iter().map(entry).collect::<Vec<_>>().join(" "))
            }
        }
    }
}

impl From<Node<'_>> for Value {
    fn from(node: Node<'_>) -> Self {
        match node.kind() {
            Kind::Null => Self::Null,
            Kind::Bool(value) => Self::Bool(value),
            Kind::Int(number) => Self::Int(number),
            #[expect(clippy::cast_precision_loss, reason = "as Go reads a number too large for an int64")]
            Kind::UInt(number) => Self::Float(number as f64),
            Kind::Float(number) => Self::Float(number),
            Kind::Text(text) => Self::text(text),
            Kind::Sequence(_) => Self::list(node.items().map(Self::from).collect()),
            Kind::Mapping(_) => {
                Self::map(node.entries().map(|(name, value)| (name.into(), Self::from(value))).collect())
            }
        }
    }
}

impl From<&serde_json::Value> for Value {
    fn from(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => {
                number.as_i64().map_or_else(|| Self::Float(number.as_f64().unwrap_or(0.0)), Self::Int)
            }
            serde_json::Value::String(text) => Self::text(text),
            serde_json::Value::Array(items) => Self::list(items.iter().map(Self::from).collect()),
            serde_json::Value::Object(entries) => Self::map(
                entries.iter().map(|(name, value)| (name.as_str().into(), Self::from(value))).collect(),
            ),
        }
    }
}

/// Go writes very small and very large numbers with an exponent.
fn json_float(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{number:e}");
        // `1e+21`, but `1e-7`.
        return match text.split_once('e') {
            Some((digits, power)) if !power.starts_with('-') => format!("{digits}e+{power}"),
            _ => text,
        };
    }
    if number == 0.0 && number.is_sign_negative() { "-0".to_owned() } else { format!("{number}") }
}

/// `%v` and `%g`: an exponent of at least two digits where the number is below 1e-4, or a million and more.
pub(crate) fn general_float(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return match number {
            _ if number.is_nan() => "NaN".to_owned(),
            _ if number.is_infinite() => if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned(),
            _ if number.is_sign_negative() => "-0".to_owned(),
            _ => "0".to_owned(),
        };
    }
    let text = format!("{number:e}");
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    if (-4..6).contains(&power) { format!("{number}") } else { exponent(digits, power, 'e') }
}

/// `%E` with as many digits as are needed.
pub(crate) fn exponent_float(number: f64) -> String {
    let text = format!("{number:e}");
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    exponent(digits, power.parse().unwrap_or(0), 'E')
}

fn exponent(digits: &str, power: i32, letter: char) -> String {
    let sign = if power < 0 { '-' } else { '+' };
    format!("{digits}{letter}{sign}{:02}", power.unsigned_abs())
}

/// Go escapes what could end a script in a page.
fn write_json_text(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => _ = write!(out, "\\u{:04x}", u32::from(letter)),
            letter if letter < ' ' => _ = write!(out, "\\u{:04x}", u32::from(letter)),
            letter => out.push(letter),
        }
    }
    out.push('"');
}
