//! One name for one problem, in the repository, at admission and in the cluster.
//!
//! `v1:` and 40 hexadecimal digits. The first 32 are a hash (SHA-256, cut) over check, workload kind
//! and name, and the path; the last 8 a hash of the namespace. A namespace that the source leaves open
//! has a value of its own there, and matches any other: the same manifest is one problem before and
//! after somebody chose where to apply it.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{Namespace, Workload};

/// What a problem in an object is told apart by.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'a> {
    /// The check's id.
    pub check: &'a str,
    /// The workload, or the object itself where there is none.
    pub workload: &'a Workload,
    /// The path relative to the Pod template (or the object), list-map keys instead of indexes:
    /// `spec.containers[name=web].ports[containerPort=80,protocol=TCP].hostPort`.
    pub path: &'a str,
}

/// What a problem in an image is told apart by.
#[derive(Debug, Clone, Copy)]
pub struct ImageIdentity<'a> {
    /// The check's id.
    pub check: &'a str,
    /// The repository without tag and digest.
    pub repository: &'a str,
    /// The package without version; empty where none is meant.
    pub package: &'a str,
    /// The vulnerability, or what else is found.
    pub vulnerability: &'a str,
}

/// The name of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint {
    problem: u128,
    namespace: u32,
}

const UNKNOWN_NAMESPACE: u32 = 0;
const CLUSTER: u32 = 1;

impl Fingerprint {
    /// The name of a problem in an object.
    pub fn of(identity: Identity<'_>) -> Self {
        let Identity { check, workload, path } = identity;
        WorkloadFingerprints::of(workload).name(check, path)
    }

    /// The name of a problem in an image.
    pub fn of_image(identity: ImageIdentity<'_>) -> Self {
        let ImageIdentity { check, repository, package, vulnerability } = identity;
        Self { problem: hash(&["image", check, repository, package, vulnerability]), namespace: CLUSTER }
    }

    /// The name of a problem in something else: its parts in a fixed order.
    pub fn of_parts(kind: &str, parts: &[&str]) -> Self {
        let all: Vec<&str> = std::iter::once(kind).chain(parts.iter().copied()).collect();
        Self { problem: hash(&all), namespace: CLUSTER }
    }

    /// Whether two names can mean the same problem: equal, or equal but for an open namespace.
    pub fn matches(self, other: Self) -> bool {
        let open = self.namespace == UNKNOWN_NAMESPACE || other.namespace == UNKNOWN_NAMESPACE;
        let cluster = self.namespace == CLUSTER || other.namespace == CLUSTER;
        self.problem == other.problem && (self.namespace == other.namespace || open && !cluster)
    }
}

/// Names of problems, to look others up in by [`Fingerprint::matches`].
#[derive(Debug, Clone, Default)]
pub struct Fingerprints(HashMap<u128, Vec<u32>>);

impl Fingerprints {
    /// Adds a name.
    pub fn insert(&mut self, name: Fingerprint) {
        let namespaces = self.0.entry(name.problem).or_default();
        if !namespaces.contains(&name.namespace) {
            namespaces.push(name.namespace);
        }
    }

    /// Whether one of them can mean the same problem.
    pub fn holds(&self, name: Fingerprint) -> bool {
        let known = |namespace: &u32| name.matches(Fingerprint { namespace: *namespace, ..name });
        self.0.get(&name.problem).is_some_and(|namespaces| namespaces.iter().any(known))
    }
}

/// Names problems of one workload, of which there may be many.
#[derive(Debug, Clone, Copy)]
pub struct WorkloadFingerprints<'a> {
    workload: &'a Workload,
    namespace: u32,
}

impl<'a> WorkloadFingerprints<'a> {
    /// Those of a workload, or of an object that runs no Pods.
    pub fn of(workload: &'a Workload) -> Self {
        let namespace = match &workload.namespace {
            Namespace::Unknown => UNKNOWN_NAMESPACE,
            Namespace::Cluster => CLUSTER,
            Namespace::Named(name) => hash_namespace(name),
        };
        Self { workload, namespace }
    }

