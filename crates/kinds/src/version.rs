//! The versions of Kubernetes whose facts are built in: the supported window, stated once.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// The minor versions that can be asked for. The facts come from releases 1.31.0, 1.33.5, 1.34.1,
/// 1.35.8 and 1.36.3; 1.32 has those of 1.33 (see `testbed/kinds/pack`), except for when a kind came
/// and went, which is exact.
pub const SUPPORTED: RangeInclusive<u32> = 31..=36;

/// A minor version of Kubernetes: `Minor(35)` is 1.35.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minor(pub u32);

impl Minor {
    /// The newest supported version, which is the default everywhere.
    pub const NEWEST: Self = Self(*SUPPORTED.end());

    /// Whether its facts are built in.
    pub fn is_supported(self) -> bool {
        SUPPORTED.contains(&self.0)
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

/// Text that is no version such as `1.35`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAMinor(pub String);

impl fmt::Display for NotAMinor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no Kubernetes version such as {}", self.0, Minor::NEWEST)
    }
}

impl std::error::Error for NotAMinor {}

impl FromStr for Minor {
    type Err = NotAMinor;

    /// Reads `1.35`, `v1.35` or a release such as `v1.35.8`; whether it is supported is not asked.
    fn from_str(text: &str) -> Result<Self, NotAMinor> {
        let mut parts = text.strip_prefix('v').unwrap_or(text).splitn(3, '.');
        let minor = match (parts.next(), parts.next()) {
            (Some("1"), Some(minor)) => minor.parse().ok(),
            _ => None,
        };
        minor.map(Self).ok_or_else(|| NotAMinor(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_as_people_write_them() {
        for text in ["1.35", "v1.35", "1.35.8", "v1.35.8-gke.1"] {
            assert_eq!(text.parse(), Ok(Minor(35)), "{text}");
        }
        for text in ["", "35", "1", "2.35", "1.x", "latest"] {
            assert_eq!(text.parse::<Minor>(), Err(NotAMinor(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn the_window_is_whole() {
        assert!(SUPPORTED.into_iter().all(|minor| Minor(minor).is_supported()));
        assert!(Minor::NEWEST.is_supported());
        assert!(!Minor(30).is_supported());
    }
}
