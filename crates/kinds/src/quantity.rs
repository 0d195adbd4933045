//! Quantities as `resource.Quantity` of Kubernetes reads and prints them.
//!
//! A quantity is a decimal number and a suffix: `100m`, `1.5Gi`, `1e3`. Reading keeps the family of
//! the suffix, and printing chooses the largest suffix of that family that loses nothing, so `1024Mi`
//! is printed `1Gi` and `0.5` is `500m`. A text that Go takes for canonical already is printed as it
//! came, even where it is not (`1.500`).
//!
//! Source: apimachinery, pkg/api/resource (quantity.go, amount.go, suffix.go).

use std::cmp::Ordering;
use std::fmt;

/// Family of suffixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    DecimalSi,
    BinarySi,
    DecimalExponent,
}

/// An amount of something: processor time, bytes, devices.
#[derive(Debug, Clone, Copy)]
pub struct Quantity {
    /// The amount is `value` times ten to the power of `scale`.
    value: i128,
    scale: i32,
    format: Format,
    /// Go prints what it read.
    as_read: bool,
}

/// Where the digits of a number end for the 64-bit arithmetic of Go.
const MAX_INT64_DIGITS: i32 = 18;
const NANO: i32 = -9;
const MILLI: i32 = -3;

impl Quantity {
    /// Reads a quantity; `None` where the API server would refuse the text, and for numbers of more
    /// than some thirty digits, which it takes.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text == "0" {
            return Some(Self { value: 0, scale: 0, format: Format::DecimalSi, as_read: true });
        }
        let (number, suffix) = text.split_at(number_length(text)?);
        let (negative, digits) = match number.as_bytes().first()? {
            b'-' => (true, number.get(1..)?),
            b'+' => (false, number.get(1..)?),
            _ => (false, number),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let whole = whole.trim_start_matches('0');
        // Go forgets the sign and the suffix of a number that is all zeros before its end.
        if whole.is_empty() && !digits.contains('.') && suffix.is_empty() {
            return Some(Self { value: 0, scale: 0, format: Format::DecimalSi, as_read: false });
        }
        let (exponent, format) = suffix_of(suffix)?;
        let magnitude = digits_value(whole, fraction)?;
        let signed = if negative { -magnitude } else { magnitude };
        let fraction_length = i32::try_from(fraction.len()).ok()?;
        let whole_length = i32::try_from(whole.len().max(1)).ok()?;
        let quantity = match format {
            Format::BinarySi => {
                let factor = 1_i128.checked_shl(u32::try_from(exponent).ok()?)?;
                let Some(value) = signed.checked_mul(factor) else {
                    return Some(Self::largest(negative));
                };
                let precise = fraction.is_empty() && 15 - whole_length - exponent * 3 / 10 > 0;
                let fits = precise && i64::try_from(value).is_ok();
                Self { value, scale: -fraction_length, format, as_read: fits && magnitude & 7 != 0 }
                    .limited(fits)
            }
            Format::DecimalSi | Format::DecimalExponent => {
                let scale = exponent.checked_sub(fraction_length)?;
                let fits = MAX_INT64_DIGITS >= whole_length + fraction_length && scale >= NANO;
                let trailing_zeros = [whole, fraction].concat().ends_with("000");
                let first_is_zero = whole.is_empty();
                Self {
                    value: signed,
                    scale,
                    format,
                    as_read: fits && scale % 3 == 0 && !trailing_zeros && !first_is_zero,
                }
                .limited(fits)
            }
        };
        Some(quantity)
    }

    /// What binary amounts beyond 64 bits become.
    fn largest(negative: bool) -> Self {
        let max = i128::from(i64::MAX);
        Self { value: if negative { -max } else { max }, scale: 0, format: Format::BinarySi, as_read: false }
    }

    /// What Go does to amounts that its 64-bit arithmetic cannot hold: round up to nano, cap binary
    /// ones at the largest 64-bit number.
    fn limited(mut self, fits: bool) -> Self {
        if fits {
            return self;
        }
        self = self.rounded_up(NANO);
        if self.format == Format::BinarySi {
            let max = i128::from(i64::MAX);
            if self.compare_whole(max) == Ordering::Greater {
                self = Self::largest(false);
            } else if self.compare_whole(-max) == Ordering::Less {
                self = Self::largest(true);
            }
            if self.value > 0 && self.compare_whole(1) == Ordering::Less
                || self.value < 0 && self.compare_whole(-1) == Ordering::Greater
            {
                self.format = Format::DecimalSi;
            }
        }
        self
    }

    /// Rounded away from zero to a multiple of ten to the power of `scale`.
    fn rounded_up(mut self, scale: i32) -> Self {
        if self.scale >= scale {
            return self;
        }
        self.as_read = false;
        let Some(divisor) = power_of_ten(scale.saturating_sub(self.scale)) else {
            return Self { value: self.value.signum(), scale, ..self };
        };
        let remainder = self.value % divisor;
        self.value /= divisor;
        self.value += remainder.signum();
        self.scale = scale;
        self
    }

    /// What defaulting does to the resources of Pods and claims: nothing finer than a thousandth.
    #[must_use]
    pub fn rounded_up_to_milli(self) -> Self {
        self.rounded_up(MILLI)
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.value == 0
    }

    /// The sum; `None` where it is too large for this type.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let scale = self.scale.min(other.scale);
        let value = self.at_scale(scale)?.checked_add(other.at_scale(scale)?)?;
        let format = if self.is_zero() { other.format } else { self.format };
        Some(Self { value, scale, format, as_read: false })
    }

    /// The difference; `None` where it is too large for this type.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        let scale = self.scale.min(other.scale);
        let value = self.at_scale(scale)?.checked_sub(other.at_scale(scale)?)?;
        let format = if self.is_zero() { other.format } else { self.format };
        Some(Self { value, scale, format, as_read: false })
    }

    /// So many times it; `None` where that is too large for this type.
    pub fn checked_mul(self, factor: Self) -> Option<Self> {
        let value = self.value.checked_mul(factor.value)?;
        Some(Self {
            value,
            scale: self.scale.checked_add(factor.scale)?,
            format: self.format,
            as_read: false,
        })
    }

    /// A part of it, cut off behind the decimals that either has; `None` where the divisor is nothing, or a number
    /// is too large for this type.
    pub fn checked_div(self, divisor: Self) -> Option<Self> {
        let scale = self.scale.min(divisor.scale);
        // value = (left / right) at the scale of the result.
        let shift = self.scale.checked_sub(divisor.scale)?.checked_sub(scale)?;
        let value = if shift >= 0 {
            self.value.checked_mul(power_of_ten(shift)?)?.checked_div(divisor.value)?
        } else {
            self.value.checked_div(divisor.value.checked_mul(power_of_ten(shift.checked_neg()?)?)?)?
        };
        Some(Self { value, scale, format: self.format, as_read: false })
    }

    /// Nearly the amount.
    #[expect(clippy::cast_precision_loss, reason = "it is an approximation")]
    pub fn as_f64(self) -> f64 {
        self.value as f64 * 10_f64.powi(self.scale)
    }

    /// The remainder of whole amounts; `None` where one is not whole, or the divisor is nothing.
    pub fn checked_rem(self, divisor: Self) -> Option<Self> {
        let whole = |quantity: Self| {
            let whole = quantity.rounded_up(0);
            (whole.compare(quantity) == Ordering::Equal).then(|| whole.at_scale(0)).flatten()
        };
        let value = whole(self)?.checked_rem(whole(divisor)?)?;
        Some(Self { value, scale: 0, format: self.format, as_read: false })
    }

    /// Which of two is larger.
    pub fn compare(self, other: Self) -> Ordering {
        let scale = self.scale.min(other.scale);
        match (self.at_scale(scale), other.at_scale(scale)) {
            (Some(left), Some(right)) => left.cmp(&right),
            // Only a number that dwarfs the other does not fit.
            (None, _) => self.value.cmp(&0),
            (_, None) => 0.cmp(&other.value),
        }
    }

    fn compare_whole(self, other: i128) -> Ordering {
        self.compare(Self { value: other, scale: 0, format: self.format, as_read: false })
    }

    fn at_scale(self, scale: i32) -> Option<i128> {
        self.value.checked_mul(power_of_ten(self.scale.checked_sub(scale)?)?)
    }

    /// Whether [`Quantity::parse`] of a text and printing gives the text again.
    pub fn prints_as_read(self) -> bool {
        self.as_read
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.value == 0 {
            return f.write_str("0");
        }
        let mut format = self.format;
        if format == Format::BinarySi {
            let small =
                self.compare_whole(-1024) == Ordering::Greater && self.compare_whole(1024) == Ordering::Less;
            let whole = self.rounded_up(0);
            if small || whole.compare(*self) != Ordering::Equal {
                format = Format::DecimalSi;
            } else if let Some(value) = whole.at_scale(0) {
                let (amount, times) = without_factors(value, 1024);
                let suffix = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].get(times as usize).unwrap_or(&"");
                return write!(f, "{amount}{suffix}");
            }
        }
        let (mut amount, times) = without_factors(self.value, 10);
        let mut exponent = self.scale.saturating_add_unsigned(times);
        while exponent % 3 != 0 {
            amount = amount.saturating_mul(10);
            exponent -= 1;
        }
        match format {
            Format::DecimalExponent if exponent == 0 => write!(f, "{amount}"),
            Format::DecimalExponent => write!(f, "{amount}e{exponent}"),
            Format::DecimalSi | Format::BinarySi => write!(f, "{amount}{}", decimal_suffix(exponent)),
        }
    }
}

