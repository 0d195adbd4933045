//! The rules in schemas of `CustomResourceDefinition`s (`x-kubernetes-validations`): whether they can be
//! used at all, and whether the custom resources beside them hold to them.
//!
//! [`schema`] reads a definition and compiles its rules, [`value`] makes of a resource what `self` is to
//! them, [`judge`] runs them. A file is a creation, so that rules over a change (`oldSelf`) are left out
//! and counted.
//!
//! Source: k8s.io/apiextensions-apiserver, `pkg/apiserver/schema/cel`.

mod judge;
mod names;
mod schema;
mod sizes;
mod types;
mod value;

use std::collections::HashMap;
use std::sync::Arc;

use bulkhead_document::{Node, Tree};
use bulkhead_model::{Analysis, Severity};

use crate::blame::Scribe;
use crate::object::Facts;
use crate::plan::Head;
use crate::policy::Policy;
use schema::Definition;

const GROUP: &str = "apiextensions.k8s.io";
const KIND: &str = "CustomResourceDefinition";

/// Group, version and kind.
type Names = (Box<str>, Box<str>, Box<str>);

/// The two checks, and the definitions they go by.
#[derive(Default)]
pub(crate) struct Definitions {
    minor: u32,
    broken: Option<Head>,
    refused: Option<Head>,
    known: HashMap<Names, Arc<Definition>>,
}

impl Definitions {
    pub(crate) fn choose(&mut self, policy: &Policy, severity: Severity, minor: u32) {
        let place = match &*policy.id {
            "definition-rule-broken" => &mut self.broken,
            "custom-resource-refused" => &mut self.refused,
            _ => return,
        };
        self.minor = minor;
        *place = Some(Head { id: policy.id.clone(), severity, fix: policy.fix.clone() });
    }

    /// The group and kind of definitions, where custom resources are judged.
    pub(crate) fn wanted(&self) -> Option<(&'static str, &'static str)> {
        self.refused.as_ref().map(|_| (GROUP, KIND))
    }

    /// Reads definitions. What is broken in them is told where they are judged themselves.
    pub(crate) fn know<'t>(&mut self, trees: impl Iterator<Item = &'t Arc<Tree>>) {
        if self.refused.is_none() {
            return;
        }
        for tree in trees.filter(|tree| schema::may_have_rules(tree)) {
            for definition in schema::read(tree, self.minor) {
                if definition.has_rules() {
                    let names = definition.names();
                    self.known.insert(names, Arc::new(definition));
                }
            }
        }
    }

    /// Judges an object: a definition by whether it can be used, a custom resource by its definition.
    pub(crate) fn judge(&self, facts: &Facts<'_>, scribe: &Scribe<'_>, analysis: &mut Analysis) {
        if *facts.group == *GROUP && *facts.kind == *KIND {
            if let Some(head) = &self.broken {
                judge::definition(head, self.minor, scribe, analysis);
            }
            return;
        }
        let (Some(head), None) = (&self.refused, facts.info) else { return };
        let version = facts.api_version.rsplit_once('/').map_or(&*facts.api_version, |(_, version)| version);
        let names = (facts.group.clone(), Box::from(version), Box::from(&*facts.kind));
        if let Some(definition) = self.known.get(&names) {
            judge::resource(head, definition, scribe, analysis);
        }
    }
}

/// A field's text.
fn text<'a>(node: Node<'a>, field: &str) -> Option<&'a str> {
    node.get(field).and_then(Node::as_str).filter(|text| !text.is_empty())
}
