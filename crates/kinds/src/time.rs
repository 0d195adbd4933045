//! Times as `metav1.Time` and `metav1.MicroTime` print them: in UTC, to the second or microsecond.
//!
//! Source: apimachinery, pkg/apis/meta/v1/time.go and `micro_time.go` (RFC 3339 in, RFC 3339 out).

/// The canonical form of a time, which must have six digits behind the second where micros are kept; `None` where it is no RFC 3339 time.
pub(crate) fn canonical(text: &str, micros: bool) -> Option<String> {
    let (date, rest) = text.split_once('T')?;
    let mut parts = date.split('-');
    let (year, month, day) =
        (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let zone_at = rest.find(['Z', '+', '-'])?;
    let (clock, zone) = rest.split_at_checked(zone_at)?;
    let (clock, fraction) = match clock.split_once(['.', ',']) {
        Some((_, "")) => return None,
        Some((clock, fraction)) => (clock, fraction),
        None => (clock, ""),
    };
    let mut clock = clock.split(':');
    let (hour, minute, second) =
        (digits(clock.next()?, 2)?, digits(clock.next()?, 2)?, digits(clock.next()?, 2)?);
    let whole = parts.next().is_none()
        && clock.next().is_none()
        && (!micros || fraction.len() == 6)
        && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let within = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
    if !whole || !within || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = day_number(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset(zone)?;
    let (year, month, day) = date_of(seconds.div_euclid(86_400));
    let rest = seconds.rem_euclid(86_400);
    let clock = format!("{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60);
    let fraction = if micros { format!(".{fraction}") } else { String::new() };
    Some(format!("{year:04}-{month:02}-{day:02}T{clock}{fraction}Z"))
}

/// Whether a canonical time is the first moment of year 1, Go's zero.
pub(crate) fn is_zero(canonical: &str) -> bool {
    let fraction = canonical.strip_prefix("0001-01-01T00:00:00").and_then(|rest| rest.strip_suffix('Z'));
    fraction.is_some_and(|fraction| fraction.trim_start_matches('.').bytes().all(|digit| digit == b'0'))
}

fn digits(text: &str, count: usize) -> Option<i64> {
    let right = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if right { text.parse().ok() } else { None }
}

/// Seconds east of UTC.
fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    (hours <= 24 && minutes <= 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the Gregorian calendar (years begin in March, so that a leap day is last).
fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn date_of(day_number: i64) -> (i64, i64, i64) {
    let shifted = day_number + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn times_are_printed_in_utc() {
        for (text, wanted) in [
            ("2024-02-29T23:30:00+01:00", "2024-02-29T22:30:00Z"),
            ("2024-01-01T00:30:00+01:00", "2023-12-31T23:30:00Z"),
            ("2024-12-31T23:30:00-01:30", "2025-01-01T01:00:00Z"),
            ("2024-01-01T00:00:00.999Z", "2024-01-01T00:00:00Z"),
            ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(canonical(text, false).as_deref(), Some(wanted), "{text}");
        }
        let micros = |text| canonical(text, true);
        assert_eq!(micros("2024-01-01T00:00:00.500000Z").as_deref(), Some("2024-01-01T00:00:00.500000Z"));
        assert_eq!(micros("2024-01-01T00:00:00.5Z"), None);
        assert_eq!(micros("2024-01-01T00:00:00Z"), None);
    }

    #[test]
    fn what_is_no_time() {
        for text in
            ["", "2024-01-01", "2024-13-01T00:00:00Z", "2023-02-29T00:00:00Z", "2024-01-01T00:00:00", "é"]
        {
            assert_eq!(canonical(text, false), None, "{text:?}");
        }
    }
}
