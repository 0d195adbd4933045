//! Published standards: their controls, and what a run says of each.
//!
//! The lists are data, `standards/NAME.yaml`: every control with a name in our words, whether manifests can tell
//! anything of it (`needs` says what would have to be looked at), and what it asks `beyond` them. Which checks
//! speak to a control is said by the policies, each for itself.

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use bulkhead_document::{Limits, Node, read};
use bulkhead_model::{ControlResult, ControlState, StandardResult, Unjudged, Why};

use crate::pack::Pack;
use crate::policy::Level;

/// The standard whose controls have levels.
pub(crate) const POD_SECURITY: &str = "pod-security";

macro_rules! standards {
    ($($name:literal)*) => {
        const TEXTS: &[&str] = &[$(include_str!(concat!("../../../standards/", $name, ".yaml"))),*];
    };
}

standards! {
    "cis-kubernetes"
    "mitre-attack"
    "nist-800-190"
    "nsa-cisa"
    "owasp-kubernetes"
    "pci-dss-4"
    "pod-security"
}

/// The standards whose controls are known.
pub static STANDARDS: LazyLock<Vec<Standard>> =
    LazyLock::new(|| TEXTS.iter().filter_map(|text| Standard::read(text)).collect());

/// A standard with its controls.
#[derive(Debug, Clone)]
pub struct Standard {
    /// The word for it in policies.
    pub id: Arc<str>,
    /// What it is called.
    pub title: Arc<str>,
    /// The version that the controls are of.
    pub version: Arc<str>,
    /// Where it is published.
    pub url: Arc<str>,
    /// Its controls, in its order.
    pub controls: Vec<Control>,
}

/// A control of a standard.
#[derive(Debug, Clone)]
pub struct Control {
    /// As the standard numbers it.
    pub id: Arc<str>,
    /// What it is about, in our words.
    pub name: Arc<str>,
    /// What has to be looked at that manifests do not tell.
    pub needs: Option<Arc<str>>,
    /// What it asks for beside what manifests tell.
    pub beyond: Option<Arc<str>>,
    /// The Pod Security level that demands it.
    pub level: Option<Level>,
}

/// What a run says of one check.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// Findings that count.
    pub findings: u64,
    /// Findings that exceptions cover.
    pub excepted: u64,
    /// Why it was not judged, or not everywhere.
    pub not_judged: Option<Why>,
    /// Whether the version that was judged for knows no such fault.
    pub other_version: bool,
}

