//! Times in RFC 3339 and durations as Go writes them. There is no clock: what asks for it is not known.

use std::fmt::Write as _;

use bulkhead_cel::Duration;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::Problem;
use super::functions::{Arguments, Found};
use crate::kyverno::value::Value;

/// Calls a function, if it is one of these.
pub(super) fn call(name: &str, arguments: &Arguments<'_, '_>) -> Option<Found> {
    let arity = match name {
        "time_now" | "time_now_utc" => return Some(Err(Problem::Unknown("the time".into()))),
        "time_to_cron" | "time_utc" => 1,
        "time_add" | "time_parse" | "time_diff" | "time_before" | "time_after" | "time_truncate" => 2,
        "time_since" | "time_between" => 3,
        _ => return None,
    };
    Some(arguments.count(arity).and_then(|()| of_arity(name, arguments)))
}

fn of_arity(name: &str, arguments: &Arguments<'_, '_>) -> Found {
    let truth = |value: bool| Ok(Value::Bool(value));
    match name {
        "time_to_cron" => {
            let moment = Moment::of(arguments, 0)?;
            let local = moment.local();
            let weekday = local.weekday().to_sunday_zero_offset();
            let (minute, hour, day, month) = (local.minute(), local.hour(), local.day(), local.month());
            Ok(Value::text(format!("{minute} {hour} {day} {month} {weekday}")))
        }
        "time_utc" => {
            let Moment { at, .. } = Moment::of(arguments, 0)?;
            Ok(Moment { at, offset: Offset::UTC }.spelled())
        }
        "time_add" => {
            let (moment, nanos) = (Moment::of(arguments, 0)?, duration(arguments, 1)?);
            let at = moment.at.checked_add(SignedDuration::from_nanos(nanos));
            at.map_or_else(|error| arguments.failed(error), |at| Ok(Moment { at, ..moment }.spelled()))
        }
        "time_parse" => {
            let (layout, time) = (arguments.text(0)?, arguments.text(1)?);
            if layout.parse::<i64>().is_err() {
                return Err(Problem::Unsupported("time_parse with a layout".to_owned()));
            }
            let at = time.parse::<i64>().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
            at.map_or_else(
                || arguments.failed("argument #2 is no number of seconds"),
                |at| Ok(Moment { at, offset: Offset::UTC }.spelled()),
            )
        }
        "time_diff" => {
            let (from, to) = (Moment::of(arguments, 0)?, Moment::of(arguments, 1)?);
            Ok(between(from, to))
        }
        "time_before" => truth(Moment::of(arguments, 0)?.at < Moment::of(arguments, 1)?.at),
        "time_after" => truth(Moment::of(arguments, 0)?.at > Moment::of(arguments, 1)?.at),
        "time_between" => {
            let moment = Moment::of(arguments, 0)?.at;
            truth(moment > Moment::of(arguments, 1)?.at && moment < Moment::of(arguments, 2)?.at)
        }
        "time_truncate" => {
            let (moment, nanos) = (Moment::of(arguments, 0)?, duration(arguments, 1)?);
            Ok(moment.truncated(nanos).spelled())
        }
        _ => {
            if !arguments.text(0)?.is_empty() {
                return Err(Problem::Unsupported("time_since with a layout".to_owned()));
            }
            let from = Moment::of(arguments, 1)?;
            if arguments.text(2)?.is_empty() {
                return Err(Problem::Unknown("the time".into()));
            }
            Ok(between(from, Moment::of(arguments, 2)?))
        }
    }
}

fn duration(arguments: &Arguments<'_, '_>, place: usize) -> Result<i64, Problem> {
    let found = Duration::parse(arguments.text(place)?).map(|duration| duration.0);
    found.map_or_else(|| arguments.failed("time: invalid duration"), Ok)
}

fn between(from: Moment, to: Moment) -> Value {
    let nanos = to.at.as_nanosecond() - from.at.as_nanosecond();
    // Go's longest duration is some 292 years.
    let nanos = nanos.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
    Value::text(spell(i64::try_from(nanos).unwrap_or(i64::MAX)))
}

