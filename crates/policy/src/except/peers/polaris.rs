//! Polaris: `polaris.fairwinds.com/exempt`, `…/CHECK-exempt` and `…/CHECK.CONTAINER-exempt`, each `"true"`.
//!
//! <https://polaris.docs.fairwinds.com/customization/exemptions/>

use super::super::marks::{Mark, nothing, settled};
use super::{Peer, is_true};

const NAME: &str = "polaris";
const PREFIX: &str = "polaris.fairwinds.com/";

pub(super) const POLARIS: Peer =
    Peer { name: NAME, words: &[PREFIX], annotation, settle: settled, comment: nothing, files: &[] };

fn annotation(key: &str, value: &str) -> Vec<Mark> {
    let Some(what) = key.strip_prefix(PREFIX).filter(|_| is_true(value)) else { return Vec::new() };
    if what == "exempt" {
        return vec![Mark::new(NAME, key, Vec::new())];
    }
    let Some(what) = what.strip_suffix("-exempt") else { return Vec::new() };
    let (check, container) = match what.split_once('.') {
        Some((check, container)) => (check, Some(container.to_owned())),
        None => (what, None),
    };
    let mut mark = Mark::new(NAME, key, vec![check.to_owned()]);
    mark.container = container;
    vec![mark]
}

#[test]
fn annotations() {
    let said = |key: &str, value| annotation(&format!("{PREFIX}{key}"), value);
    assert!(said("exempt", "true")[0].checks.is_empty());
    assert!(said("exempt", "false").is_empty() && said("other", "true").is_empty());
    assert_eq!(said("hostNetworkSet-exempt", "true")[0].checks, ["hostNetworkSet"]);
    let mark = &said("cpuLimitsMissing.sidecar-exempt", "true")[0];
    assert_eq!((mark.checks[0].as_str(), mark.container.as_deref()), ("cpuLimitsMissing", Some("sidecar")));
}
