//! Points and spans of time, with the range and the text forms of the API server's library.
//!
//! A span is a count of nanoseconds in 64 bits (some 292 years). A point lies in the years 1 to 9999 and is
//! written as RFC 3339 in UTC.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

const NANOS: i64 = 1_000_000_000;
const DAY: i64 = 86_400;

/// A span of time in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Duration(pub i64);

/// A point in time: seconds since 1970 began, and nanoseconds of that second. It remembers the offset that
/// it was written with, and is written with it again; that makes no difference to anything else.
#[derive(Debug, Clone, Copy)]
pub struct Timestamp {
    seconds: i64,
    nanos: u32,
    /// Seconds east of Greenwich.
    offset: i32,
}

impl Timestamp {
    fn instant(self) -> (i64, u32) {
        (self.seconds, self.nanos)
    }
}

impl PartialEq for Timestamp {
    fn eq(&self, other: &Self) -> bool {
        self.instant() == other.instant()
    }
}

impl Eq for Timestamp {}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> Ordering {
        self.instant().cmp(&other.instant())
    }
}

impl Hash for Timestamp {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.instant().hash(state);
    }
}

/// A point in time as a calendar and a clock show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    /// January is 1.
    pub(crate) month: i64,
    /// The first is 1.
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    /// Sunday is 0.
    pub(crate) weekday: i64,
    /// The first of January is 0.
    pub(crate) day_of_year: i64,
}

impl Duration {
    /// Reads a run of decimal numbers with units, such as `1h45m` or `-1.5s`; `None` where it is none, or
    /// does not fit.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, mut rest) = match text.as_bytes().first()? {
            b'-' => (true, text.get(1..)?),
            b'+' => (false, text.get(1..)?),
            _ => (false, text),
        };
        if rest == "0" {
            return Some(Self(0));
        }
        if rest.is_empty() {
            return None;
        }
        // Nanoseconds below zero reach one further than those above it.
        let limit = if negative { 1_u64 << 63 } else { (1_u64 << 63).checked_sub(1)? };
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let (whole, after) = digits(rest);
            let (fraction, after) = match after.strip_prefix('.') {
                Some(after) => digits(after),
                None => ("", after),
            };
            if whole.is_empty() && fraction.is_empty() {
                return None;
            }
            let unit_end =
                after.find(|letter: char| letter == '.' || letter.is_ascii_digit()).unwrap_or(after.len());
            let unit: u64 = match after.get(..unit_end)? {
                "ns" => 1,
                "us" | "µs" | "μs" => 1_000,
                "ms" => 1_000_000,
                "s" => 1_000_000_000,
                "m" => 60_000_000_000,
                "h" => 3_600_000_000_000,
                _ => return None,
            };
            rest = after.get(unit_end..)?;
            let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
            total = total.checked_add(whole.checked_mul(unit)?)?;
            total = total.checked_add(part_of(fraction, unit))?;
            if total > limit {
                return None;
            }
        }
        let nanos = i64::try_from(total).unwrap_or(i64::MIN);
        Some(Self(if negative { nanos.wrapping_neg() } else { nanos }))
    }

    /// Its length in seconds.
    #[expect(clippy::cast_precision_loss, reason = "the text form is a floating-point number of seconds")]
    pub fn as_seconds(self) -> f64 {
        let whole = self.0.checked_div(NANOS).unwrap_or(0) as f64;
        let part = self.0.checked_rem(NANOS).unwrap_or(0) as f64;
        whole + part / 1e9
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}s", self.as_seconds())
    }
}

/// The leading digits, and what follows them.
fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// So many units as decimals say, cut off below a nanosecond.
fn part_of(decimals: &str, unit: u64) -> u64 {
    let mut total: u128 = 0;
    let mut scale: u128 = 1;
    // Twenty decimals of an hour are far below a nanosecond.
    for digit in decimals.bytes().take(20) {
        total = total.saturating_mul(10).saturating_add(u128::from(digit.saturating_sub(b'0')));
        scale = scale.saturating_mul(10);
    }
    let product = total.saturating_mul(u128::from(unit));
    u64::try_from(product.checked_div(scale).unwrap_or(0)).unwrap_or(0)
}

