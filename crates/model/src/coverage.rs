//! What an analysis looked at, what it left out by design, and what it could not judge.
//!
//! Unknown is never clean: a result without its coverage means nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A gap's stable kind. New ones are one line in [`GapKind::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GapKind(&'static str);

macro_rules! gap_kinds {
    ($($name:ident $word:literal $meaning:literal)*) => {
        impl GapKind {
            $(#[doc = $meaning] pub const $name: Self = Self($word);)*
            /// Every kind with its meaning, for help texts and documentation.
            pub const ALL: &'static [(Self, &'static str)] = &[$((Self::$name, $meaning)),*];
        }
    };
}

gap_kinds! {
    UNREADABLE_FILE "unreadable-file" "A file or folder could not be opened or read."
    NOT_A_FILE "not-a-file" "A path is a FIFO, a socket, a device or a loop of links."
    NOT_TEXT "not-text" "A file is not UTF-8 text."
    DAMAGED_DOCUMENT "damaged-document" "A document is no valid YAML or JSON."
    LIMIT_REACHED "limit-reached" "A file or document is larger, deeper or more repetitive than is safe to read."
    UNKNOWN_KIND "unknown-kind" "Kubernetes' own API group has no such kind in the version judged for."
    INVALID_OBJECT "invalid-object" "A document has apiVersion or kind, but is no object the API server would take."
    UNDECODABLE_FIELD "undecodable-field" "A field holds a value of the wrong type; what is below it was not judged."
    IGNORED_TEXT "ignored-text" "Text that stands after a document's value; Kubernetes drops it without a word."
    UNDECIDED_POLICY "undecided-policy" "A policy needs something that this source does not tell."
    FAILED_POLICY "failed-policy" "A policy ended in an error or went over its budget on an object."
    TIMEOUT "timeout" "The time allowed was over before everything was judged."
    RESULTS_LEFT_OUT "results-left-out" "A format holds fewer results than were found; the least severe were left out."
    HELM_MISSING "helm-missing" "A chart was found, and helm, which would render it, is not installed."
    KUSTOMIZE_MISSING "kustomize-missing" "A kustomization was found, and neither kustomize nor kubectl is installed."
    REMOTE_DEPENDENCY "remote-dependency" "A chart or kustomization needs something that would have to be fetched."
    NOT_RENDERED "not-rendered" "A chart or kustomization could not be rendered."
    NOTHING_JUDGED "nothing-judged" "A path that was named holds nothing that could be judged."
}

impl GapKind {
    /// The word used in reports and on the command line.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for GapKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl FromStr for GapKind {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|(kind, _)| kind.0 == word);
        found.map(|(kind, _)| *kind).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|(kind, _)| kind.0).collect();
            format!("{word:?} is no kind of gap; known are {}", known.join(", "))
        })
    }
}

impl Serialize for GapKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for GapKind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Where something stands, as far as that is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The file, `-` for standard input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Arc<str>>,
    /// Which document of the file, from 0 (orders a report; not part of it).
    #[serde(skip)]
    pub document: u32,
    /// Line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column in characters, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// The object, such as `Deployment shop/cart`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<Arc<str>>,
    /// The field within the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Arc<str>>,
}

/// `deploy/cart.yaml:12:5`, or the object where there is no file.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, &self.object) {
            (Some(file), _) => {
                f.write_str(file)?;
                self.line.iter().try_for_each(|line| write!(f, ":{line}"))?;
                self.column.iter().try_for_each(|column| write!(f, ":{column}"))
            }
            (None, Some(object)) => f.write_str(object),
            (None, None) => f.write_str("the whole run"),
        }
    }
}

/// Something that was asked for and could not be judged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Gap {
    /// Its stable kind.
    pub kind: GapKind,
    /// Where.
    #[serde(default)]
    pub place: Place,
    /// The checks it affects; empty means all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Arc<str>>,
    /// What happened, in a clear sentence without its full stop.
    pub message: Arc<str>,
}

/// Something worth saying that is no gap: a chart that was not rendered, an option that did nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Note {
    /// A stable word for it, such as `chart-not-rendered`.
    pub kind: Arc<str>,
    /// Where.
    #[serde(default)]
    pub place: Place,
    /// In a sentence without its full stop.
    pub message: Arc<str>,
}

/// How much was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LookedAt {
    /// Files read.
    pub files: u64,
    /// Documents in them.
    pub documents: u64,
    /// Kubernetes objects among them that were judged.
    pub objects: u64,
    /// Objects among those that run Pods.
    pub workloads: u64,
    /// Policies that were judged.
    pub policies: u64,
}

/// What was left out by design, counted by reason (`not-kubernetes`, `template`, `ignored` …).
pub type Skipped = BTreeMap<Arc<str>, u64>;

/// What a result rests on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Coverage {
    /// How much was looked at.
    pub looked_at: LookedAt,
    /// What was left out by design.
    pub skipped: Skipped,
    /// What is worth saying.
    pub notes: Vec<Note>,
    /// What could not be judged.
    pub gaps: Vec<Gap>,
    /// Kinds of the objects that were judged, where somebody asked for them (no part of a report).
    #[serde(skip)]
    pub kinds: std::collections::BTreeSet<Arc<str>>,
}

impl Coverage {
    /// Counts something that was left out by design.
    pub fn skip(&mut self, reason: &str) {
        match self.skipped.get_mut(reason) {
            Some(count) => *count += 1,
            None => _ = self.skipped.insert(reason.into(), 1),
        }
    }

    /// Joins another one to this. `policies` is the greater of the two: both were judged by the same pack.
    pub fn extend(&mut self, other: Self) {
        self.looked_at.files += other.looked_at.files;
        self.looked_at.documents += other.looked_at.documents;
        self.looked_at.objects += other.looked_at.objects;
        self.looked_at.workloads += other.looked_at.workloads;
        self.looked_at.policies = self.looked_at.policies.max(other.looked_at.policies);
        for (reason, count) in other.skipped {
            *self.skipped.entry(reason).or_default() += count;
        }
        self.notes.extend(other.notes);
        self.gaps.extend(other.gaps);
        self.kinds.extend(other.kinds);
    }
}
