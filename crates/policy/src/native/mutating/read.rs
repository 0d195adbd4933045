//! `MutatingAdmissionPolicy`, read from its object.
//!
//! Source: k8s.io/kubernetes, `pkg/apis/admissionregistration/validation`.

use bulkhead_document::Node;

use crate::native::admission::{conditions, constraints, parameter_kind, variables};
use crate::native::document::{Document, is_of_admission};
use crate::native::{Form, Mutation, Native, Reach, Rules};
use crate::read::PolicyError;

/// What such a policy may be for; there is nothing to change in what is deleted.
const OPERATIONS: &[&str] = &["CREATE", "UPDATE"];

/// Whether an object is such a policy.
pub(crate) fn is_policy(root: Node<'_>) -> bool {
    is_of_admission(root, &["MutatingAdmissionPolicy"])
}

/// Reads a policy, and refuses what the server would refuse of its form.
pub(crate) fn read(document: &Document<'_>) -> Result<Native, PolicyError> {
    let spec = document.required(document.root, "spec", "")?;
    let matching = constraints(document, spec)?;
    operations(document, spec.get("matchConstraints"), "spec.matchConstraints")?;
    let failure = document.word(spec, "failurePolicy", "spec", &["Fail", "Ignore"])?;
    let again = document.word(spec, "reinvocationPolicy", "spec", &["Never", "IfNeeded"])?;
    let again = again.ok_or_else(|| document.error(spec, "spec.reinvocationPolicy: is missing"))?;
    let rules = Rules {
        parameter_kind: parameter_kind(document, spec)?,
        conditions: conditions(document, spec)?,
        variables: variables(document, spec)?,
        mutations: mutations(document, spec)?,
        ignores_failures: failure == Some("Ignore"),
        ..Rules::default()
    };
    if rules.mutations.is_empty() {
        return Err(document.error(spec, "spec.mutations: must contain at least one item"));
    }
    let reach = Reach::Mutating { matching, again: again == "IfNeeded" };
    Ok(Native { name: document.name()?.into(), rules, reach })
}

/// Refuses rules for operations that change nothing.
pub(crate) fn operations(
    document: &Document<'_>,
    constraints: Option<Node<'_>>,
    path: &str,
) -> Result<(), PolicyError> {
    let rules = constraints.and_then(|node| node.get("resourceRules")).into_iter().flat_map(Node::items);
    for (place, rule) in rules.enumerate() {
        for operation in rule.get("operations").into_iter().flat_map(Node::items) {
            if operation.as_str().is_none_or(|word| !OPERATIONS.contains(&word)) {
                let message = format!(
                    "{path}.resourceRules[{place}].operations: {operation:?} is none of CREATE, UPDATE"
                );
                return Err(document.error(operation, message));
            }
        }
    }
    Ok(())
}

fn mutations(document: &Document<'_>, spec: Node<'_>) -> Result<Vec<Mutation>, PolicyError> {
    let forms = [("ApplyConfiguration", "applyConfiguration"), ("JSONPatch", "jsonPatch")];
    let mut mutations = Vec::new();
    for (place, node) in spec.get("mutations").into_iter().flat_map(Node::items).enumerate() {
        let path = format!("spec.mutations[{place}]");
        let word = document.word(node, "patchType", &path, &["ApplyConfiguration", "JSONPatch"])?;
        let word = word.ok_or_else(|| document.error(node, format!("{path}.patchType: is missing")))?;
        let mut found = None;
        for (name, field) in forms {
            let given = node.get(field).filter(|node| !node.is_null());
            match (name == word, given) {
                (true, Some(given)) => found = Some((field, given)),
                (true, None) => {
                    let message = format!("{path}.{field}: must be specified when patchType is {word}");
                    return Err(document.error(node, message));
                }
                (false, Some(given)) => {
                    let message = format!("{path}.{field}: must not be specified when patchType is {word}");
                    return Err(document.error(given, message));
                }
                (false, None) => {}
            }
        }
        let Some((field, given)) = found else { continue };
        let form = if field == "jsonPatch" { Form::JsonPatch } else { Form::ApplyConfiguration };
        let expression = document.expression(given, "expression", &format!("{path}.{field}"))?;
        mutations.push(Mutation { form, expression });
    }
    Ok(mutations)
}