    /// The name of a problem; the path is [`Identity::path`].
    pub fn name(&self, check: &str, path: &str) -> Fingerprint {
        let Workload { kind, name, namespace: _ } = self.workload;
        Fingerprint { problem: hash(&["object", check, kind, name, path]), namespace: self.namespace }
    }
}

/// SHA-256 over the parts, each with its length before it, cut to 128 bits.
fn hash(parts: &[&str]) -> u128 {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().iter().take(16).fold(0, |sum, byte| sum << 8 | u128::from(*byte))
}

/// Never one of the two values with a meaning of their own.
fn hash_namespace(name: &str) -> u32 {
    let hashed = hash(&["namespace", name]) & 0xffff_ffff;
    u32::try_from(hashed).unwrap_or(u32::MAX).max(CLUSTER + 1)
}

impl Fingerprint {
    /// `v1:` and the digits, as ASCII: a report writes as many of these as it has findings.
    pub fn to_ascii(self) -> [u8; 43] {
        let mut text = *b"v1:0000000000000000000000000000000000000000";
        for (digit, place) in text.iter_mut().skip(3).zip((0..32).rev()) {
            *digit = HEXADECIMAL[(self.problem >> (4 * place) & 0xf) as usize];
        }
        for (digit, place) in text.iter_mut().skip(35).zip((0..8).rev()) {
            *digit = HEXADECIMAL[(self.namespace >> (4 * place) & 0xf) as usize];
        }
        text
    }
}

const HEXADECIMAL: [u8; 16] = *b"0123456789abcdef";

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(std::str::from_utf8(&self.to_ascii()).map_err(|_| fmt::Error)?)
    }
}

/// A text that is no fingerprint.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no fingerprint; expected v1: and 40 hexadecimal digits")]
pub struct FingerprintError(String);

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let digits = text.strip_prefix("v1:").filter(|digits| digits.len() == 40)?;
            let (problem, namespace) = digits.split_at_checked(32)?;
            Some(Self {
                problem: u128::from_str_radix(problem, 16).ok()?,
                namespace: u32::from_str_radix(namespace, 16).ok()?,
            })
        };
        parse().ok_or_else(|| FingerprintError(text.to_owned()))
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.to_ascii();
        serializer.serialize_str(std::str::from_utf8(&text).map_err(serde::ser::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(check: &str, namespace: Namespace, path: &str) -> Fingerprint {
        let workload = Workload { kind: "Deployment".into(), namespace, name: "cart".into() };
        Fingerprint::of(Identity { check, workload: &workload, path })
    }

    #[test]
    fn stays_what_it_was() {
        // A change here orphans every exception and ticket that names a fingerprint.
        let known = name("host-ports", Namespace::Named("shop".into()), "spec.hostNetwork").to_string();
        assert_eq!(known, "v1:b2cb65bf5da9cf5bd5da934157f5527ca567f503");
    }

    #[test]
    fn an_open_namespace_matches_any() {
        let (shop, blog) = (Namespace::Named("shop".into()), Namespace::Named("blog".into()));
        let open = name("a", Namespace::Unknown, "p");
        assert!(open.matches(name("a", shop.clone(), "p")) && name("a", blog.clone(), "p").matches(open));
        assert!(!name("a", shop.clone(), "p").matches(name("a", blog, "p")));
        assert!(!open.matches(name("b", shop.clone(), "p")) && !open.matches(name("a", shop, "q")));
    }

    #[test]
    fn looked_up_as_they_match() {
        let mut known = Fingerprints::default();
        known.insert(name("a", Namespace::Named("shop".into()), "p"));
        assert!(known.holds(name("a", Namespace::Named("shop".into()), "p")));
        assert!(known.holds(name("a", Namespace::Unknown, "p")));
        assert!(!known.holds(name("a", Namespace::Named("blog".into()), "p")));
        assert!(!known.holds(name("b", Namespace::Unknown, "p")));
    }

    #[test]
    fn reads_what_it_writes() {
        let written = name("a", Namespace::Unknown, "p");
        assert_eq!(written.to_string().parse::<Fingerprint>().unwrap(), written);
        for wrong in ["", "v1:", "v2:00", "v1:g", "v1:é23456789012345678901234567890123456789"] {
            assert!(wrong.parse::<Fingerprint>().is_err(), "{wrong}");
        }
    }
}