/// A point in time, and the offset it was written with.
#[derive(Clone, Copy)]
struct Moment {
    at: Timestamp,
    offset: Offset,
}

impl Moment {
    fn of(arguments: &Arguments<'_, '_>, place: usize) -> Result<Self, Problem> {
        Self::parse(arguments.text(place)?)
            .map_or_else(|| arguments.failed("parsing time: it is none of RFC 3339"), Ok)
    }

    /// RFC 3339 as Go reads it: a `T`, and `Z` or an offset.
    fn parse(text: &str) -> Option<Self> {
        bulkhead_cel::Timestamp::parse(text)?;
        let (local, offset) = if let Some(local) = text.strip_suffix('Z') {
            (local, Offset::UTC)
        } else {
            let (local, offset) = text.split_at_checked(text.len().checked_sub(6)?)?;
            let hours: i32 = offset.get(1..3)?.parse().ok()?;
            let minutes: i32 = offset.get(4..6)?.parse().ok()?;
            let seconds = hours * 3600 + minutes * 60;
            (local, Offset::from_seconds(if offset.starts_with('-') { -seconds } else { seconds }).ok()?)
        };
        let local: DateTime = local.parse().ok()?;
        let at = offset.to_timestamp(local).ok()?;
        Some(Self { at, offset })
    }

    fn local(self) -> DateTime {
        self.offset.to_datetime(self.at)
    }

    fn spelled(self) -> Value {
        let zoned = self.at.to_zoned(TimeZone::fixed(self.offset));
        let text =
            zoned.strftime(if self.offset.is_zero() { "%Y-%m-%dT%H:%M:%SZ" } else { "%Y-%m-%dT%H:%M:%S%:z" });
        Value::text(text.to_string())
    }

    /// Cut down to a multiple of a duration since the year 1.
    fn truncated(self, nanos: i64) -> Self {
        const YEAR_ONE: i128 = -62_135_596_800 * 1_000_000_000;
        if nanos <= 0 {
            return self;
        }
        let since = self.at.as_nanosecond() - YEAR_ONE;
        let cut = since - since.rem_euclid(i128::from(nanos)) + YEAR_ONE;
        Timestamp::from_nanosecond(cut).map_or(self, |at| Self { at, ..self })
    }
}

/// A duration as Go writes it: `1h30m0s`, `1.5s`, `20ms`.
pub(super) fn spell(nanos: i64) -> String {
    let size = nanos.unsigned_abs();
    let mut text = String::new();
    if nanos < 0 {
        text.push('-');
    }
    if size < 1_000_000_000 {
        if size == 0 {
            return "0s".to_owned();
        }
        let (unit, name, digits) = if size < 1_000 {
            (1, "ns", 0)
        } else if size < 1_000_000 {
            (1_000, "\u{b5}s", 3)
        } else {
            (1_000_000, "ms", 6)
        };
        write_decimal(&mut text, size / unit, size % unit, digits);
        text.push_str(name);
        return text;
    }
    let (hours, minutes) = (size / 3_600_000_000_000, size / 60_000_000_000 % 60);
    if hours > 0 {
        _ = write!(text, "{hours}h");
    }
    if hours > 0 || minutes > 0 {
        _ = write!(text, "{minutes}m");
    }
    write_decimal(&mut text, size / 1_000_000_000 % 60, size % 1_000_000_000, 9);
    text.push('s');
    text
}

fn write_decimal(text: &mut String, whole: u64, part: u64, digits: usize) {
    _ = write!(text, "{whole}");
    if part > 0 {
        let part = format!("{part:0digits$}");
        _ = write!(text, ".{}", part.trim_end_matches('0'));
    }
}

#[test]
fn durations_as_go_writes_them() {
    for (nanos, wanted) in [
        (0, "0s"),
        (1_500, "1.5\u{b5}s"),
        (20_000_000, "20ms"),
        (-1_500_000_000, "-1.5s"),
        (5_400_000_000_000, "1h30m0s"),
        (61_000_000_000, "1m1s"),
    ] {
        assert_eq!(spell(nanos), wanted);
    }
}
