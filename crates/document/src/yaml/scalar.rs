//! What a YAML scalar is worth: the rules of go-yaml v2's `resolve.go`, which Kubernetes reads with.
//!
//! They are YAML 1.1 with exceptions of their own: no base 60, octal as `017` and `0o17`, `08` by way
//! of floating point, underscores anywhere in a number.

use std::borrow::Cow;

use crate::limits::Problem;
use crate::number;
use crate::tree::Kind;

/// A resolved scalar. `Text` means the scalar's own text as it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Float(f64),
    Text,
}

/// A tag in its full form, such as `tag:yaml.org,2002:int`.
pub(super) const PREFIX: &str = "tag:yaml.org,2002:";

/// The value of a plain scalar without a tag.
pub(super) fn plain(text: &str) -> Value {
    match text.as_bytes().first() {
        None => Value::Null,
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => word(text),
        Some(b'.') => match word(text) {
            Value::Text => point(text),
            found => found,
        },
        Some(b'0'..=b'9' | b'+' | b'-') => match word(text) {
            Value::Text => digits(text),
            found => found,
        },
        Some(_) => Value::Text,
    }
}

/// The value of a scalar with a tag, which must be one that the value can have.
pub(super) fn tagged(tag: &str, text: &str) -> Result<Value, Problem> {
    let value = match tag.strip_prefix(PREFIX) {
        Some("bool" | "int" | "float" | "null" | "timestamp") => plain(text),
        _ => return Ok(Value::Text),
    };
    let (fits, name) = match tag.strip_prefix(PREFIX) {
        Some("bool") => (matches!(value, Value::Bool(_)), "bool"),
        Some("int") => (matches!(value, Value::Int(_) | Value::UInt(_)), "int"),
        Some("null") => (value == Value::Null, "null"),
        Some("timestamp") => (value == Value::Text && is_timestamp(text), "timestamp"),
        _ => match value {
            #[expect(clippy::cast_precision_loss, reason = "what the tag asks for")]
            Value::Int(value) => return Ok(Value::Float(value as f64)),
            value => (matches!(value, Value::Float(_)), "float"),
        },
    };
    if fits { Ok(value) } else { Err(Problem::Value(format!("`{text:.40}` is no !!{name}"))) }
}

impl Value {
    /// The value as JSON would hold it; `None` for text.
    pub(super) fn kind(self) -> Result<Option<Kind<'static>>, Problem> {
        Ok(Some(match self {
            Self::Null => Kind::Null,
            Self::Bool(value) => Kind::Bool(value),
            Self::Int(value) => Kind::Int(value),
            Self::UInt(value) => Kind::UInt(value),
            Self::Float(value) if value.is_finite() => number::from_f64(value),
            Self::Float(_) => return Err(Problem::Value("infinity and NaN are no numbers in JSON".into())),
            Self::Text => return Ok(None),
        }))
    }

    /// The value as a key; JSON has only text there.
    pub(super) fn key(self, text: &str) -> Result<Cow<'_, str>, Problem> {
        Ok(match self {
            Self::Text => text.into(),
            Self::Bool(true) => "true".into(),
            Self::Bool(false) => "false".into(),
            Self::Int(value) => value.to_string().into(),
            Self::Float(value) => float_key(value).into(),
            Self::Null => return Err(Problem::Value("null cannot be a key".into())),
            Self::UInt(_) => return Err(Problem::Value("a number above 2⁶³ - 1 cannot be a key".into())),
        })
    }
}

fn word(text: &str) -> Value {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Value::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Value::Bool(false)
        }
        "~" | "null" | "Null" | "NULL" => Value::Null,
        ".nan" | ".NaN" | ".NAN" => Value::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Value::Float(f64::NEG_INFINITY),
        _ => Value::Text,
    }
}

/// What begins with a digit or a sign.
fn digits(text: &str) -> Value {
    // Most are ports and counts.
    if let [b'1'..=b'9', rest @ ..] = text.as_bytes()
        && rest.len() < 18
        && rest.iter().all(u8::is_ascii_digit)
        && let Ok(value) = text.parse()
    {
        return Value::Int(value);
    }
    let plain: Cow<'_, str> = if text.contains('_') { text.replace('_', "").into() } else { text.into() };
    if let Some(value) = integer(&plain) {
        return value;
    }
    if is_float(&plain) {
        return float(&plain);
    }
    // Go reads a sign between `0b` and the digits.
    let binary = match plain.strip_prefix("0b") {
        Some(rest) => signed(rest, 2).map(Value::Int),
        None => plain.strip_prefix("-0b").and_then(|rest| signed(&format!("-{rest}"), 2)).map(Value::Int),
    };
    binary.unwrap_or(Value::Text)
}