/// How long the number at the start of a quantity is: sign, digits, point, digits.
fn number_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = usize::from(matches!(bytes.first()?, b'-' | b'+'));
    let digits = |from: usize| bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    at += digits(at);
    if bytes.get(at) == Some(&b'.') {
        at += 1;
        at += digits(at);
    }
    Some(at)
}

/// The value of the digits before and after a point, the point taken away.
fn digits_value(whole: &str, fraction: &str) -> Option<i128> {
    whole.bytes().chain(fraction.bytes()).try_fold(0_i128, |value, digit| {
        value.checked_mul(10)?.checked_add(i128::from(digit.checked_sub(b'0')?))
    })
}

fn suffix_of(suffix: &str) -> Option<(i32, Format)> {
    let decimal = |exponent| Some((exponent, Format::DecimalSi));
    let binary = |exponent| Some((exponent, Format::BinarySi));
    match suffix {
        "" => decimal(0),
        "n" => decimal(-9),
        "u" => decimal(-6),
        "m" => decimal(-3),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(10),
        "Mi" => binary(20),
        "Gi" => binary(30),
        "Ti" => binary(40),
        "Pi" => binary(50),
        "Ei" => binary(60),
        _ => {
            let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            Some((exponent, Format::DecimalExponent))
        }
    }
}