impl Standard {
    /// The standard of that name.
    pub fn named(id: &str) -> Option<&'static Self> {
        STANDARDS.iter().find(|standard| *standard.id == *id)
    }

    /// The control of that number.
    pub fn control(&self, id: &str) -> Option<&Control> {
        self.controls.iter().find(|control| *control.id == *id)
    }

    /// Every standard there is: those whose controls are known, and what else policies name.
    pub fn names(pack: &Pack) -> Vec<String> {
        let known = STANDARDS.iter().map(|standard| standard.id.to_string());
        let mut names: Vec<String> =
            known.chain(pack.policies().flat_map(|policy| policy.standards.keys().cloned())).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The standard of that name with the checks that speak to each control. Controls that policies name and
    /// the list does not, as of standards of one's own, come last.
    pub fn with_checks(id: &str, pack: &Pack) -> (Self, Vec<Vec<Arc<str>>>) {
        let mut standard = Self::named(id).cloned().unwrap_or_else(|| Self {
            id: id.into(),
            title: id.into(),
            version: "".into(),
            url: "".into(),
            controls: Vec::new(),
        });
        let mut checks: Vec<Vec<Arc<str>>> = vec![Vec::new(); standard.controls.len()];
        for policy in pack.policies() {
            for word in policy.standards.get(id).into_iter().flatten() {
                let place = standard.controls.iter().position(|control| *control.id == **word);
                let place = place.unwrap_or_else(|| {
                    let word: Arc<str> = word.as_str().into();
                    let name = word.clone();
                    standard.controls.push(Control {
                        id: word,
                        name,
                        needs: None,
                        beyond: None,
                        level: None,
                    });
                    checks.push(Vec::new());
                    standard.controls.len() - 1
                });
                checks.get_mut(place).into_iter().for_each(|checks| checks.push(policy.id.clone()));
            }
        }
        (standard, checks)
    }

    /// What a run says of every control. `standing` tells what came of a check.
    pub fn judge(id: &str, pack: &Pack, standing: &dyn Fn(&str) -> Standing) -> StandardResult {
        let (standard, checks) = Self::with_checks(id, pack);
        let controls = standard.controls.iter().zip(checks);
        StandardResult {
            id: standard.id.clone(),
            title: standard.title.clone(),
            version: standard.version.clone(),
            controls: controls.map(|(control, checks)| control.judge(checks, standing)).collect(),
        }
    }

    /// A page about it, as Markdown: every control with the checks that speak to it.
    pub fn page(id: &str, pack: &Pack) -> String {
        let (standard, checks) = Self::with_checks(id, pack);
        let mut page = format!(
            "# {}\n\n<!-- written by `cargo xtask schemas` from standards/{id}.yaml and the policies -->\n\n\
             `bulkhead scan --standard {id}` judges by these policies and tells what came of each control.\n\
             Version {}: <{}>. Names are ours.\n\n| control | about | policies |\n|---|---|---|\n",
            standard.title, standard.version, standard.url
        );
        for (control, checks) in standard.controls.iter().zip(checks) {
            let names: Vec<String> = checks.iter().map(|check| format!("`{check}`")).collect();
            let told = match (&control.needs, &control.beyond, names.is_empty()) {
                (Some(needs), _, true) => format!("none: manifests do not tell; look at {needs}"),
                (None, _, true) => "none".to_owned(),
                (_, Some(beyond), false) => format!("{}; not looked at: {beyond}", names.join(", ")),
                (_, None, false) => names.join(", "),
            };
            let level = control.level.map(|level| format!(" ({level})")).unwrap_or_default();
            _ = writeln!(page, "| {} | {}{level} | {told} |", control.id, control.name);
        }
        page
    }

    fn read(text: &str) -> Option<Self> {
        let tree = read(text.into(), &Limits::default()).next()?.ok()?;
        let root = tree.root();
        let word = |node: Node<'_>, name: &str| node.get(name).and_then(Node::as_str).map(Arc::<str>::from);
        let control = |node: Node<'_>| {
            Some(Control {
                id: word(node, "id")?,
                name: word(node, "name")?,
                needs: word(node, "needs"),
                beyond: word(node, "beyond"),
                level: word(node, "level").and_then(|level| level.parse().ok()),
            })
        };
        Some(Self {
            id: word(root, "id")?,
            title: word(root, "title")?,
            version: word(root, "version")?,
            url: word(root, "url")?,
            controls: root.get("controls")?.items().map(control).collect::<Option<_>>()?,
        })
    }
}

impl Control {
    fn judge(&self, checks: Vec<Arc<str>>, standing: &dyn Fn(&str) -> Standing) -> ControlResult {
        let all: Vec<(Arc<str>, Standing)> = checks.iter().map(|id| (id.clone(), standing(id))).collect();
        let sum = |number: fn(&Standing) -> u64| all.iter().map(|(_, standing)| number(standing)).sum();
        let findings: u64 = sum(|standing| standing.findings);
        let excepted = sum(|standing| standing.excepted);
        let for_this_version: Vec<_> = all.iter().filter(|(_, standing)| !standing.other_version).collect();
        let mut not_judged = Vec::new();
        for why in [Why::LeftOut, Why::Gap, Why::NotWhole] {
            let held_up = for_this_version.iter().filter(|(_, standing)| standing.not_judged == Some(why));
            let held_up: Vec<Arc<str>> = held_up.map(|(id, _)| id.clone()).collect();
            if !held_up.is_empty() {
                not_judged.push(Unjudged { why, message: message(why, &held_up).into(), checks: held_up });
            }
        }
        let nothing = |(_, standing): &&(Arc<str>, Standing)| standing.not_judged == Some(Why::NothingThere);
        let alone = |why, message: String| Unjudged { why, checks: Vec::new(), message: message.into() };
        match &self.needs {
            _ if findings > 0 => (),
            Some(needs) if all.is_empty() => {
                not_judged
                    .push(alone(Why::NotInManifests, format!("manifests do not tell; look at: {needs}")));
            }
            None if all.is_empty() => not_judged.push(alone(Why::NoCheck, "no check speaks to it".into())),
            _ if for_this_version.is_empty() => {
                not_judged.push(alone(Why::NoCheck, "no check speaks to it in this version".into()));
            }
            _ if for_this_version.iter().copied().all(|each| nothing(&each)) => {
                not_judged.push(alone(Why::NothingThere, "nothing of that kind was there".into()));
            }
            _ => (),
        }
        let is_open = !not_judged.is_empty();
        let without: Vec<Arc<str>> = all.iter().filter(nothing).map(|(id, _)| id.clone()).collect();
        if !is_open && !without.is_empty() {
            // What was there did hold.
            let message = format!("nothing there for {} of {} checks", without.len(), all.len());
            not_judged.push(Unjudged { why: Why::NothingThere, checks: without, message: message.into() });
        }
        let state = match (findings, !is_open) {
            (1.., _) => ControlState::Failed,
            (0, true) => ControlState::Held,
            (0, false) => ControlState::NotJudged,
        };
        ControlResult {
            id: self.id.clone(),
            name: self.name.clone(),
            state,
            checks,
            findings,
            excepted,
            not_judged,
            beyond: self.beyond.clone(),
        }
    }
}

