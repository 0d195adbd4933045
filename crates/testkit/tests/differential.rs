//! Random cases, judged by us and by Kubernetes' own libraries.
//!
//! Each comparison has a kept file in `differential/` that lists where we differ on purpose.

#[path = "differential/cel.rs"]
mod cel;
#[path = "differential/definitions.rs"]
mod definitions;
#[path = "differential/estimate.rs"]
mod estimate;
#[path = "differential/excepted.rs"]
mod excepted;
#[path = "differential/export.rs"]
mod export;
#[path = "differential/kinds.rs"]
mod kinds;
#[path = "differential/kyverno.rs"]
mod kyverno;
#[path = "differential/kyverno_pods.rs"]
mod kyverno_pods;
#[path = "differential/mutations.rs"]
mod mutations;
#[path = "differential/native.rs"]
mod native;
#[path = "differential/pods.rs"]
mod pods;
#[path = "differential/protocol.rs"]
mod protocol;
#[path = "differential/typed.rs"]
mod typed;
#[path = "differential/vap.rs"]
mod vap;
#[path = "differential/yaml.rs"]
mod yaml;

use bulkhead_testkit::differential::{Comparison, run};

/// Runs a comparison; anything that differs and is not listed fails it.
fn hold<C: Comparison>(comparison: &C, count: usize, kept: &str) {
    let outcome = run(comparison, count, kept);
    assert_eq!(outcome.failed, 0, "differences that are not listed\n{}", outcome.report);
}
