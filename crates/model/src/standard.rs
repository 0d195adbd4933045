//! What came of the controls of a published standard.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

/// A standard, and what came of each of its controls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StandardResult {
    /// The word for it, such as `nsa-cisa`.
    pub id: Arc<str>,
    /// What it is called.
    pub title: Arc<str>,
    /// Its version; nothing of standards that are known only from policies.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub version: Arc<str>,
    /// All of its controls, in its order.
    pub controls: Vec<ControlResult>,
}

impl StandardResult {
    /// How many controls came to that.
    pub fn count(&self, state: ControlState) -> usize {
        self.controls.iter().filter(|control| control.state == state).count()
    }
}

/// What came of one control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ControlResult {
    /// As the standard numbers it.
    pub id: Arc<str>,
    /// What it is about, in our words.
    pub name: Arc<str>,
    /// What came of it.
    pub state: ControlState,
    /// The checks that speak to it.
    pub checks: Vec<Arc<str>>,
    /// What they found, without what is excepted.
    pub findings: u64,
    /// What exceptions cover of it.
    pub excepted: u64,
    /// Why it was not judged, or not by all of its checks.
    pub not_judged: Vec<Unjudged>,
    /// What else it asks for that no check looks at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beyond: Option<Arc<str>>,
}

impl ControlResult {
    /// What there is to say of it beside its state, in a line; empty where that is all.
    pub fn remark(&self) -> String {
        let mut parts = Vec::new();
        if self.findings > 0 {
            parts.push(format!("findings: {}", self.findings));
        }
        if self.excepted > 0 {
            parts.push(format!("excepted: {}", self.excepted));
        }
        parts.extend(self.not_judged.iter().map(|unjudged| unjudged.message.to_string()));
        if let (Some(beyond), true) = (&self.beyond, self.state == ControlState::Held) {
            parts.push(format!("not looked at: {beyond}"));
        }
        parts.join("; ")
    }
}

/// Whether a control holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ControlState {
    /// Every check that speaks to it was judged and found nothing that is not excepted.
    Held,
    /// A check found something.
    Failed,
    /// Nobody can tell.
    NotJudged,
}

impl fmt::Display for ControlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Held => "held",
            Self::Failed => "failed",
            Self::NotJudged => "not judged",
        })
    }
}

/// Why something was not judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unjudged {
    /// The sort of reason.
    pub why: Why,
    /// The checks that it keeps from judging; empty where there are none to speak of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Arc<str>>,
    /// In words.
    pub message: Arc<str>,
}

/// Sorts of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// No check of ours speaks to it.
    NoCheck,
    /// It takes something else than manifests: a host, a cluster, an organisation.
    NotInManifests,
    /// Its checks were left out.
    LeftOut,
    /// A gap touched it.
    Gap,
    /// Something may be missing, and nobody says that the source is whole.
    NotWhole,
    /// Nothing of the kind was there.
    NothingThere,
}
