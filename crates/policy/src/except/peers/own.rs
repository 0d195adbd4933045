//! Our own annotation.
//!
//! ```yaml
//! bulkhead.dev/except: "host-network: reads the node's own sockets"    # several: one a line
//! bulkhead.dev/except-owner: platform@example
//! bulkhead.dev/except-until: 2027-01-31
//! ```
//!
//! Without a reason it is refused. It reads like a sentence and needs no numbering, as keys with the check's
//! name in them would need for a container (`CHECK in CONTAINER: reason`) or several checks.

use bulkhead_model::Until;

use super::super::marks::{Mark, nothing};
use super::{Peer, day, names};

/// As checks of ours are looked up.
pub const NAME: &str = "bulkhead";
const KEY: &str = "bulkhead.dev/except";
const OWNER: &str = "bulkhead.dev/except-owner";
const UNTIL: &str = "bulkhead.dev/except-until";

pub(super) const OWN: Peer =
    Peer { name: NAME, words: &[KEY], annotation, settle, comment: nothing, files: &[] };

fn annotation(key: &str, value: &str) -> Vec<Mark> {
    if key != KEY {
        return Vec::new();
    }
    value.lines().map(str::trim).filter(|line| !line.is_empty()).map(line).collect()
}

fn line(line: &str) -> Mark {
    let (what, reason) = line.split_once(':').unwrap_or((line, ""));
    let (checks, container) = match what.split_once(" in ") {
        Some((checks, container)) => (checks, Some(container.trim().to_owned())),
        None => (what, None),
    };
    let checks = names(checks);
    let mut mark = Mark::new(NAME, KEY, checks).because(reason);
    mark.container = container;
    if mark.checks.is_empty() {
        mark.problem = Some("names no check; expected `CHECK: REASON`".to_owned());
    } else if mark.reason.is_none() {
        mark.problem = Some("has no reason; expected `CHECK: REASON`".to_owned());
    }
    mark.checks.retain(|check| check != "*");
    mark
}

fn settle<'a>(marks: &mut [Mark], get: &dyn Fn(&str) -> Option<&'a str>) {
    for mark in marks {
        mark.owner = get(OWNER).map(str::trim).filter(|owner| !owner.is_empty()).map(Into::into);
        if let Some(text) = get(UNTIL) {
            mark.until = match text.trim() {
                "fixable" => Some(Until::Fixable),
                text => day(text).map(Until::Date),
            };
            if mark.until.is_none() {
                let message =
                    format!("{UNTIL}: expected a day such as 2027-01-31, or fixable, found {text:?}");
                mark.problem.get_or_insert(message);
            }
        }
    }
}

#[test]
fn lines_of_an_annotation() {
    let marks = annotation(KEY, "host-network, host-ports in agent: reads: sockets\nprivileged-container\n");
    assert_eq!(marks[0].checks, ["host-network", "host-ports"]);
    assert_eq!(marks[0].container.as_deref(), Some("agent"));
    assert_eq!(marks[0].reason.as_deref(), Some("reads: sockets"));
    assert!(marks[1].problem.as_deref().unwrap().contains("no reason"));
}
