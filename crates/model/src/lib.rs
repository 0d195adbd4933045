//! The words that every part of Bulkhead shares: what a finding is, what it is about, what was
//! looked at and what could not be judged.
//!
//! Nothing here knows a wire format beyond serde's derives, reads a file or asks for the time.

mod coverage;
mod exception;
mod finding;
mod fingerprint;
mod gate;
mod run;
mod severity;
mod standard;
mod subject;

pub use coverage::{Coverage, Gap, GapKind, LookedAt, Note, Place, Skipped};
pub use exception::{Excepted, Exception, Said, Scope, Until};
pub use finding::{Analysis, Excerpt, Finding, Location};
pub use fingerprint::{
    Fingerprint, FingerprintError, Fingerprints, Identity, ImageIdentity, WorkloadFingerprints,
};
pub use gate::{Gate, Verdict};
pub use run::{Input, PolicyPack, Run};
pub use severity::{Severity, UnknownSeverity};
pub use standard::{ControlResult, ControlState, StandardResult, Unjudged, Why};
pub use subject::{Endpoint, IdentityKind, Namespace, ObjectRef, Subject, Workload};
