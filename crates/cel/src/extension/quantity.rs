//! Amounts of resources: `1.5Gi`, `100m`, `1e3`.
//!
//! Source: apimachinery, `pkg/api/resource`. As there, an amount is a 64-bit number with a power of ten as long
//! as it fits, and a decimal number of any length from then on; which of the two it is can be told from
//! outside, because only the first is ever an integer. An amount of crate `kinds` keeps what normalising
//! needs; this one is computed with.
//!
//! One thing differs on purpose: the server changes a long amount in place when something is added to it,
//! or when it is compared, so that a second use of the same value sees another one.

mod decimal;

use std::cmp::Ordering;
use std::fmt;

use num_bigint::BigInt;

use decimal::{Decimal, TooLong, without_factors};

/// An amount.
#[derive(Debug, Clone)]
pub struct Quantity {
    amount: Amount,
    format: Format,
    /// How it was written, where it is written that way again.
    written: Option<Box<str>>,
    /// Whether it was computed: the server does not compare such a one with `==` when it stands on the right.
    computed: bool,
}

#[derive(Debug, Clone)]
enum Amount {
    /// `value` times ten to the power of `scale`.
    Small {
        value: i64,
        scale: i32,
    },
    Long(Decimal),
}

/// Family of suffixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    DecimalSi,
    BinarySi,
    DecimalExponent,
}

/// Nothing is finer.
const NANO: i32 = -9;
/// So many digits always fit 64 bits.
const MOST_DIGITS: usize = 18;
/// More digits are not read.
const LONGEST: usize = 4_096;

const FORMAT_WRONG: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const NUMERIC: &str = "unable to parse numeric part of quantity";
const SUFFIX: &str = "unable to parse quantity's suffix";
const TOO_LONG: &str = "quantity is too long to be computed with";

impl From<TooLong> for &'static str {
    fn from(_: TooLong) -> Self {
        TOO_LONG
    }
}

/// The parts of an amount as it is written.
struct Parts<'t> {
    is_negative: bool,
    /// Sign, digits and point.
    value: &'t str,
    /// The digits before the point, without zeros in front.
    whole: &'t str,
    fraction: &'t str,
    suffix: &'t str,
}

/// Takes an amount apart as the server's scanner does, which takes a lone sign for zero.
fn split(text: &str) -> Option<Parts<'_>> {
    let is_negative = text.starts_with('-');
    let after = |place: usize| text.get(place..).unwrap_or("");
    let digits = |place: usize| after(place).bytes().take_while(u8::is_ascii_digit).count();
    let mut place = usize::from(text.starts_with(['-', '+']));
    place = place.saturating_add(after(place).bytes().take_while(|byte| *byte == b'0').count());
    if after(place).is_empty() {
        return Some(Parts { is_negative, value: "0", whole: "0", fraction: "", suffix: "" });
    }
    let length = digits(place);
    let whole = after(place).get(..length).filter(|whole| !whole.is_empty()).unwrap_or("0");
    place = place.saturating_add(length);
    let mut fraction = "";
    if after(place).starts_with('.') {
        place = place.saturating_add(1);
        let length = digits(place);
        fraction = after(place).get(..length).unwrap_or("");
        place = place.saturating_add(length);
    }
    let (value, suffix) = text.split_at_checked(place)?;
    let rest = suffix.trim_start_matches(|letter| "eEinumkKMGTP".contains(letter));
    let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest);
    let is_suffix = rest.bytes().all(|byte| byte.is_ascii_digit());
    is_suffix.then_some(Parts { is_negative, value, whole, fraction, suffix })
}

const SUFFIXES: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];

const BINARY_SUFFIXES: [(&str, i32); 6] =
    [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];

/// The exponent of a suffix, of ten or of two.
fn suffix_of(suffix: &str) -> Option<(i32, Format)> {
    let of = |table: &[(&str, i32)]| {
        table.iter().find(|(known, _)| *known == suffix).map(|(_, exponent)| *exponent)
    };
    if let Some(exponent) = of(&SUFFIXES) {
        return Some((exponent, Format::DecimalSi));
    }
    if let Some(exponent) = of(&BINARY_SUFFIXES) {
        return Some((exponent, Format::BinarySi));
    }
    let exponent: i64 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "as the server does")]
    let exponent = exponent as i32;
    Some((exponent, Format::DecimalExponent))
}

