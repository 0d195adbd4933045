//! Checks over several objects: what one object says of another, and what ought to be there and is not.
//!
//! Objects stream by; of each only [`Facts`] are kept: its record in the inventory, what it names, whom it
//! selects. When the last has come, [`judge`] asks the checks of [`checks::ALL`], one file each with its page
//! beside it. A check of absence says nothing of a source that is not whole; how often it would have is
//! counted ([`Judged::undecided`]).

mod cluster;
mod example;
mod facts;
mod findings;

pub mod checks;

pub use bulkhead_inventory::FileId;
pub use example::check_examples;
pub use facts::Facts;
pub use findings::{Found, Judged};

use cluster::Cluster;
use findings::Findings;

/// Judges what was gathered. The fates of checks (whether they were chosen, how severe they are) are settled by
/// the caller, who knows in which file each finding is.
///
/// Where something could not be read (`lost`), no source is whole.
pub fn judge(facts: Facts, lost: bool, wanted: &dyn Fn(&str) -> bool) -> Judged {
    let lost = lost || facts.is_full();
    let (builder, details, files) = facts.into_parts();
    let inventory = builder.finish();
    let mut findings = Findings::new(lost);
    let cluster = Cluster::new(&inventory, &details);
    for check in checks::ALL {
        if wanted(check.id) {
            findings.of(check);
            (check.run)(&cluster, &mut findings);
        }
    }
    drop(details);
    Judged::new(inventory, files, findings)
}
