//! Numbers as they look after the way through JSON that every manifest takes.

use crate::tree::Kind;

/// A number that JSON writes without a fraction is read back as a whole one, so `1.0` and `1e3` are
/// 1 and 1000, and minus zero is zero. Beyond 2⁵³ it is written by its shortest digits and zeros,
/// which are another whole number: 2⁶³ becomes 9223372036854776000.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
pub(crate) fn from_f64(value: f64) -> Kind<'static> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    // From here on Go writes an exponent.
    const EXPONENT: f64 = 1e21;
    if value.fract() != 0.0 || value.abs() >= EXPONENT {
        Kind::Float(value)
    } else if value.abs() <= EXACT {
        Kind::Int(value as i64)
    } else {
        whole(&value.to_string()).unwrap_or(Kind::Float(value))
    }
}

/// A number by the grammar of JSON, already checked; `None` where it is beyond a 64-bit float.
pub(crate) fn from_json(text: &str) -> Option<Kind<'static>> {
    if !text.contains(['.', 'e', 'E'])
        && let Some(value) = whole(text)
    {
        return Some(value);
    }
    text.parse::<f64>().ok().filter(|value| value.is_finite()).map(from_f64)
}

fn whole(text: &str) -> Option<Kind<'static>> {
    text.parse().map(Kind::Int).or_else(|_| text.parse().map(Kind::UInt)).ok()
}
