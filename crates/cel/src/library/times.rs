//! What calendar and clock show of a timestamp, and the parts of a duration.
//!
//! A time zone is a name of the IANA database (`Europe/Oslo`) or an offset (`+02:00`, `-09:30`, `02:00`);
//! without one it is UTC. The database is built in, so that a result does not hang on the machine.

use jiff::tz::TimeZone;

use super::{Args, Failure, Function, Host, Library};
use crate::error::EvalError;
use crate::value::{Timestamp, Value};

pub(crate) static LIBRARY: Library = Library {
    name: "times",
    kubernetes: &[(0, 0)],
    kubernetes_only: false,
    functions: &[
        Function::method("getFullYear", 0, full_year)
            .overloads(&["timestamp.() -> int", "timestamp.(string) -> int"])
            .optionally(1),
        Function::method("getMonth", 0, month)
            .overloads(&["timestamp.() -> int", "timestamp.(string) -> int"])
            .optionally(1),
        Function::method("getDate", 0, date)
            .overloads(&["timestamp.() -> int", "timestamp.(string) -> int"])
            .optionally(1),
        Function::method("getDayOfMonth", 0, day_of_month)
            .overloads(&["timestamp.() -> int", "timestamp.(string) -> int"])
            .optionally(1),
        Function::method("getDayOfWeek", 0, day_of_week)
            .overloads(&["timestamp.() -> int", "timestamp.(string) -> int"])
            .optionally(1),
        Function::method("getDayOfYear", 0, day_of_year)
            .overloads(&["timestamp.() -> int", "timestamp.(string) -> int"])
            .optionally(1),
        Function::method("getHours", 0, hours)
            .overloads(&["timestamp.() -> int", "timestamp.(string) -> int", "duration.() -> int"])
            .optionally(1),
        Function::method("getMinutes", 0, minutes)
            .overloads(&["timestamp.() -> int", "timestamp.(string) -> int", "duration.() -> int"])
            .optionally(1),
        Function::method("getSeconds", 0, seconds)
            .overloads(&["timestamp.() -> int", "timestamp.(string) -> int", "duration.() -> int"])
            .optionally(1),
        Function::method("getMilliseconds", 0, milliseconds)
            .overloads(&["timestamp.() -> int", "timestamp.(string) -> int", "duration.() -> int"])
            .optionally(1),
    ],
    types: &[],
    macros: &[],
};

const NANOS_PER_MILLISECOND: i64 = 1_000_000;
const NANOS_PER_SECOND: i64 = 1_000_000_000;
const NANOS_PER_MINUTE: i64 = 60_000_000_000;
const NANOS_PER_HOUR: i64 = 3_600_000_000_000;

/// Calendar and clock in the zone that the call names.
fn civil(arguments: &Args<'_, '_>) -> Result<crate::value::Civil, Failure> {
    let Value::Timestamp(time) = arguments.value(0) else {
        return Err(Failure::Types);
    };
    let offset = if arguments.len() > 1 { offset(arguments.text(1)?, *time)? } else { 0 };
    Ok(time.civil(offset))
}

/// Seconds east of Greenwich in a zone at a time.
fn offset(zone: &str, time: Timestamp) -> Result<i64, EvalError> {
    let unknown = || EvalError::invalid(format!("unknown time zone {zone}"));
    if let Some((hours, minutes)) = zone.split_once(':') {
        let (hours, minutes): (i64, i64) =
            (hours.parse().map_err(|_| unknown())?, minutes.parse().map_err(|_| unknown())?);
        let hours = hours.checked_mul(60).ok_or_else(unknown)?;
        let total =
            if zone.starts_with('-') { hours.checked_sub(minutes) } else { hours.checked_add(minutes) };
        // No place on Earth is a week away, but the server's library takes what it is given.
        let total = total.filter(|minutes| minutes.abs() <= 7 * 24 * 60).ok_or_else(unknown)?;
        return total.checked_mul(60).ok_or_else(unknown);
    }
    if zone.is_empty() || zone == "UTC" {
        return Ok(0);
    }
    let found = TimeZone::get(zone).map_err(|_| unknown())?;
    // Names differ by case on the server.
    if found.iana_name() != Some(zone) {
        return Err(unknown());
    }
    // The last days of year 9999 are beyond the library's range; no rule of a zone changes there.
    let instant = jiff::Timestamp::from_second(time.seconds()).unwrap_or(jiff::Timestamp::MAX);
    Ok(i64::from(found.to_offset(instant).seconds()))
}

fn full_year<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    Ok(Value::Int(civil(arguments)?.year))
}

fn month<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    Ok(Value::Int(civil(arguments)?.month.saturating_sub(1)))
}

fn date<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    Ok(Value::Int(civil(arguments)?.day))
}

fn day_of_month<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    Ok(Value::Int(civil(arguments)?.day.saturating_sub(1)))
}

fn day_of_week<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    Ok(Value::Int(civil(arguments)?.weekday))
}

fn day_of_year<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    Ok(Value::Int(civil(arguments)?.day_of_year))
}

/// How many whole units a count of nanoseconds has, by way of a double as the server computes it: the last
/// digits of a long span can round up.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "292 years of the smallest unit are within the range of an int"
)]
fn whole_units(nanos: i64, unit: i64) -> i64 {
    if unit == NANOS_PER_MILLISECOND {
        return nanos.checked_div(unit).unwrap_or(0);
    }
    let whole = nanos.checked_div(unit).unwrap_or(0) as f64;
    let rest = nanos.checked_rem(unit).unwrap_or(0) as f64;
    (whole + rest / unit as f64) as i64
}

/// So many whole units of a duration, or a part of the clock.
fn part<'a>(
    arguments: &Args<'_, 'a>,
    unit: i64,
    of: impl Fn(crate::value::Civil) -> i64,
) -> Result<Value<'a>, Failure> {
    match arguments.value(0) {
        Value::Duration(duration) if arguments.len() == 1 => Ok(Value::Int(whole_units(duration.0, unit))),
        _ => Ok(Value::Int(of(civil(arguments)?))),
    }
}

fn hours<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    part(arguments, NANOS_PER_HOUR, |civil| civil.hour)
}

fn minutes<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    part(arguments, NANOS_PER_MINUTE, |civil| civil.minute)
}

fn seconds<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    part(arguments, NANOS_PER_SECOND, |civil| civil.second)
}

fn milliseconds<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    let nanos = match arguments.value(0) {
        Value::Timestamp(time) => i64::from(time.nanos()),
        _ => 0,
    };
    part(arguments, NANOS_PER_MILLISECOND, |_| nanos.checked_div(NANOS_PER_MILLISECOND).unwrap_or(0))
}