impl Quantity {
    /// Reads an amount.
    ///
    /// # Errors
    /// The text is none, in the server's words, or has more than 4,096 digits.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err(FORMAT_WRONG);
        }
        if text == "0" {
            return Ok(Self::small(0, 0, Format::DecimalSi, Some(text)));
        }
        let parts = split(text).ok_or(FORMAT_WRONG)?;
        let (exponent, format) = suffix_of(parts.suffix).ok_or(SUFFIX)?;
        let (whole, fraction) = (parts.whole.len(), parts.fraction.len());
        if whole.saturating_add(fraction) > LONGEST {
            return Err(TOO_LONG);
        }
        let behind = i32::try_from(fraction).unwrap_or(i32::MAX);
        let (scale, mantissa, fits) = match format {
            Format::DecimalSi | Format::DecimalExponent => {
                (exponent, 1_i64, whole.saturating_add(fraction) <= MOST_DIGITS)
            }
            Format::BinarySi => {
                // Ten binary digits are three decimal ones.
                let most =
                    14_usize.checked_sub(usize::try_from(exponent.saturating_mul(3) / 10).unwrap_or(0));
                let mantissa = u32::try_from(exponent).ok().and_then(|exponent| 1_i64.checked_shl(exponent));
                let fits = parts.fraction.is_empty() && most.is_some_and(|most| whole <= most);
                (0, mantissa.unwrap_or(1), fits)
            }
        };
        let scale = scale.saturating_sub(behind);
        if fits && scale >= NANO {
            let digits = [parts.whole, parts.fraction].concat();
            let value: i64 = digits.parse().map_err(|_| NUMERIC)?;
            if let Some(product) = value.checked_mul(mantissa) {
                let is_canonical = match format {
                    Format::BinarySi => value & 7 != 0,
                    _ => scale % 3 == 0 && !digits.ends_with("000") && !digits.starts_with('0'),
                };
                let product = if parts.is_negative { product.wrapping_neg() } else { product };
                return Ok(Self::small(product, scale, format, is_canonical.then_some(text)));
            }
        }
        Self::long(&parts, exponent, format)
    }

    fn small(value: i64, scale: i32, format: Format, written: Option<&str>) -> Self {
        let amount = Amount::Small { value, scale };
        Self { amount, format, written: written.map(Into::into), computed: false }
    }

    /// What does not fit 64 bits: rounded up to what can be told apart, and binary amounts cut off at the
    /// largest number of 64 bits.
    fn long(parts: &Parts<'_>, exponent: i32, format: Format) -> Result<Self, &'static str> {
        let digits = parts.value.trim_start_matches(['-', '+']);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let unscaled: BigInt = [whole, fraction].concat().parse().map_err(|_| NUMERIC)?;
        let mut amount = Decimal::new(unscaled, i32::try_from(fraction.len()).unwrap_or(i32::MAX));
        let mut format = format;
        if format == Format::BinarySi {
            amount = amount.doubled(u32::try_from(exponent).unwrap_or(0));
        } else {
            amount.scale = amount.scale.saturating_sub(exponent);
        }
        if amount.signum() != 0 {
            amount = amount.rounded(-NANO)?;
        }
        if format == Format::BinarySi {
            let largest = Decimal::new(i64::MAX, 0);
            if amount.compared(&largest) == Ordering::Greater {
                amount = largest;
            }
            if amount.signum() > 0 && amount.compared(&Decimal::new(1, 0)) == Ordering::Less {
                format = Format::DecimalSi;
            }
        }
        if parts.is_negative {
            amount = amount.negated();
        }
        Ok(Self { amount: Amount::Long(amount), format, written: None, computed: false })
    }

    /// About how many bytes it takes.
    pub(crate) fn weight(&self) -> usize {
        match &self.amount {
            Amount::Small { .. } => size_of::<Self>(),
            Amount::Long(decimal) => usize::try_from(decimal.unscaled.bits()).unwrap_or(usize::MAX),
        }
    }

    fn decimal(&self) -> Decimal {
        match &self.amount {
            Amount::Small { value, scale } => Decimal::new(*value, scale.saturating_neg()),
            Amount::Long(decimal) => decimal.clone(),
        }
    }

    /// -1, 0 or 1.
    pub(crate) fn signum(&self) -> i64 {
        match &self.amount {
            Amount::Small { value, .. } => value.signum(),
            Amount::Long(decimal) => decimal.signum(),
        }
    }

    /// Which is larger.
    pub(crate) fn compared(&self, other: &Self) -> Ordering {
        match (&self.amount, &other.amount) {
            (Amount::Small { value, scale }, Amount::Small { value: other, scale: other_scale })
                if scale == other_scale =>
            {
                value.cmp(other)
            }
            _ => self.decimal().compared(&other.decimal()),
        }
    }

    /// Whether `==` finds the same on the right; `None` where the server cannot compare them.
    pub(crate) fn equals(&self, right: &Self) -> Option<bool> {
        (!right.computed).then(|| self.compared(right) == Ordering::Equal)
    }

    /// The whole number, if it is known to be one.
    pub(crate) fn as_integer(&self) -> Option<i64> {
        match &self.amount {
            Amount::Small { value, scale } => scaled(*value, *scale),
            Amount::Long(_) => None,
        }
    }

    /// About how much it is.
    pub(crate) fn as_float(&self) -> f64 {
        let (base, exponent) = match &self.amount {
            Amount::Small { value, scale } => (crate::value::int_to_double(*value), *scale),
            // What is printed reads back as the nearest number.
            Amount::Long(decimal) => (
                decimal.unscaled.to_string().parse().unwrap_or(f64::INFINITY),
                decimal.scale.saturating_neg(),
            ),
        };
        if exponent == 0 { base } else { base * power_of_ten(exponent) }
    }

    /// The sum.
    ///
    /// # Errors
    /// It is too long to be computed.
    pub(crate) fn plus(&self, other: &Self) -> Result<Self, &'static str> {
        self.joined(other, false)
    }

    /// The difference.
    ///
    /// # Errors
    /// It is too long to be computed.
    pub(crate) fn minus(&self, other: &Self) -> Result<Self, &'static str> {
        self.joined(other, true)
    }

    /// A whole number, as it is added to an amount.
    pub(crate) fn whole(number: i64) -> Self {
        Self::small(number, 0, Format::DecimalExponent, None)
    }

    fn joined(&self, other: &Self, subtract: bool) -> Result<Self, &'static str> {
        let format = if self.signum() == 0 { other.format } else { self.format };
        let short = match (&self.amount, &other.amount) {
            (Amount::Small { value, scale }, Amount::Small { value: more, scale: more_scale }) => {
                let more = if subtract { more.wrapping_neg() } else { *more };
                sum((*value, *scale), (more, *more_scale))
            }
            _ => None,
        };
        let amount = match short {
            Some((value, scale)) => Amount::Small { value, scale },
            None if subtract => Amount::Long(self.decimal().plus(&other.decimal().negated())?),
            None => Amount::Long(self.decimal().plus(&other.decimal())?),
        };
        Ok(Self { amount, format, written: None, computed: true })
    }

    /// The number and the exponent of ten or of 1024 that it is written with, and in which family.
    fn canonical(&self) -> (BigInt, i64, Format) {
        let decimal = self.decimal();
        if self.format == Format::BinarySi {
            let within = |limit: i64, ordering| decimal.compared(&Decimal::new(limit, 0)) == ordering;
            let is_small = within(-1024, Ordering::Greater) && within(1024, Ordering::Less);
            if !is_small
                && let Ok(rounded) = decimal.rounded(0)
                && rounded.compared(&decimal) == Ordering::Equal
            {
                let (number, times) = without_factors(&rounded.unscaled, 1024);
                return (number, times, Format::BinarySi);
            }
        }
        let (number, exponent) = decimal.in_thousands();
        let format = if self.format == Format::DecimalExponent { self.format } else { Format::DecimalSi };
        (number, exponent, format)
    }
}

