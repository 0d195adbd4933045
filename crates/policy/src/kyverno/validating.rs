//! `ValidatingPolicy` and `NamespacedValidatingPolicy`: expressions much as a `ValidatingAdmissionPolicy` has them,
//! with variants for the controllers of Pods, and exceptions in CEL.
//!
//! What only Kyverno's own libraries know (`resource`, `http`, `image` …) does not compile here, and the policy is a
//! gap then.
//!
//! Source: Kyverno 1.17, `pkg/cel/autogen` and `pkg/cel/policies/vpol`.

use std::sync::Arc;

use bulkhead_document::{Kind, Node, Position};

use super::autogen::renamed;
use crate::native::document::Document;
use crate::native::{Actions, MatchResources, Native, Reach, Rules, Validation, admission};
use crate::policy::Expression;
use crate::read::PolicyError;

pub(crate) const GROUP: &str = "policies.kyverno.io";

const SPEC: &[&str] = &[
    "matchConstraints",
    "matchConditions",
    "variables",
    "validations",
    "auditAnnotations",
    "validationActions",
    "failurePolicy",
    "autogen",
    "evaluation",
    "webhookConfiguration",
];

/// The controllers of Pods: resource, group, and where the Pod is in them.
const CONTROLLERS: [(&str, &str, &str); 6] = [
    ("daemonsets", "apps", "spec.template"),
    ("deployments", "apps", "spec.template"),
    ("replicasets", "apps", "spec.template"),
    ("statefulsets", "apps", "spec.template"),
    ("jobs", "batch", "spec.template"),
    ("cronjobs", "batch", "spec.jobTemplate.spec.template"),
];

fn text<'a>(root: Node<'a>, field: &str) -> &'a str {
    root.get(field).and_then(Node::as_str).unwrap_or_default()
}

fn is_of_group(root: Node<'_>) -> bool {
    text(root, "apiVersion").split_once('/').is_some_and(|(group, _)| group == GROUP)
}

/// Whether an object is such a policy.
pub(crate) fn is_policy(root: Node<'_>) -> bool {
    is_of_group(root) && matches!(text(root, "kind"), "ValidatingPolicy" | "NamespacedValidatingPolicy")
}

