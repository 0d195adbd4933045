//! `format`: text with `%s`, `%d`, `%f`, `%e`, `%b`, `%o`, `%x`, `%X` filled in from a list.
//!
//! There are two dialects. Up to version 3 of the library, which is what the API server has, numbers with
//! decimals are written as an English reader expects them (`1,234.500`, `1.05 × 10⁰³`) and lists and maps
//! as literals. From version 4 on everything is plain.

mod text;
mod verbs;

use std::fmt::Write as _;

use super::{Answer, Args, Failure, Host, Value};
use crate::error::EvalError;

pub(crate) use verbs::format_verbs;

/// More decimals than any double has; those beyond are zeros.
const MOST_DECIMALS: usize = 1_100;

/// How values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    English,
    Neutral,
}

/// Why a value could not be written.
enum Refused {
    Why(String),
    Error(EvalError),
}

impl Refused {
    fn error(self) -> EvalError {
        match self {
            Self::Why(why) => EvalError::invalid(format!("error during formatting: {why}")),
            Self::Error(error) => error,
        }
    }
}

impl From<String> for Refused {
    fn from(why: String) -> Self {
        Self::Why(why)
    }
}

impl From<EvalError> for Refused {
    fn from(error: EvalError) -> Self {
        Self::Error(error)
    }
}

/// The dialect up to version 3.
pub(super) fn english<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    run(host, arguments, Dialect::English)
}

/// The dialect from version 4 on.
pub(super) fn neutral<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    run(host, arguments, Dialect::Neutral)
}

fn run<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>, dialect: Dialect) -> Answer<'a> {
    let pattern = arguments.text(0)?;
    let items: Vec<Value<'a>> = arguments.value(1).items().ok_or(Failure::Types)?.collect();
    if let Some(unknown) = items.iter().find(|item| item.as_unknown().is_some()) {
        return Ok(unknown.clone());
    }
    let mut items = items.iter().enumerate();
    let mut out = String::new();
    let mut rest: &str = pattern;
    while let Some(at) = rest.find('%') {
        let (before, after) = (rest.get(..at).unwrap_or(""), rest.get(at.saturating_add(1)..).unwrap_or(""));
        out.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let given = items.next();
        let count = given.map_or(items.len(), |(place, _)| place);
        let (_, item) = given.ok_or_else(|| {
            let size = arguments.value(1).size().unwrap_or(count);
            EvalError::invalid(format!("index {size} out of range"))
        })?;
        let (clause, after) = Clause::parse(after)?;
        let filled = clause.fill(item, dialect, host).map_err(Refused::error)?;
        host.grow_text(filled.len())?;
        out.push_str(&filled);
        rest = after;
    }
    out.push_str(rest);
    host.grow_text(out.len())?;
    Ok(Value::text(out))
}

/// What follows a percent sign.
struct Clause {
    verb: char,
    decimals: usize,
}

impl Clause {
    fn parse(text: &str) -> Result<(Self, &str), EvalError> {
        let failed = |why: &str| EvalError::invalid(format!("could not parse formatting clause: {why}"));
        if text.is_empty() {
            return Err(EvalError::invalid("unexpected end of string"));
        }
        let (decimals, rest) = match text.strip_prefix('.') {
            None => (6, text),
            Some(after) => {
                let end = after.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(|| {
                    failed("error while parsing precision: could not find end of precision specifier")
                })?;
                let number = after.get(..end).unwrap_or("").parse::<u32>().map_err(|_| {
                    failed("error while parsing precision: error while converting precision to integer")
                })?;
                (number as usize, after.get(end..).unwrap_or(""))
            }
        };
        let verb = rest.chars().next().unwrap_or(' ');
        if !matches!(verb, 's' | 'd' | 'f' | 'e' | 'b' | 'x' | 'X' | 'o') {
            return Err(failed(&format!("unrecognized formatting clause \"{verb}\"")));
        }
        Ok((Self { verb, decimals }, rest.get(verb.len_utf8()..).unwrap_or("")))
    }

    fn fill(&self, value: &Value<'_>, dialect: Dialect, host: &mut Host<'_>) -> Result<String, Refused> {
        match self.verb {
            's' => text::write(value, dialect, host),
            'd' => decimal(value, dialect),
            'f' => self.fixed(value, dialect),
            'e' => self.scientific(value, dialect),
            'b' => binary(value, dialect),
            'o' => match value {
                Value::Int(number) => Ok(signed(*number, format!("{:o}", number.unsigned_abs()))),
                Value::UInt(number) => Ok(format!("{number:o}")),
                _ => Err(format!(
                    "octal clause can only be used on {}, was given {}",
                    dialect.whole(),
                    name(value)
                )
                .into()),
            },
            _ => hexadecimal(value, self.verb == 'X', dialect),
        }
    }

    fn fixed(&self, value: &Value<'_>, dialect: Dialect) -> Result<String, Refused> {
        let refused = || {
            format!("fixed-point clause can only be used on {}, was given {}", dialect.real(), name(value))
        };
        let number = dialect.number(value).ok_or_else(refused)?;
        if !number.is_finite() {
            return Ok(not_finite(number, dialect));
        }
        let text = with_decimals(number, self.decimals)?;
        Ok(if dialect == Dialect::English { grouped(&text) } else { text })
    }

