//! Numbers as they look after the way through JSON that every manifest takes.

use crate::tree::Kind;

/// A number that JSON writes without a fraction is read back as a whole one, so `1.0` and `1e3` are
/// 1 and 1000, and minus zero is zero.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked"
)]
pub(crate) fn from_f64(value: f64) -> Kind<'static> {
    // Both bounds are exact as floating-point numbers.
    const I64_END: f64 = 9_223_372_036_854_775_808.0;
    const U64_END: f64 = 18_446_744_073_709_551_616.0;
    if value.fract() != 0.0 {
        Kind::Float(value)
    } else if (-I64_END..I64_END).contains(&value) {
        Kind::Int(value as i64)
    } else if (0.0..U64_END).contains(&value) {
        Kind::UInt(value as u64)
    } else {
        Kind::Float(value)
    }
}

/// A number by the grammar of JSON, already checked; `None` where it is beyond a 64-bit float.
pub(crate) fn from_json(text: &str) -> Option<Kind<'static>> {
    if !text.contains(['.', 'e', 'E']) {
        if let Ok(value) = text.parse::<i64>() {
            return Some(Kind::Int(value));
        }
        if let Ok(value) = text.parse::<u64>() {
            return Some(Kind::UInt(value));
        }
    }
    text.parse::<f64>()
        .ok()
        .filter(|value| value.is_finite())
        .map(from_f64)
}
