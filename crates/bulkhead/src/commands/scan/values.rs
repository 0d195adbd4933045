//! Values of flags, as people write them.

use std::str::FromStr;
use std::time::Duration;

use bulkhead_kinds::{Minor, SUPPORTED};
use bulkhead_model::{GapKind, Severity};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// A severity, or `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FailOn(pub(super) Option<Severity>);

impl FromStr for FailOn {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        if word.eq_ignore_ascii_case("none") {
            return Ok(Self(None));
        }
        let severity = word.parse::<Severity>();
        severity.map(|severity| Self(Some(severity))).map_err(|error| format!("{error}, or none"))
    }
}

/// A kind of gaps, or `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gaps {
    All,
    Of(GapKind),
}

impl FromStr for Gaps {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        if word == "all" { Ok(Self::All) } else { gap(word).map(Self::Of) }
    }
}

pub(super) fn gap(word: &str) -> Result<GapKind, String> {
    word.parse()
}

/// A version whose facts are built in.
pub(crate) fn minor(text: &str) -> Result<Minor, String> {
    let minor: Minor = text.parse().map_err(|error: bulkhead_kinds::NotAMinor| error.to_string())?;
    if minor.is_supported() {
        Ok(minor)
    } else {
        Err(format!("supported are 1.{} to 1.{}", SUPPORTED.start(), SUPPORTED.end()))
    }
}

/// A day (its first moment in UTC), or a moment.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    let day = || {
        text.parse::<Date>()
            .and_then(|day| day.to_zoned(TimeZone::UTC))
            .map(|day| day.timestamp())
    };
    let moment = text.parse::<Timestamp>().or_else(|_| day());
    moment
        .map_err(|_| "expected a day such as 2026-11-30, or a moment such as 2026-11-30T12:00:00Z".to_owned())
}

/// `30s`, `5m`, `1h30m`; a number alone is seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "expected a duration such as 30s or 5m".to_owned();
    if let Ok(seconds) = text.parse::<u32>() {
        return Ok(Duration::from_secs(seconds.into()));
    }
    let duration: SignedDuration = text.parse().map_err(|_| wrong())?;
    Duration::try_from(duration).map_err(|_| wrong())
}

#[test]
fn values_as_people_write_them() {
    assert_eq!(duration("30").unwrap(), duration("30s").unwrap());
    assert_eq!(duration("1h30m").unwrap(), Duration::from_mins(90));
    assert!(duration("soon").is_err() && duration("-5s").is_err());
    assert_eq!(moment("2026-11-30").unwrap(), moment("2026-11-30T00:00:00Z").unwrap());
    assert!(moment("tomorrow").unwrap_err().contains("2026-11-30"));
    assert_eq!("none".parse::<FailOn>().unwrap().0, None);
    assert!("bad".parse::<FailOn>().unwrap_err().ends_with(", or none"));
    assert_eq!("all".parse::<Gaps>(), Ok(Gaps::All));
    assert!(minor("1.12").unwrap_err().starts_with("supported are 1."));
}
