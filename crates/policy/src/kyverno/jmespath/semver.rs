//! Versions and ranges of them, as github.com/blang/semver/v4 reads them.

use std::cmp::Ordering;

/// A version of semver.org 2.0; what stands behind `+` does not count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Version {
    numbers: [u64; 3],
    before: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u64),
    Text(String),
}

fn number(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (plain && (text == "0" || !text.starts_with('0'))).then(|| text.parse().ok()).flatten()
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

impl Version {
    /// Reads a version: three numbers, and what may follow them.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
        if build.is_some_and(|build| !build.split('.').all(is_identifier)) {
            return None;
        }
        let (numbers, before) =
            text.split_once('-').map_or((text, None), |(numbers, before)| (numbers, Some(before)));
        let mut parts = numbers.split('.').map(number);
        let numbers = [parts.next()??, parts.next()??, parts.next()??];
        if parts.next().is_some() {
            return None;
        }
        let part = |text: &str| {
            if text.bytes().all(|byte| byte.is_ascii_digit()) {
                number(text).map(Part::Number)
            } else {
                is_identifier(text).then(|| Part::Text(text.to_owned()))
            }
        };
        let before = before.map_or(Some(Vec::new()), |before| before.split('.').map(part).collect())?;
        Some(Self { numbers, before })
    }

    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| {
            match (self.before.is_empty(), other.before.is_empty()) {
                (true, true) => Ordering::Equal,
                // What comes before a release is smaller than it.
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => self.before.cmp(&other.before),
            }
        })
    }
}

/// A range: alternatives of bounds that all hold.
#[derive(Debug)]
pub(crate) struct Range(Vec<Vec<(String, Version)>>);

impl Range {
    /// Reads a range: `>=1.2.0 <2.0.0 || 3.x`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let parts = pieces(text);
        let mut alternatives = vec![Vec::new()];
        for part in &parts {
            if part == "||" {
                if alternatives.last().is_none_or(Vec::is_empty) && alternatives.len() == 1 {
                    return Err("First element in range is '||'".to_owned());
                }
                alternatives.push(Vec::new());
                continue;
            }
            if let Some(bounds) = alternatives.last_mut() {
                bound(part, bounds)?;
            }
        }
        if parts.is_empty() || parts.last().is_some_and(|part| part == "||") {
            return Err("Last element in range is '||'".to_owned());
        }
        Ok(Self(alternatives))
    }

    /// Whether a version is in it.
    pub(crate) fn holds(&self, version: &Version) -> bool {
        let holds = |(sign, bound): &(String, Version)| {
            let order = version.compare(bound);
            match sign.as_str() {
                ">" => order.is_gt(),
                ">=" => order.is_ge(),
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                "!" | "!=" => order.is_ne(),
                _ => order.is_eq(),
            }
        };
        self.0.iter().any(|bounds| !bounds.is_empty() && bounds.iter().all(holds))
    }
}

/// Split at spaces, but for those behind a sign; pieces of one letter at most are left out.
fn pieces(text: &str) -> Vec<String> {
    let (mut found, mut last, mut before) = (Vec::new(), 0, 0_u8);
    for (at, byte) in text.bytes().enumerate() {
        if byte == b' ' && !matches!(before, b'>' | b'<' | b'=') {
            if last + 1 < at {
                found.extend(text.get(last..at));
            }
            last = at + 1;
        } else if byte != b' ' {
            before = byte;
        }
    }
    if last + 1 < text.len() {
        found.extend(text.get(last..));
    }
    found.into_iter().map(|piece| piece.replace(' ', "")).collect()
}

fn bound(piece: &str, bounds: &mut Vec<(String, Version)>) -> Result<(), String> {
    let wrong = || format!("Could not get version from string: {piece:?}");
    let start = piece.find(|letter: char| letter.is_numeric()).ok_or_else(wrong)?;
    let (sign, version) = piece.split_at_checked(start).ok_or_else(wrong)?;
    let parse = |text: &str| Version::parse(text).ok_or_else(|| format!("Could not parse version {text:?}"));
    if !matches!(sign, "" | "=" | "==" | ">" | ">=" | "<" | "<=" | "!" | "!=") {
        return Err(format!("Could not parse comparator {sign:?}"));
    }
    if !version.contains('x') {
        bounds.push((sign.to_owned(), parse(version)?));
        return Ok(());
    }
    let flat = version.replacen(".x.x", ".x", 1).replacen(".x", ".0", 1);
    let parts = version.split('.').count();
    let is_open = version.rsplit('.').next() == Some("x");
    let flat = if flat.split('.').count() == 2 { format!("{flat}.0") } else { flat };
    let low = parse(&flat)?;
    let mut high = low.clone();
    match (is_open, parts) {
        (true, 2) => high.numbers[0] = high.numbers[0].saturating_add(1),
        (true, 3) => high.numbers[1] = high.numbers[1].saturating_add(1),
        _ => return Err(format!("Could not parse version {version:?}")),
    }
    let own = |sign: &str, version: Version| (sign.to_owned(), version);
    match sign {
        ">" => bounds.push(own(">=", high)),
        ">=" => bounds.push(own(">=", low)),
        "<" => bounds.push(own("<", low)),
        "<=" => bounds.push(own("<", high)),
        "!" | "!=" => bounds.extend([own("<", low), own(">=", high)]),
        _ => bounds.extend([own(">=", low), own("<", high)]),
    }
    Ok(())
}

#[test]
fn ranges_as_the_library_has_them() {
    for (range, version, wanted) in [
        (">=1.2.0 <2.0.0", "1.9.9", true),
        (">=1.2.0 <2.0.0 || 3.x", "3.4.0", true),
        ("1.x", "2.0.0", false),
        ("!1.0.0", "1.0.0", false),
        ("> 1.0.0-alpha", "1.0.0", true),
    ] {
        let version = Version::parse(version).unwrap();
        assert_eq!(Range::parse(range).unwrap().holds(&version), wanted, "{range}");
    }
    assert!(Range::parse("|| 1.0.0").is_err());
    assert!(Version::parse("1.2").is_none());
}