impl Timestamp {
    /// The first second of year 1.
    const FIRST: i64 = -62_135_596_800;
    /// The last second of year 9999.
    const LAST: i64 = 253_402_300_799;

    /// A point from seconds since 1970 and nanoseconds; `None` outside the years 1 to 9999.
    pub fn new(seconds: i64, nanos: i64) -> Option<Self> {
        let seconds = seconds.checked_add(nanos.div_euclid(NANOS))?;
        let nanos = u32::try_from(nanos.rem_euclid(NANOS)).ok()?;
        (Self::FIRST..=Self::LAST)
            .contains(&seconds)
            .then_some(Self { seconds, nanos, offset: 0 })
    }

    /// Reads RFC 3339, such as `2009-02-13T23:31:30.5+01:00`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut scan = Scan { rest: text.as_bytes() };
        let year = scan.number(4)?;
        scan.literal(b'-')?;
        let month = scan.number(2)?;
        scan.literal(b'-')?;
        let day = scan.number(2)?;
        scan.literal(b'T')?;
        // Go reads an hour of one digit too.
        let hour = if scan.rest.get(1) == Some(&b':') { scan.number(1)? } else { scan.number(2)? };
        scan.literal(b':')?;
        let minute = scan.number(2)?;
        scan.literal(b':')?;
        let second = scan.number(2)?;
        let nanos = scan.fraction()?;
        let offset = scan.offset()?;
        let valid = (1..=12).contains(&month)
            && (1..=days_in(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60
            && scan.rest.is_empty();
        if !valid {
            return None;
        }
        let days = days_before(year, month, day);
        let clock = hour.checked_mul(3_600)?.checked_add(minute.checked_mul(60)?)?.checked_add(second)?;
        let time = Self::new(days.checked_mul(DAY)?.checked_add(clock)?.checked_sub(offset)?, nanos)?;
        Some(Self { offset: i32::try_from(offset).ok()?, ..time })
    }

    /// The same point, written in UTC.
    #[must_use]
    pub fn utc(self) -> Self {
        Self { offset: 0, ..self }
    }

    /// Seconds since 1970 began.
    pub fn seconds(self) -> i64 {
        self.seconds
    }

    /// Nanoseconds of the second.
    pub fn nanos(self) -> u32 {
        self.nanos
    }

    /// The point so much later; `None` outside the years 1 to 9999.
    pub(crate) fn plus(self, duration: Duration) -> Option<Self> {
        let seconds = self.seconds.checked_add(duration.0.div_euclid(NANOS))?;
        let nanos = i64::from(self.nanos).checked_add(duration.0.rem_euclid(NANOS))?;
        Some(Self { offset: self.offset, ..Self::new(seconds, nanos)? })
    }

    /// The point so much earlier; `None` outside the years 1 to 9999.
    pub(crate) fn minus(self, duration: Duration) -> Option<Self> {
        let seconds = self.seconds.checked_sub(duration.0.div_euclid(NANOS))?;
        let nanos = i64::from(self.nanos).checked_sub(duration.0.rem_euclid(NANOS))?;
        Some(Self { offset: self.offset, ..Self::new(seconds, nanos)? })
    }

    /// The span since another point; `None` where it does not fit.
    pub(crate) fn since(self, other: Self) -> Option<Duration> {
        let seconds = i128::from(self.seconds).checked_sub(i128::from(other.seconds))?;
        let nanos = i128::from(self.nanos).checked_sub(i128::from(other.nanos))?;
        let total = seconds.checked_mul(i128::from(NANOS))?.checked_add(nanos)?;
        i64::try_from(total).ok().map(Duration)
    }

    /// What calendar and clock show so many seconds east of Greenwich.
    pub(crate) fn civil(self, offset: i64) -> Civil {
        let local = self.seconds.saturating_add(offset);
        let days = local.div_euclid(DAY);
        let clock = local.rem_euclid(DAY);
        let (year, month, day) = date_of(days);
        Civil {
            year,
            month,
            day,
            hour: clock.div_euclid(3_600),
            minute: clock.div_euclid(60).rem_euclid(60),
            second: clock.rem_euclid(60),
            weekday: days.saturating_add(4).rem_euclid(7),
            day_of_year: days.saturating_sub(days_before(year, 1, 1)),
        }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = self.civil(i64::from(self.offset));
        write!(f, "{:04}-{:02}-{:02}", civil.year, civil.month, civil.day)?;
        write!(f, "T{:02}:{:02}:{:02}", civil.hour, civil.minute, civil.second)?;
        if self.nanos > 0 {
            let decimals = format!("{:09}", self.nanos);
            write!(f, ".{}", decimals.trim_end_matches('0'))?;
        }
        if self.offset == 0 {
            return f.write_str("Z");
        }
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.unsigned_abs().div_euclid(60);
        write!(f, "{sign}{:02}:{:02}", minutes.div_euclid(60), minutes.rem_euclid(60))
    }
}

/// A reader of fixed forms.
struct Scan<'t> {
    rest: &'t [u8],
}