impl fmt::Display for Quantity {
    /// The amount as the server writes it; one too large for its suffixes loses its exponent, as there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(written) = &self.written {
            return f.write_str(written);
        }
        if self.signum() == 0 {
            return f.write_str("0");
        }
        let (number, exponent, format) = self.canonical();
        write!(f, "{number}")?;
        let of = |table: &[(&'static str, i32)], exponent: i64| {
            table
                .iter()
                .find(|(_, known)| i64::from(*known) == exponent)
                .map_or("", |(suffix, _)| *suffix)
        };
        match format {
            Format::DecimalExponent if exponent == 0 => Ok(()),
            Format::DecimalExponent => write!(f, "e{exponent}"),
            Format::DecimalSi => f.write_str(of(&SUFFIXES, exponent)),
            Format::BinarySi => f.write_str(of(&BINARY_SUFFIXES, exponent.saturating_mul(10))),
        }
    }
}

/// A number times a power of ten, if that is a whole number of 64 bits.
fn scaled(value: i64, scale: i32) -> Option<i64> {
    let scale = u32::try_from(scale).ok()?;
    if value == 0 { Some(0) } else { value.checked_mul(10_i64.checked_pow(scale)?) }
}

/// The sum of two numbers with their scales, if it fits.
fn sum((left, left_scale): (i64, i32), (right, right_scale): (i64, i32)) -> Option<(i64, i32)> {
    if right == 0 {
        return Some((left, left_scale));
    }
    if left == 0 {
        return Some((right, right_scale));
    }
    let scale = left_scale.min(right_scale);
    let left = scaled(left, left_scale.checked_sub(scale)?)?;
    let right = scaled(right, right_scale.checked_sub(scale)?)?;
    Some((left.checked_add(right)?, scale))
}

/// Ten to a power as Go computes it, which is not always the nearest number.
fn power_of_ten(exponent: i32) -> f64 {
    let exact = |exponent: i32| format!("1e{exponent}").parse().unwrap_or(f64::NAN);
    let rest = exponent % 32;
    let most = exact(exponent.saturating_sub(rest));
    match exponent {
        0..=308 => most * exact(rest),
        -323..0 => most / exact(rest.saturating_neg()),
        _ if exponent > 0 => f64::INFINITY,
        _ => 0.0,
    }
}