fn message(why: Why, checks: &[Arc<str>]) -> String {
    let names = checks.iter().take(3).map(|id| &**id).collect::<Vec<_>>().join(", ");
    let more = checks.len().saturating_sub(3);
    let names = if more > 0 { format!("{names} and {more} more") } else { names };
    match why {
        Why::LeftOut => format!("left out: {names}"),
        Why::Gap => format!("a gap touched {names}"),
        Why::NotWhole => format!("nobody says that the source is whole: {names}"),
        Why::NoCheck | Why::NotInManifests | Why::NothingThere => names,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_list_is_read_and_no_control_stands_twice() {
        assert_eq!(STANDARDS.len(), TEXTS.len());
        for standard in STANDARDS.iter() {
            let ids: BTreeSet<&str> = standard.controls.iter().map(|control| &*control.id).collect();
            assert_eq!(ids.len(), standard.controls.len(), "{}", standard.id);
            assert!(standard.controls.len() >= 10, "{}", standard.id);
            let levels = standard.controls.iter().filter(|control| control.level.is_some()).count();
            let wanted = if &*standard.id == POD_SECURITY { standard.controls.len() } else { 0 };
            assert_eq!(levels, wanted, "{}", standard.id);
        }
    }

    #[test]
    fn policies_name_controls_that_exist_and_that_manifests_tell_of() {
        let mut wrong = Vec::new();
        for policy in Pack::builtin().unwrap().policies() {
            for (id, controls) in &policy.standards {
                let standard = Standard::named(id);
                for word in controls {
                    match standard.and_then(|standard| standard.control(word)) {
                        Some(Control { needs: None, .. }) => (),
                        Some(_) => wrong.push(format!("{}: {id} {word} needs something else", policy.id)),
                        None => wrong.push(format!("{}: {id} has no {word}", policy.id)),
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn pages_of_standards_are_current() {
        let pack = Pack::builtin().unwrap();
        for standard in STANDARDS.iter() {
            let page = Standard::page(&standard.id, &pack);
            let file = format!("{}/../../docs/standards/{}.md", env!("CARGO_MANIFEST_DIR"), standard.id);
            if std::env::var_os("BULKHEAD_BLESS").is_some() {
                std::fs::write(&file, &page).unwrap();
            }
            let kept = std::fs::read_to_string(&file).unwrap_or_default();
            assert!(kept == page, "{file}: `cargo xtask schemas` writes it");
        }
    }

    #[test]
    fn unknown_is_never_held() {
        let pack = Pack::builtin().unwrap();
        let judge = |standing: Standing| Standard::judge("nsa-cisa", &pack, &|_| standing.clone());
        let clean = judge(Standing::default());
        assert_eq!(clean.count(ControlState::Failed), 0);
        let of = |result: &StandardResult, id: &str| {
            let control = result.controls.iter().find(|control| &*control.id == id).unwrap();
            (control.state, control.not_judged.first().map(|unjudged| unjudged.why))
        };
        assert_eq!(of(&clean, "secrets"), (ControlState::Held, None));
        assert_eq!(of(&clean, "etcd"), (ControlState::NotJudged, Some(Why::NotInManifests)));
        for why in [Why::LeftOut, Why::Gap, Why::NotWhole, Why::NothingThere] {
            let result = judge(Standing { not_judged: Some(why), ..Standing::default() });
            assert_eq!(of(&result, "secrets"), (ControlState::NotJudged, Some(why)));
        }
        let failed = judge(Standing { findings: 1, not_judged: Some(Why::Gap), ..Standing::default() });
        assert_eq!(of(&failed, "secrets"), (ControlState::Failed, Some(Why::Gap)));
    }
}