/// Go's `strconv.ParseInt` and then `ParseUint`, with the base from the prefix.
fn integer(text: &str) -> Option<Value> {
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (base, rest) = match rest.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, rest.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, rest.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, rest.get(2..)?),
        [b'0', _, ..] => (8, rest.get(1..)?),
        _ => (10, rest),
    };
    if !rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let value = u64::from_str_radix(rest, base).ok()?;
    if negative {
        return 0i64.checked_sub_unsigned(value).map(Value::Int);
    }
    match i64::try_from(value) {
        Ok(value) => Some(Value::Int(value)),
        // Only `ParseInt` takes a sign.
        Err(_) => (!text.starts_with('+')).then_some(Value::UInt(value)),
    }
}

fn signed(text: &str, base: u32) -> Option<i64> {
    i64::from_str_radix(text, base).ok()
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (number, exponent) = match text.find(['e', 'E']) {
        Some(at) => (text.get(..at).unwrap_or(""), text.get(at + 1..)),
        None => (text, None),
    };
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let number_fits = all_digits(whole) && all_digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    number_fits && exponent_fits
}

/// What begins with a point. Go's `strconv.ParseFloat` takes underscores between digits.
fn point(text: &str) -> Value {
    if !text.contains('_') {
        return float(text);
    }
    let between_digits = text.split('_').zip(text.split('_').skip(1)).all(|(before, after)| {
        before.ends_with(|last: char| last.is_ascii_digit())
            && after.starts_with(|first: char| first.is_ascii_digit())
    });
    if between_digits { float(&text.replace('_', "")) } else { Value::Text }
}

/// Go's `strconv.ParseFloat` refuses what is beyond the range, and then it is text.
fn float(text: &str) -> Value {
    if !is_float(text) {
        return Value::Text;
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Value::Float(value),
        _ => Value::Text,
    }
}

/// Go's `strconv.FormatFloat(value, 'g', -1, 32)`: the shortest digits of the nearest `f32`.
fn float_key(value: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "what sigs.k8s.io/yaml does")]
    let value = value as f32;
    if value.is_nan() {
        return ".nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf".into() } else { "-.inf".into() };
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        format!("{value}")
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
    }
}

/// The forms of `parseTimestamp`: a date, or a date with a time.
fn is_timestamp(text: &str) -> bool {
    let Some((date, time)) = text.split_at_checked(text.find(['T', 't', ' ']).unwrap_or(text.len())) else {
        return false;
    };
    let mut fields = date.split('-');
    let (year, month, day) = (fields.next(), fields.next(), fields.next());
    let field = |text: Option<&str>, most: u32| {
        text.filter(|text| matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|text| text.parse::<u32>().ok())
            .filter(|value| *value <= most)
    };
    let Some(year) = year.filter(|year| year.len() == 4).and_then(|year| year.parse::<u32>().ok()) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match field(month, 12) {
        Some(2) => 28 + u32::from(leap),
        Some(4 | 6 | 9 | 11) => 30,
        Some(1..) => 31,
        _ => return false,
    };
    if fields.next().is_some() || field(day, days).is_none_or(|day| day == 0) {
        return false;
    }
    let Some(separator) = time.chars().next() else {
        return true;
    };
    let time = time.get(1..).unwrap_or("");
    let zone = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = (time.get(..zone).unwrap_or(""), time.get(zone..).unwrap_or(""));
    let (clock, fraction) = clock.split_once(['.', ',']).unwrap_or((clock, "0"));
    let mut parts = clock.split(':');
    let (hour, minute, second) = (parts.next(), parts.next(), parts.next());
    let clock_fits = field(hour, 23).is_some()
        && field(minute, 59).is_some()
        && field(second, 59).is_some()
        && parts.next().is_none()
        && !fraction.is_empty()
        && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let zone_fits = match (separator, zone.as_bytes()) {
        (' ', rest) => rest.is_empty(),
        (_, b"Z") => true,
        (_, [b'+' | b'-', rest @ ..]) => {
            let text = std::str::from_utf8(rest).unwrap_or("");
            text.len() == 5
                && text.split_once(':').is_some_and(|(hour, minute)| {
                    hour.len() == 2 && field(Some(hour), 24).is_some() && field(Some(minute), 60).is_some()
                })
        }
        _ => false,
    };
    clock_fits && zone_fits
}

/// The bytes of a `!!binary` scalar, as text: Kubernetes' own `data` fields do without the tag.
pub(super) fn binary(text: &str) -> Result<String, Problem> {
    let invalid = || Problem::Value("!!binary value is no base64".into());
    let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    if !digits.len().is_multiple_of(4) {
        return Err(invalid());
    }
    let padding = digits.iter().rev().take_while(|byte| **byte == b'=').count();
    if padding > 2 {
        return Err(invalid());
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3);
    for group in digits.get(..digits.len() - padding).unwrap_or_default().chunks(4) {
        let mut bits = 0u32;
        for byte in group {
            let digit = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return Err(invalid()),
            };
            bits = bits << 6 | u32::from(digit);
        }
        bits <<= 6 * (4 - group.len());
        let [_, first, second, third] = bits.to_be_bytes();
        bytes.extend([first, second, third].get(..group.len() - 1).unwrap_or_default());
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