/// The suffix of an exponent that is a multiple of three; Go prints none for one beyond its table.
fn decimal_suffix(exponent: i32) -> &'static str {
    match exponent {
        -9 => "n",
        -6 => "u",
        -3 => "m",
        3 => "k",
        6 => "M",
        9 => "G",
        12 => "T",
        15 => "P",
        18 => "E",
        _ => "",
    }
}

fn power_of_ten(exponent: i32) -> Option<i128> {
    10_i128.checked_pow(u32::try_from(exponent).ok()?)
}

/// A number without the factors of a base, and how many there were.
fn without_factors(value: i128, base: i128) -> (i128, u32) {
    let (mut value, mut times) = (value, 0);
    while value != 0 && value % base == 0 {
        value /= base;
        times += 1;
    }
    (value, times)
}

/// Whether a text is of the sort that nearly all are, and canonical: up to three digits and a suffix.
fn is_plain(text: &[u8]) -> bool {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (1..=3).contains(&digits)
        && text.first() != Some(&b'0')
        && matches!(
            text.get(digits..),
            Some(b"" | b"m" | b"k" | b"M" | b"G" | b"T" | b"Ki" | b"Mi" | b"Gi" | b"Ti")
        )
}

/// A quantity's text as the API server stores it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Canonical {
    /// The text is canonical.
    Same,
    /// It is spelled so instead.
    Other(String),
    /// It is no quantity.
    Invalid,
}

