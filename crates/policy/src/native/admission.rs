//! `ValidatingAdmissionPolicy`, read from its object.

use std::collections::BTreeSet;

use bulkhead_document::Node;

use super::document::{Document, is_of_admission};
use super::{Annotation, Condition, MatchResources, Native, ParameterKind, Reach, Rules, Validation, limits};
use crate::read::PolicyError;

const REASONS: &[&str] = &["Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"];

/// Whether an object is such a policy.
pub(crate) fn is_policy(root: Node<'_>) -> bool {
    is_of_admission(root, &["ValidatingAdmissionPolicy"])
}

/// Reads a policy, and refuses what the server would refuse of its form.
pub(crate) fn read(document: &Document<'_>) -> Result<Native, PolicyError> {
    let spec = document.required(document.root, "spec", "")?;
    let matching = constraints(document, spec)?;
    let failure = document.word(spec, "failurePolicy", "spec", &["Fail", "Ignore"])?;
    let rules = Rules {
        parameter_kind: parameter_kind(document, spec)?,
        conditions: conditions(document, spec)?,
        variables: variables(document, spec)?,
        validations: validations(document, spec)?,
        annotations: annotations(document, spec)?,
        mutations: Vec::new(),
        ignores_failures: failure == Some("Ignore"),
        rego: None,
    };
    if rules.validations.is_empty() && rules.annotations.is_empty() {
        return Err(document.error(spec, "spec.validations: needs one, or one of auditAnnotations"));
    }
    Ok(Native { name: document.name()?.into(), rules, reach: Reach::Admission(matching) })
}

/// `spec.matchConstraints`, which names resources.
pub(super) fn constraints(document: &Document<'_>, spec: Node<'_>) -> Result<MatchResources, PolicyError> {
    let constraints = document.required(spec, "matchConstraints", "spec")?;
    let matching = MatchResources::read(document, constraints, "spec.matchConstraints")?;
    if !matching.has_rules() {
        return Err(document.error(constraints, "spec.matchConstraints.resourceRules: is missing"));
    }
    Ok(matching)
}

fn list<'a>(spec: Node<'a>, field: &str) -> impl Iterator<Item = (usize, Node<'a>)> {
    spec.get(field).into_iter().flat_map(Node::items).enumerate()
}

pub(super) fn parameter_kind(
    document: &Document<'_>,
    spec: Node<'_>,
) -> Result<Option<ParameterKind>, PolicyError> {
    let Some(node) = spec.get("paramKind").filter(|node| !node.is_null()) else { return Ok(None) };
    let text = |field: &str| {
        let found = node.get(field).and_then(Node::as_str).filter(|text| !text.is_empty());
        found.ok_or_else(|| document.error(node, format!("spec.paramKind.{field}: is missing")))
    };
    Ok(Some(ParameterKind { api_version: text("apiVersion")?.into(), kind: text("kind")?.into() }))
}

pub(super) fn conditions(document: &Document<'_>, spec: Node<'_>) -> Result<Vec<Condition>, PolicyError> {
    conditions_of(document, spec, "matchConditions")
}

/// The conditions in a field.
pub(crate) fn conditions_of(
    document: &Document<'_>,
    spec: Node<'_>,
    field: &str,
) -> Result<Vec<Condition>, PolicyError> {
    let mut conditions = Vec::new();
    let mut names = BTreeSet::new();
    for (place, node) in list(spec, field) {
        let path = format!("spec.{field}[{place}]");
        let Some((name_node, name)) = document.text(node, "name", &path)? else {
            return Err(document.error(node, format!("{path}.name: is missing")));
        };
        if !names.insert(name) {
            return Err(document.error(name_node, format!("{path}.name: {name:?} is taken")));
        }
        if place >= limits::MATCH_CONDITION_COUNT {
            let most = limits::MATCH_CONDITION_COUNT;
            return Err(document.error(node, format!("spec.{field}: at most {most} are allowed")));
        }
        conditions.push(Condition { expression: document.expression(node, "expression", &path)? });
    }
    Ok(conditions)
}

pub(crate) fn variables(
    document: &Document<'_>,
    spec: Node<'_>,
) -> Result<Vec<(Box<str>, crate::policy::Expression)>, PolicyError> {
    let mut variables: Vec<(Box<str>, _)> = Vec::new();
    for (place, node) in list(spec, "variables") {
        let path = format!("spec.variables[{place}]");
        let Some((name_node, name)) = document.text(node, "name", &path)? else {
            return Err(document.error(node, format!("{path}.name: is missing")));
        };
        if !is_identifier(name) {
            let message = format!("{path}.name: {name:?} is no identifier of CEL");
            return Err(document.error(name_node, message));
        }
        if variables.iter().any(|(known, _)| **known == *name) {
            return Err(document.error(name_node, format!("{path}.name: {name:?} is taken")));
        }
        variables.push((name.into(), document.expression(node, "expression", &path)?));
    }
    Ok(variables)
}

pub(super) fn validations(document: &Document<'_>, spec: Node<'_>) -> Result<Vec<Validation>, PolicyError> {
    validations_of(document, spec, "validations")
}

/// The validations in a field.
pub(crate) fn validations_of(
    document: &Document<'_>,
    spec: Node<'_>,
    field: &str,
) -> Result<Vec<Validation>, PolicyError> {
    let mut validations = Vec::new();
    for (place, node) in list(spec, field) {
        let path = format!("spec.{field}[{place}]");
        let message = match document.text(node, "message", &path)? {
            Some((at, text)) if text.trim().is_empty() => {
                return Err(document.error(at, format!("{path}.message: must not be blank")));
            }
            Some((at, text)) if text.trim().contains(['\n', '\r']) => {
                return Err(document.error(at, format!("{path}.message: must be a single line")));
            }
            found => found.map(|(_, text)| text.into()),
        };
        document.word(node, "reason", &path, REASONS)?;
        validations.push(Validation {
            expression: document.expression(node, "expression", &path)?,
            message,
            message_expression: document.optional_expression(node, "messageExpression", &path)?,
        });
    }
    Ok(validations)
}

pub(crate) fn annotations(document: &Document<'_>, spec: Node<'_>) -> Result<Vec<Annotation>, PolicyError> {
    let mut annotations = Vec::new();
    let mut keys = BTreeSet::new();
    for (place, node) in list(spec, "auditAnnotations") {
        let path = format!("spec.auditAnnotations[{place}]");
        let Some((key_node, key)) = document.text(node, "key", &path)? else {
            return Err(document.error(node, format!("{path}.key: is missing")));
        };
        if !keys.insert(key) {
            return Err(document.error(key_node, format!("{path}.key: {key:?} is taken")));
        }
        if place >= limits::AUDIT_ANNOTATION_COUNT {
            let most = limits::AUDIT_ANNOTATION_COUNT;
            return Err(document.error(node, format!("spec.auditAnnotations: at most {most} are allowed")));
        }
        annotations.push(Annotation { expression: document.expression(node, "valueExpression", &path)? });
    }
    Ok(annotations)
}

/// A name that CEL reads as one: letters, digits and `_`, none of its reserved words.
fn is_identifier(name: &str) -> bool {
    const RESERVED: &[&str] = &[
        "as",
        "break",
        "const",
        "continue",
        "else",
        "false",
        "for",
        "function",
        "if",
        "import",
        "in",
        "let",
        "loop",
        "namespace",
        "null",
        "package",
        "return",
        "true",
        "var",
        "void",
        "while",
    ];
    !RESERVED.contains(&name)
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
