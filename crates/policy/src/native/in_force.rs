//! The native policies of a judge, with what puts them in force.

use std::sync::Arc;

use bulkhead_kinds::Kinds;
use bulkhead_model::{Analysis, Finding, Gap, GapKind, Note, Place};

use super::Reach;
use super::binding::{self, Binding};
use super::compile::Prepared;
use super::document::Document;
use super::request::{Request, Review};
use super::surroundings::{Surroundings, Wanted};
use super::verdict::{self, InForce};
use super::warnings;
use crate::blame::Scribe;
use crate::object::Facts;
use crate::policy::Policy;

const ADMISSION: &str = "admissionregistration.k8s.io";
const BINDING: &str = "ValidatingAdmissionPolicyBinding";

/// The native policies of a judge.
#[derive(Default)]
pub(crate) struct Natives {
    policies: Vec<InForce>,
    places: Vec<Declared>,
    surroundings: Arc<Surroundings>,
    warnings: Vec<Finding>,
    /// Policies of Kyverno's.
    pub(crate) kyverno: crate::kyverno::in_force::InForce,
}

/// Where a policy is declared.
struct Declared {
    /// What bindings call it.
    name: Arc<str>,
    id: Arc<str>,
    file: Arc<str>,
    line: u32,
}

impl Natives {
    pub(crate) fn is_empty(&self) -> bool {
        self.policies.is_empty() && self.kyverno.is_empty()
    }

    /// What is wrong with the policies themselves.
    pub(crate) fn warnings(&self) -> &[Finding] {
        &self.warnings
    }

    pub(crate) fn add(&mut self, policy: &Policy, prepared: Prepared, kinds: &'static Kinds) {
        self.warnings.extend(warnings::warnings(policy, &prepared.native, kinds));
        let name = prepared.native.name.clone();
        self.places.push(Declared {
            name: name.clone(),
            id: policy.id.clone(),
            file: policy.file.clone(),
            line: policy.line,
        });
        self.policies.push(InForce::new(prepared, &name, &[]));
    }

    pub(crate) fn wanted(&self) -> Wanted {
        let mut wanted = Wanted::default();
        if self.is_empty() {
            return wanted;
        }
        wanted.add("apiextensions.k8s.io", "CustomResourceDefinition");
        if self.policies.iter().any(|each| matches!(each.policy.native.reach, Reach::Admission(_))) {
            // A binding may select by namespace, whatever the policy does.
            wanted.add(ADMISSION, BINDING);
            wanted.add("", "Namespace");
        }
        if self.policies.iter().any(InForce::reads_namespaces) {
            wanted.add("", "Namespace");
        }
        for (group, kind) in self
            .policies
            .iter()
            .filter_map(|each| each.policy.rego.as_ref())
            .flat_map(|rego| &rego.inventory)
        {
            wanted.add(group, kind);
        }
        self.kyverno.wanted(&mut wanted);
        for kind in self.policies.iter().filter_map(|each| each.policy.native.rules.parameter_kind.as_ref()) {
            wanted.add(kind.group(), &kind.kind);
        }
        wanted
    }

    /// Binds the policies by what was found, besides what was known before.
    pub(crate) fn know(&mut self, found: Surroundings) -> Vec<Gap> {
        Arc::make_mut(&mut self.surroundings).extend(found);
        let mut gaps = self.kyverno.know(&self.surroundings);
        let mut bindings: Vec<Binding> = Vec::new();
        for found in self.surroundings.found(ADMISSION, BINDING) {
            let document = Document { file: &found.file, root: found.tree.root() };
            match binding::read(&document) {
                // The same binding may be among the policies and in the tree that is scanned.
                Ok(binding) if bindings.iter().any(|known| known.name == binding.name) => (),
                Ok(binding) => bindings.push(binding),
                Err(error) => {
                    let name = found.tree.root().at(&["spec", "policyName"]);
                    let policy = name.and_then(bulkhead_document::Node::as_str);
                    let meant = |place: &&Declared| policy.is_none_or(|policy| *place.name == *policy);
                    let checks: Vec<_> =
                        self.places.iter().filter(meant).map(|place| place.id.clone()).collect();
                    if checks.is_empty() {
                        continue;
                    }
                    gaps.push(Gap {
                        kind: GapKind::INVALID_OBJECT,
                        place: Place {
                            file: Some(error.file.clone()),
                            line: Some(error.line),
                            column: Some(error.column),
                            ..Place::default()
                        },
                        checks,
                        message: format!("the binding was not used: {}", error.message).into(),
                    });
                }
            }
        }
        for (each, place) in self.policies.iter_mut().zip(&self.places) {
            let Some(rego) = &mut each.policy.rego else { continue };
            let kinds = rego.inventory.clone();
            let trees = kinds.iter().flat_map(|(group, kind)| self.surroundings.of_kind(group, kind));
            rego.know(trees.map(|tree| tree.root()));
            gaps.extend(rego.problem().map(|problem| {
                Gap {
                    kind: GapKind::FAILED_POLICY,
                    place: Place {
                        file: Some(place.file.clone()),
                        line: Some(place.line),
                        ..Place::default()
                    },
                    checks: vec![place.id.clone()],
                    message: format!(
                        "the template of {} cannot be run, so nothing is judged by it: {problem}",
                        place.name
                    )
                    .into(),
                }
            }));
        }
        let policies = std::mem::take(&mut self.policies);
        let bound = policies.into_iter().zip(&self.places);
        self.policies =
            bound.map(|(each, place)| InForce::new(each.policy, &place.name, &bindings)).collect();
        gaps
    }

    /// The definitions of custom kinds that are known.
    pub(crate) fn definitions(&self) -> impl Iterator<Item = &Arc<bulkhead_document::Tree>> {
        self.surroundings.of_kind("apiextensions.k8s.io", "CustomResourceDefinition")
    }

    pub(crate) fn notes(&self) -> Vec<Note> {
        let unbound = self.policies.iter().zip(&self.places).filter(|(each, _)| each.is_unbound);
        unbound
            .map(|(_, place)| Note {
                kind: "policy-not-bound".into(),
                place: Place { file: Some(place.file.clone()), line: Some(place.line), ..Place::default() },
                message: format!(
                    "{} has no binding here, so it is judged as if bound to everything; a server ignores it \
                     until it is bound",
                    place.name
                )
                .into(),
            })
            .collect()
    }

    /// Judges one object.
    pub(crate) fn judge<'a>(
        &'a self,
        facts: &'a Facts<'a>,
        review: &'a Review,
        scribe: &Scribe<'a>,
        kinds: &'a Kinds,
        analysis: &mut Analysis,
    ) {
        let custom = facts.info.is_none().then(|| self.surroundings.custom(&facts.group, &facts.kind));
        let namespace = facts.workload.namespace.name();
        let namespace = namespace.and_then(|name| self.surroundings.namespace(name));
        let request = Request::new(scribe.root, facts, kinds, custom.flatten(), namespace, review);
        if let Some(request) = request {
            verdict::judge(&self.policies, &request, kinds, &self.surroundings, scribe, analysis);
            self.kyverno.judge(&request, &self.surroundings, scribe, analysis);
        }
    }
}
