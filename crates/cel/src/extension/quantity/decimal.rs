//! Decimal numbers of any length, as `gopkg.in/inf.v0` has them: a whole number and how many of its digits
//! stand behind the point.

#![expect(clippy::arithmetic_side_effects, reason = "whole numbers of any length do not overflow")]

use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};

/// A number is never widened by more digits than this; the server has no such limit, only its memory.
const WIDEST: u32 = 20_000;

/// A number that cannot be worked with for its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLong;

/// The number is `unscaled` times ten to the power of minus `scale`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    pub(super) unscaled: BigInt,
    pub(super) scale: i32,
}

/// Ten to a power.
fn power(exponent: i64) -> Result<BigInt, TooLong> {
    let exponent = u32::try_from(exponent).ok().filter(|exponent| *exponent <= WIDEST).ok_or(TooLong)?;
    Ok(BigInt::from(10).pow(exponent))
}

impl Decimal {
    pub(super) fn new(unscaled: impl Into<BigInt>, scale: i32) -> Self {
        Self { unscaled: unscaled.into(), scale }
    }

    /// -1, 0 or 1.
    pub(super) fn signum(&self) -> i64 {
        match self.unscaled.sign() {
            Sign::Minus => -1,
            Sign::NoSign => 0,
            Sign::Plus => 1,
        }
    }

    /// The digits of the number with more of them behind the point.
    fn widened(&self, scale: i32) -> Result<BigInt, TooLong> {
        if self.unscaled.sign() == Sign::NoSign {
            return Ok(BigInt::ZERO);
        }
        let by = i64::from(scale).saturating_sub(self.scale.into());
        Ok(&self.unscaled * power(by)?)
    }

    /// Rounded away from zero to so many digits behind the point, or widened to them.
    pub(super) fn rounded(&self, scale: i32) -> Result<Self, TooLong> {
        let dropped = i64::from(self.scale).saturating_sub(scale.into());
        if dropped <= 0 {
            return Ok(Self { unscaled: self.widened(scale)?, scale });
        }
        let Ok(divisor) = power(dropped) else {
            // No number is that long: less than one is left of it.
            return Ok(Self::new(self.signum(), scale));
        };
        let quotient = &self.unscaled / &divisor;
        let is_exact = &quotient * &divisor == self.unscaled;
        let unscaled = if is_exact { quotient } else { quotient + self.signum() };
        Ok(Self { unscaled, scale })
    }

    /// The sum.
    pub(super) fn plus(&self, other: &Self) -> Result<Self, TooLong> {
        let scale = self.scale.max(other.scale);
        Ok(Self { unscaled: self.widened(scale)? + other.widened(scale)?, scale })
    }

    /// The number with the other sign.
    pub(super) fn negated(&self) -> Self {
        Self { unscaled: -&self.unscaled, scale: self.scale }
    }

    /// Which is larger.
    pub(super) fn compared(&self, other: &Self) -> Ordering {
        let (sign, other_sign) = (self.signum(), other.signum());
        if sign != other_sign || sign == 0 {
            return sign.cmp(&other_sign);
        }
        let scale = self.scale.max(other.scale);
        if let (Ok(left), Ok(right)) = (self.widened(scale), other.widened(scale)) {
            return left.cmp(&right);
        }
        // One has so many digits more before the point that they decide.
        let length = |number: &Self| {
            let digits = number.unscaled.magnitude().to_string().len();
            i64::try_from(digits).unwrap_or(i64::MAX).saturating_sub(number.scale.into())
        };
        let ordering = length(self).cmp(&length(other));
        if sign < 0 { ordering.reverse() } else { ordering }
    }

    /// The number times two to a power.
    pub(super) fn doubled(mut self, times: u32) -> Self {
        self.unscaled <<= times;
        self
    }

    /// The digits without zeros at their end, but for those that make the power of ten they stand for one of
    /// a thousand.
    pub(super) fn in_thousands(&self) -> (BigInt, i64) {
        let (mut digits, times) = without_factors(&self.unscaled, 10);
        let mut exponent = times.saturating_sub(self.scale.into());
        while exponent % 3 != 0 {
            digits *= 10;
            exponent = exponent.saturating_sub(1);
        }
        (digits, exponent)
    }
}

/// A number divided by another as often as nothing is left over, and how often that was.
pub(super) fn without_factors(number: &BigInt, factor: u32) -> (BigInt, i64) {
    let mut left = number.clone();
    let mut times = 0_i64;
    while left.sign() != Sign::NoSign && (&left % factor).sign() == Sign::NoSign {
        left /= factor;
        times = times.saturating_add(1);
    }
    (left, times)
}