/// What kind of policy of Kyverno's an object is, where it is one that nothing here judges.
pub(crate) fn other(root: Node<'_>) -> Option<&'static str> {
    const NEW: [&str; 8] = [
        "MutatingPolicy",
        "NamespacedMutatingPolicy",
        "GeneratingPolicy",
        "NamespacedGeneratingPolicy",
        "DeletingPolicy",
        "NamespacedDeletingPolicy",
        "ImageValidatingPolicy",
        "NamespacedImageValidatingPolicy",
    ];
    const OLD: [&str; 2] = ["CleanupPolicy", "ClusterCleanupPolicy"];
    let kind = text(root, "kind");
    let known = if is_of_group(root) {
        &NEW[..]
    } else if text(root, "apiVersion").starts_with("kyverno.io/") {
        &OLD[..]
    } else {
        return None;
    };
    known.iter().find(|known| **known == kind).copied()
}

/// Reads a policy: itself, and what it is for the controllers of Pods. Or why it is not judged here.
pub(crate) fn read(document: &Document<'_>) -> Result<Result<Vec<Native>, String>, PolicyError> {
    let root = document.root;
    let spec = document.required(root, "spec", "")?;
    if let Some((field, value)) = spec.entries().find(|(field, _)| !SPEC.contains(field)) {
        return Err(document.error(value, format!("spec.{field}: no such field")));
    }
    if spec.at(&["evaluation", "mode"]).and_then(Node::as_str) == Some("JSON") {
        return Ok(Err("its evaluation mode is JSON".to_owned()));
    }
    let constraints = document.required(spec, "matchConstraints", "spec")?;
    let matching = MatchResources::read(document, constraints, "spec.matchConstraints")?;
    let failure = document.word(spec, "failurePolicy", "spec", &["Fail", "Ignore"])?;
    let rules = Rules {
        conditions: admission::conditions_of(document, spec, "matchConditions")?,
        variables: admission::variables(document, spec)?,
        validations: admission::validations_of(document, spec, "validations")?,
        annotations: admission::annotations(document, spec)?,
        mutations: Vec::new(),
        ignores_failures: failure == Some("Ignore"),
        ..Rules::default()
    };
    if rules.validations.is_empty() {
        return Err(document.error(spec, "spec.validations: is missing"));
    }
    let namespace = (text(root, "kind") == "NamespacedValidatingPolicy").then(|| {
        let name = root.at(&["metadata", "namespace"]).and_then(Node::as_str);
        Arc::from(name.unwrap_or("default"))
    });
    let actions = actions(document, spec)?;
    let native = |rules: Rules, matching: MatchResources| -> Result<Native, PolicyError> {
        let reach = Reach::Own { matching, actions, namespace: namespace.clone() };
        Ok(Native { name: document.name()?.into(), rules, reach })
    };
    let mut natives = Vec::new();
    if let Some(operations) = operations(constraints) {
        for (resource, group, way) in CONTROLLERS {
            if !is_wanted(spec, resource) {
                continue;
            }
            let matching = MatchResources::of_resource(group, "v1", resource, &operations);
            let change = |each: &Expression| Expression {
                source: renamed(&each.source, way, true).into(),
                at: each.at,
            };
            natives.push(native(rules.map(change), matching)?);
        }
    }
    natives.insert(0, native(rules, matching)?);
    Ok(Ok(natives))
}

fn is_wanted(spec: Node<'_>, resource: &str) -> bool {
    let said = spec.at(&["autogen", "podControllers", "controllers"]);
    said.is_none_or(|said| said.is_null() || said.items().any(|item| item.as_str() == Some(resource)))
}

/// The operations of a policy that is for Pods alone, whatever they are called.
fn operations<'a>(constraints: Node<'a>) -> Option<Vec<&'a str>> {
    let is_filled = |field: &str| {
        constraints.get(field).is_some_and(|node| match node.kind() {
            Kind::Mapping(entries) => {
                entries > 0
                    && node.entries().any(|(_, below)| below.items().len() > 0 || below.entries().len() > 0)
            }
            Kind::Sequence(items) => items > 0,
            _ => false,
        })
    };
    if ["namespaceSelector", "objectSelector", "excludeResourceRules"].into_iter().any(is_filled) {
        return None;
    }
    let rules: Vec<Node<'a>> = constraints.get("resourceRules")?.items().collect();
    let [rule] = rules.as_slice() else { return None };
    let only = |field: &str, wanted: &str| {
        let found: Vec<_> = rule.get(field).into_iter().flat_map(Node::items).map(Node::as_str).collect();
        found == [Some(wanted)]
    };
    let names = rule.get("resourceNames").is_some_and(|names| names.items().len() > 0);
    if names || !only("apiGroups", "") || !only("apiVersions", "v1") || !only("resources", "pods") {
        return None;
    }
    Some(
        rule.get("operations")
            .into_iter()
            .flat_map(Node::items)
            .filter_map(Node::as_str)
            .collect(),
    )
}

fn actions(document: &Document<'_>, spec: Node<'_>) -> Result<Actions, PolicyError> {
    let mut actions = Actions::default();
    for item in spec.get("validationActions").into_iter().flat_map(Node::items) {
        match item.as_str() {
            Some("Deny") => actions.deny = true,
            Some("Warn") => actions.warn = true,
            Some("Audit") => actions.audit = true,
            _ => {
                let message = format!("spec.validationActions: {item:?} is none of Deny, Warn, Audit");
                return Err(document.error(item, message));
            }
        }
    }
    Ok(if actions == Actions::default() { Actions::DENY } else { actions })
}

/// An exception: the policies that it is for, and its conditions as rules that are broken where they are met.
pub(crate) struct Exception {
    /// Kind and name.
    pub(crate) about: Vec<(Box<str>, Box<str>)>,
    pub(crate) rules: Rules,
}

/// Reads an exception; nothing where it only allows images or values, which a policy would ask for itself.
pub(crate) fn exception(document: &Document<'_>) -> Result<Option<Exception>, PolicyError> {
    let spec = document.required(document.root, "spec", "")?;
    let is_filled = |field: &str| spec.get(field).is_some_and(|list| list.items().len() > 0);
    if is_filled("images") || is_filled("allowedValues") {
        return Ok(None);
    }
    let mut about = Vec::new();
    for reference in spec.get("policyRefs").into_iter().flat_map(Node::items) {
        about.push((text(reference, "kind").into(), text(reference, "name").into()));
    }
    let at = Position { line: 1, column: 1 };
    let broken = Validation {
        expression: Expression { source: "false".into(), at },
        message: None,
        message_expression: None,
    };
    Ok(Some(Exception {
        about,
        rules: Rules {
            conditions: admission::conditions_of(document, spec, "matchConditions")?,
            validations: vec![broken],
            ..Rules::default()
        },
    }))
}
