//! What somebody decided to live with, for how long, and why.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// How long an exception holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Until {
    /// Up to and including this day (UTC).
    Date(Date),
    /// Until a fix exists.
    Fixable,
}

/// What an exception covers. An empty list leaves that side open; names may hold `*`.
///
/// All sides must hold. A finding that lacks a side (an object has no package) is not covered by an exception
/// that names one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Scope {
    /// Check ids or aliases.
    pub checks: Vec<Arc<str>>,
    /// Kinds of objects.
    pub kinds: Vec<Arc<str>>,
    /// Namespaces.
    pub namespaces: Vec<Arc<str>>,
    /// Names of objects or workloads.
    pub names: Vec<Arc<str>>,
    /// Names of containers.
    pub containers: Vec<Arc<str>>,
    /// Labels that the object has; a value may hold `*`.
    pub labels: BTreeMap<Arc<str>, Arc<str>>,
    /// Image repositories.
    pub images: Vec<Arc<str>>,
    /// Package URLs, with or without version.
    pub packages: Vec<Arc<str>>,
    /// Vulnerability ids.
    pub vulnerabilities: Vec<Arc<str>>,
    /// Fingerprints.
    pub fingerprints: Vec<Arc<str>>,
}

/// A decision to live with findings: who, why, how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exception {
    /// Its name.
    pub name: Arc<str>,
    /// What it covers.
    pub scope: Scope,
    /// Who answers for it.
    pub owner: Arc<str>,
    /// Why it is right.
    pub reason: Arc<str>,
    /// A ticket or page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Arc<str>>,
    /// How long it holds.
    pub until: Until,
}

/// Who said that a finding may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Said {
    /// Whoever runs the check: a file beside what is judged.
    #[default]
    Central,
    /// What is judged says it of itself.
    Tree,
}

/// What a finding says of the exception that covers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Excepted {
    /// The exception's name.
    pub by: Arc<str>,
    /// Who answers for it; nobody for a peer's annotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Arc<str>>,
    /// Why.
    pub reason: Arc<str>,
    /// How long it holds, where it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Until>,
    /// A ticket or page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Arc<str>>,
    /// Who said it.
    #[serde(default)]
    pub said: Said,
}

impl Until {
    /// Whether it still holds on a day; what ends with a fix holds on every day.
    pub fn holds_on(self, day: Date) -> bool {
        match self {
            Self::Date(last) => day <= last,
            Self::Fixable => true,
        }
    }
}

impl Exception {
    /// Whether it still holds on a day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.until.holds_on(day)
    }

    /// What a finding says of it.
    pub fn excepted(&self, said: Said) -> Excepted {
        Excepted {
            by: self.name.clone(),
            owner: Some(self.owner.clone()),
            reason: self.reason.clone(),
            until: Some(self.until),
            link: self.link.clone(),
            said,
        }
    }
}

#[test]
fn the_last_day_still_counts() {
    let until = Until::Date(jiff::civil::date(2026, 11, 30));
    let exception = Exception {
        name: "x".into(),
        scope: Scope::default(),
        owner: "o".into(),
        reason: "r".into(),
        link: None,
        until,
    };
    assert!(exception.holds_on(jiff::civil::date(2026, 11, 30)));
    assert!(!exception.holds_on(jiff::civil::date(2026, 12, 1)));
    assert_eq!(serde_json::to_string(&until).unwrap(), r#"{"date":"2026-11-30"}"#);
}