/// The canonical form of a text; `milli` where nothing finer than a thousandth is kept.
pub(crate) fn canonical(text: &str, milli: bool) -> Canonical {
    if is_plain(text.as_bytes()) {
        return Canonical::Same;
    }
    let Some(quantity) = Quantity::parse(text) else {
        // A number too long for this type is taken as it is.
        return if text.len() > 30 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Canonical::Same
        } else {
            Canonical::Invalid
        };
    };
    let rounded = if milli { quantity.rounded_up_to_milli() } else { quantity };
    if rounded.as_read && text.trim().len() == text.len() {
        return Canonical::Same;
    }
    let printed = if rounded.as_read { text.trim().to_owned() } else { rounded.to_string() };
    if printed == text { Canonical::Same } else { Canonical::Other(printed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs printed by apimachinery v0.35.8.
    #[test]
    fn prints_as_go_does() {
        for (text, wanted) in [
            ("1024Mi", "1Gi"),
            ("0.5", "500m"),
            ("1000m", "1"),
            ("1000", "1k"),
            ("1024", "1024"),
            ("0.1Gi", "107374182400m"),
            ("1.5Gi", "1536Mi"),
            ("100M", "100M"),
            ("0", "0"),
            ("00", "0"),
            ("0m", "0"),
            ("1e3", "1e3"),
            ("1e4", "10e3"),
            ("12E", "12E"),
            ("1.500", "1.500"),
            ("1.0", "1"),
            ("0.0001", "100u"),
            ("1Ki", "1Ki"),
            ("512Ki", "512Ki"),
            ("8Ki", "8Ki"),
            ("-1024Mi", "-1Gi"),
            ("9223372036854775807Ki", "9223372036854775807"),
            (" 1 ", "1"),
        ] {
            let printed = match canonical(text, false) {
                Canonical::Same => text.to_owned(),
                Canonical::Other(printed) => printed,
                Canonical::Invalid => "invalid".to_owned(),
            };
            assert_eq!(printed, wanted, "{text}");
        }
    }

    #[test]
    fn refuses_what_go_refuses() {
        for text in ["", "1X", "1 Gi", "Gi", "1kk", "1e", "abc", "1.2.3", "--1", "10MB"] {
            assert_eq!(canonical(text, false), Canonical::Invalid, "{text:?}");
        }
    }

    #[test]
    fn resources_are_rounded_up_to_a_thousandth() {
        assert_eq!(canonical("100u", true), Canonical::Other("1m".to_owned()));
        assert_eq!(canonical("1.0001", true), Canonical::Other("1001m".to_owned()));
        assert_eq!(canonical("250m", true), Canonical::Same);
    }

    #[test]
    fn sums_and_order() {
        let quantity = |text| Quantity::parse(text).unwrap();
        assert_eq!(quantity("500m").checked_add(quantity("1")).unwrap().to_string(), "1500m");
        assert_eq!(quantity("0").checked_add(quantity("1Gi")).unwrap().to_string(), "1Gi");
        assert_eq!(quantity("1Gi").compare(quantity("1G")), Ordering::Greater);
        assert_eq!(quantity("1").compare(quantity("1000m")), Ordering::Equal);
    }
}