impl Scan<'_> {
    fn literal(&mut self, wanted: u8) -> Option<()> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        (*first == wanted).then_some(())
    }

    fn number(&mut self, length: usize) -> Option<i64> {
        let (digits, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        let all = digits.iter().all(u8::is_ascii_digit);
        if all { std::str::from_utf8(digits).ok()?.parse().ok() } else { None }
    }

    /// Nanoseconds from decimals; those beyond the ninth are dropped.
    fn fraction(&mut self) -> Option<i64> {
        if !matches!(self.rest.first(), Some(b'.' | b',')) {
            return Some(0);
        }
        let rest = self.rest.get(1..)?;
        let end = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, rest) = rest.split_at_checked(end)?;
        self.rest = rest;
        if digits.is_empty() {
            return None;
        }
        let text: String =
            digits.iter().map(|digit| char::from(*digit)).chain("000000000".chars()).take(9).collect();
        text.parse().ok()
    }

    /// Seconds east of Greenwich.
    fn offset(&mut self) -> Option<i64> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        let sign = match first {
            b'Z' => return Some(0),
            b'+' => 1_i64,
            b'-' => -1_i64,
            _ => return None,
        };
        let hours = self.number(2)?;
        self.literal(b':')?;
        let minutes = self.number(2)?;
        if hours > 24 || minutes > 60 {
            return None;
        }
        sign.checked_mul(hours.checked_mul(3_600)?.checked_add(minutes.checked_mul(60)?)?)
    }
}

fn is_leap(year: i64) -> bool {
    year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from the first of January 1970 to a date, by counting years from March
/// (<https://howardhinnant.github.io/date_algorithms.html#days_from_civil>).
#[expect(clippy::arithmetic_side_effects, reason = "years are within 0 to 10,000")]
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9).rem_euclid(12);
    let day_of_year = (153 * month_from_march + 2).div_euclid(5) + day - 1;
    let day_of_era =
        year_of_era * 365 + year_of_era.div_euclid(4) - year_of_era.div_euclid(100) + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The date so many days after the first of January 1970
/// (<https://howardhinnant.github.io/date_algorithms.html#civil_from_days>).
#[expect(clippy::arithmetic_side_effects, reason = "days are within the years 0 to 10,000")]
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let leap_days =
        day_of_era.div_euclid(1_460) - day_of_era.div_euclid(36_524) + day_of_era.div_euclid(146_096);
    let year_of_era = (day_of_era - leap_days).div_euclid(365);
    let day_of_year =
        day_of_era - (365 * year_of_era + year_of_era.div_euclid(4) - year_of_era.div_euclid(100));
    let month_from_march = (5 * day_of_year + 2).div_euclid(153);
    let day = day_of_year - (153 * month_from_march + 2).div_euclid(5) + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}