    fn scientific(&self, value: &Value<'_>, dialect: Dialect) -> Result<String, Refused> {
        let number = dialect.number(value).ok_or_else(|| {
            format!("scientific clause can only be used on {}, was given {}", dialect.real(), name(value))
        })?;
        // The English dialect takes the number of decimals for a width, and writes six decimals.
        let english = dialect == Dialect::English;
        if !number.is_finite() {
            let text = not_finite(number, dialect);
            return if english { padded(&text, self.decimals) } else { Ok(text) };
        }
        let decimals = if english { 6 } else { self.decimals };
        let shown = decimals.min(MOST_DECIMALS);
        let text = format!("{number:.shown$e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let zeros = zeros(decimals.saturating_sub(shown))?;
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let power = format!("{:02}", exponent.unsigned_abs());
        if english {
            let raised: String = power.chars().map(superscript).collect();
            let minus = if exponent < 0 { "⁻" } else { "" };
            return padded(&format!("{digits}×10{minus}{raised}"), self.decimals);
        }
        let sign = if exponent < 0 { '-' } else { '+' };
        Ok(format!("{digits}{zeros}e{sign}{power}"))
    }
}

/// Text with blanks before it up to a width.
fn padded(text: &str, width: usize) -> Result<String, Refused> {
    if width > 1 << 20 {
        return Err(format!("a width of {width} is more than can be written").into());
    }
    Ok(format!("{}{text}", " ".repeat(width.saturating_sub(text.chars().count()))))
}

impl Dialect {
    /// The number that `%f` and `%e` take.
    fn number(self, value: &Value<'_>) -> Option<f64> {
        match (self, value) {
            // The English dialect has no zero below zero.
            (Self::English, Value::Double(number)) => Some(if *number == 0.0 { 0.0 } else { *number }),
            (Self::Neutral, Value::Double(number)) => Some(*number),
            (Self::Neutral, Value::Int(number)) => Some(crate::value::int_to_double(*number)),
            (Self::Neutral, Value::UInt(number)) => Some(crate::value::uint_to_double(*number)),
            (Self::English, Value::String(text)) => match &**text {
                "NaN" => Some(f64::NAN),
                "Infinity" => Some(f64::INFINITY),
                "-Infinity" => Some(f64::NEG_INFINITY),
                _ => None,
            },
            _ => None,
        }
    }

    fn whole(self) -> &'static str {
        if self == Self::English { "integers" } else { "ints and uints" }
    }

    fn real(self) -> &'static str {
        if self == Self::English { "doubles" } else { "ints, uints, and doubles" }
    }
}

fn name(value: &Value<'_>) -> &'static str {
    value.type_of().name()
}

fn signed(number: i64, magnitude: String) -> String {
    if number < 0 { format!("-{magnitude}") } else { magnitude }
}

fn not_finite(number: f64, dialect: Dialect) -> String {
    let infinity = if dialect == Dialect::English { "∞" } else { "Infinity" };
    match number {
        number if number.is_nan() => "NaN".to_owned(),
        number if number > 0.0 => infinity.to_owned(),
        _ => format!("-{infinity}"),
    }
}

fn with_decimals(number: f64, decimals: usize) -> Result<String, Refused> {
    let shown = decimals.min(MOST_DECIMALS);
    Ok(format!("{number:.shown$}{}", zeros(decimals.saturating_sub(shown))?))
}

/// Zeros after the last decimal that a double can have.
fn zeros(count: usize) -> Result<String, Refused> {
    if count > 1 << 20 {
        return Err(format!("a precision of {count} is more than can be written").into());
    }
    Ok("0".repeat(count))
}

/// Thousands apart by commas.
fn grouped(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (whole, decimals) =
        digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let mut out = String::from(sign);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && whole.len().saturating_sub(place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(decimals) = decimals {
        out.push('.');
        out.push_str(decimals);
    }
    out
}

fn superscript(digit: char) -> char {
    match digit {
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        _ => '⁹',
    }
}

fn decimal(value: &Value<'_>, dialect: Dialect) -> Result<String, Refused> {
    match value {
        Value::Int(number) => Ok(number.to_string()),
        Value::UInt(number) => Ok(number.to_string()),
        Value::Double(number) if dialect == Dialect::Neutral => Ok(plain_double(*number)),
        _ => {
            let takes = if dialect == Dialect::English { "integers" } else { "ints, uints, and doubles" };
            Err(format!("decimal clause can only be used on {takes}, was given {}", name(value)).into())
        }
    }
}

fn plain_double(number: f64) -> String {
    if number.is_finite() { format!("{number}") } else { not_finite(number, Dialect::Neutral) }
}

fn binary(value: &Value<'_>, dialect: Dialect) -> Result<String, Refused> {
    match value {
        Value::Bool(value) => Ok(if *value { "1" } else { "0" }.to_owned()),
        Value::Int(number) => Ok(signed(*number, format!("{:b}", number.unsigned_abs()))),
        Value::UInt(number) => Ok(format!("{number:b}")),
        _ => {
            let takes =
                if dialect == Dialect::English { "integers and bools" } else { "ints, uints, and bools" };
            Err(format!("only {takes} can be formatted as binary, was given {}", name(value)).into())
        }
    }
}

fn hexadecimal(value: &Value<'_>, upper: bool, dialect: Dialect) -> Result<String, Refused> {
    let lower = match value {
        Value::Int(number) => signed(*number, format!("{:x}", number.unsigned_abs())),
        Value::UInt(number) => format!("{number:x}"),
        Value::String(text) => hex_of(text.as_bytes()),
        Value::Bytes(bytes) => hex_of(bytes),
        _ => {
            let takes = if dialect == Dialect::English {
                "integers, byte buffers, and strings"
            } else {
                "ints, uints, bytes, and strings"
            };
            return Err(format!("only {takes} can be formatted as hex, was given {}", name(value)).into());
        }
    };
    Ok(if upper { lower.to_ascii_uppercase() } else { lower })
}

fn hex_of(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        // Writing to a string never fails.
        let _ = write!(out, "{byte:02x}");
    }
    out
}
