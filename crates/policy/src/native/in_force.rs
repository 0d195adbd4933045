//! The native policies of a judge, with what puts them in force.

use std::sync::Arc;

use bulkhead_kinds::Kinds;
use bulkhead_model::{Analysis, Finding, Gap, GapKind, Note, Place};

use super::binding::{self, Binding};
use super::compile::{self, Prepared};
use super::document::Document;
use super::request::{Request, Review};
use super::surroundings::{Surroundings, Wanted};
use super::verdict::{self, InForce};
use super::warnings;
use super::{Native, Reach};
use crate::blame::Scribe;
use crate::kyverno::validating;
use crate::object::Facts;
use crate::policy::Policy;

const ADMISSION: &str = "admissionregistration.k8s.io";
const BINDING: &str = "ValidatingAdmissionPolicyBinding";

/// The native policies of a judge.
#[derive(Default)]
pub(crate) struct Natives {
    policies: Vec<InForce>,
    places: Vec<Declared>,
    /// The minor version that expressions are compiled for.
    minor: u32,
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
    /// The policy, where exceptions of Kyverno's may be about it.
    excepted: Option<Arc<Policy>>,
    is_namespaced: bool,
}

impl Natives {
    pub(crate) fn is_empty(&self) -> bool {
        self.policies.is_empty() && self.kyverno.is_empty()
    }

    /// What is wrong with the policies themselves.
    pub(crate) fn warnings(&self) -> &[Finding] {
        &self.warnings
    }

    pub(crate) fn add(&mut self, policy: &Arc<Policy>, prepared: Prepared, kinds: &'static Kinds) {
        self.minor = kinds.minor();
        let is_own = matches!(prepared.native.reach, Reach::Own { .. });
        self.warnings.extend(warnings::warnings(policy, &prepared.native, kinds));
        let name = prepared.native.name.clone();
        self.places.push(Declared {
            name: name.clone(),
            id: policy.id.clone(),
            file: policy.file.clone(),
            line: policy.line,
            is_namespaced: matches!(prepared.native.reach, Reach::Own { namespace: Some(_), .. }),
            excepted: is_own.then(|| policy.clone()),
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
        if self.places.iter().any(|place| place.excepted.is_some()) {
            wanted.add(validating::GROUP, "PolicyException");
        }
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
                    gaps.push(binding::unused(&error, checks));
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
        self.except(&mut gaps);
        gaps
    }

    /// Takes the exceptions from Kyverno's `ValidatingPolicy`s.
    fn except(&mut self, gaps: &mut Vec<Gap>) {
        for found in self.surroundings.found(validating::GROUP, "PolicyException") {
            let document = Document { file: &found.file, root: found.tree.root() };
            let exception = match validating::exception(&document) {
                Ok(None) => continue,
                Ok(Some(exception)) => Ok(exception),
                Err(error) => Err(error),
            };
            let kind_and_name = |place: &Declared| {
                let kind =
                    if place.is_namespaced { "NamespacedValidatingPolicy" } else { "ValidatingPolicy" };
                (kind, place.name.clone())
            };
            let mut told = false;
            for (each, place) in self.policies.iter_mut().zip(&self.places) {
                let Some(policy) = &place.excepted else { continue };
                let (kind, name) = kind_and_name(place);
                let compiled = match &exception {
                    Ok(exception) => {
                        let is_meant =
                            |(known, called): &(Box<str>, Box<str>)| **known == *kind && **called == *name;
                        if !exception.about.iter().any(is_meant) {
                            continue;
                        }
                        let native = Arc::new(Native {
                            name: name.clone(),
                            rules: exception.rules.map(Clone::clone),
                            reach: Reach::Elsewhere,
                        });
                        compile::prepare(policy, &native, None, self.minor).map_err(|error| error.message)
                    }
                    Err(error) => Err(error.message.clone()),
                };
                match compiled {
                    Ok(prepared) => each.exceptions.push(prepared),
                    Err(_) if told => (),
                    Err(message) => {
                        told = true;
                        gaps.push(Gap {
                            kind: GapKind::INVALID_OBJECT,
                            place: Place { file: Some(found.file.clone()), ..Place::default() },
                            checks: vec![place.id.clone()],
                            message: format!("the exception was not used: {message}").into(),
                        });
                    }
                }
            }
        }
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
