//! Gatekeeper's `ConstraintTemplate` and its constraints.
//!
//! A template's CEL is a `ValidatingAdmissionPolicy` in small: Gatekeeper adds two variables, `anyObject`
//! (the object, of a deletion the old one) and `params` (the constraint's `spec.parameters`), and lets
//! each constraint bind and parametrise it. So it is judged here.
//!
//! Source: open-policy-agent/frameworks, `pkg/client/drivers/k8scel`.

use std::sync::Arc;

use bulkhead_document::{Node, Position, Tree};

use super::document::{Document, join};
use super::{Actions, ConstraintMatch, Native, Reach, Rules, admission, rego};
use crate::policy::Expression;
use crate::read::PolicyError;

/// The engine's name in a template.
const ENGINE: &str = "K8sNativeValidation";
/// The fields of its source.
const FIELDS: &[&str] = &["validations", "failurePolicy", "matchConditions", "variables", "generateVAP"];

/// A template as read.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    pub(crate) file: Arc<str>,
    pub(crate) tree: Arc<Tree>,
    /// The kind of its constraints.
    pub(crate) kind: Box<str>,
}

/// A constraint as read.
#[derive(Debug, Clone)]
pub(crate) struct Constraint {
    pub(crate) file: Arc<str>,
    pub(crate) tree: Arc<Tree>,
    pub(crate) kind: Box<str>,
    pub(crate) name: Box<str>,
}

fn text<'a>(root: Node<'a>, field: &str) -> &'a str {
    root.get(field).and_then(Node::as_str).unwrap_or_default()
}

/// Whether an object is a template.
pub(crate) fn is_template(root: Node<'_>) -> bool {
    text(root, "kind") == "ConstraintTemplate"
        && text(root, "apiVersion").starts_with("templates.gatekeeper.sh/")
}

/// Whether an object is a constraint.
pub(crate) fn is_constraint(root: Node<'_>) -> bool {
    text(root, "apiVersion").starts_with("constraints.gatekeeper.sh/")
}

/// Reads a template, as far as its constraints need it.
pub(crate) fn template(document: &Document<'_>, tree: &Arc<Tree>) -> Result<Template, PolicyError> {
    let kind = document.root.at(&["spec", "crd", "spec", "names", "kind"]).and_then(Node::as_str);
    let kind = kind.ok_or_else(|| document.error(document.root, "spec.crd.spec.names.kind: is missing"))?;
    let template = Template { file: document.file.clone(), tree: tree.clone(), kind: kind.into() };
    // Its mistakes are told whether a constraint uses it or not.
    rules(document)?;
    Ok(template)
}

/// Reads a constraint, as far as it needs no template.
pub(crate) fn constraint(document: &Document<'_>, tree: &Arc<Tree>) -> Result<Constraint, PolicyError> {
    Ok(Constraint {
        file: document.file.clone(),
        tree: tree.clone(),
        kind: text(document.root, "kind").into(),
        name: document.name()?.into(),
    })
}

/// A constraint with its template is a policy.
pub(crate) fn native(template: &Template, constraint: &Constraint) -> Result<Native, PolicyError> {
    let rules = rules(&Document { file: &template.file, root: template.tree.root() })?;
    let document = Document { file: &constraint.file, root: constraint.tree.root() };
    let spec = document.root.get("spec");
    let matching = ConstraintMatch::read(&document, spec.and_then(|spec| spec.get("match")))?;
    let actions = actions(&document, spec)?;
    let reach = Reach::Constraint { matching, object: constraint.tree.clone(), actions };
    Ok(Native { name: (*constraint.name).into(), rules, reach })
}

fn actions(document: &Document<'_>, spec: Option<Node<'_>>) -> Result<Actions, PolicyError> {
    let Some(spec) = spec else { return Ok(Actions::DENY) };
    let of = |word: &str| match word {
        "warn" => Actions { warn: true, ..Actions::default() },
        "dryrun" => Actions { audit: true, ..Actions::default() },
        _ => Actions::DENY,
    };
    let word = document.word(spec, "enforcementAction", "spec", &["deny", "warn", "dryrun", "scoped"])?;
    if word != Some("scoped") {
        return Ok(of(word.unwrap_or("deny")));
    }
    let mut actions = Actions::default();
    for scoped in spec.get("scopedEnforcementActions").into_iter().flat_map(Node::items) {
        let path = "spec.scopedEnforcementActions[*]";
        let word = document.word(scoped, "action", path, &["deny", "warn", "dryrun"])?;
        let Actions { deny, warn, audit } = of(word.unwrap_or("deny"));
        actions.deny |= deny;
        actions.warn |= warn;
        actions.audit |= audit;
    }
    Ok(actions)
}

/// What a template judges.
fn rules(document: &Document<'_>) -> Result<Rules, PolicyError> {
    let targets = document.root.at(&["spec", "targets"]).into_iter().flat_map(Node::items);
    let codes = targets.flat_map(|target| target.get("code").into_iter().flat_map(Node::items));
    let source = codes.filter(|code| text(*code, "engine") == ENGINE).find_map(|code| code.get("source"));
    // Gatekeeper takes CEL where a template has both.
    let Some(source) = source else {
        let rego = rego::source(document)?.ok_or_else(|| {
            let message = format!("{} has no source in CEL or Rego", document_name(document));
            document.error(document.root, message)
        })?;
        return Ok(Rules { rego: Some(rego), ..Rules::default() });
    };
    let path = "spec.targets[*].code[*].source";
    if let Some((field, value)) = source.entries().find(|(field, _)| !FIELDS.contains(field)) {
        return Err(document.error(value, format!("{}: no such field", join(path, field))));
    }
    let failure = document.word(source, "failurePolicy", path, &["Fail", "Ignore"])?;
    let own = admission::variables(document, source)?;
    if let Some((name, _)) = own.iter().find(|(name, _)| matches!(&**name, "params" | "anyObject")) {
        let message = format!("{}: {name:?} is Gatekeeper's own", join(path, "variables"));
        return Err(document.error(source, message));
    }
    let given = [
        (
            "anyObject",
            "has(request.operation) && request.operation == \"DELETE\" && object == null ? oldObject : object",
        ),
        ("params", "!has(params.spec) ? null : !has(params.spec.parameters) ? null : params.spec.parameters"),
    ];
    let at = Position { line: 1, column: 1 };
    let given = given.map(|(name, source)| (name.into(), Expression { source: source.into(), at }));
    let validations = admission::validations(document, source)?;
    if validations.is_empty() {
        return Err(document.error(source, format!("{}: is missing", join(path, "validations"))));
    }
    Ok(Rules {
        parameter_kind: None,
        conditions: admission::conditions(document, source)?,
        variables: given.into_iter().chain(own).collect(),
        validations,
        annotations: Vec::new(),
        mutations: Vec::new(),
        ignores_failures: failure == Some("Ignore"),
        rego: None,
    })
}

fn document_name(document: &Document<'_>) -> String {
    document.name().map_or_else(|_| "the template".to_owned(), str::to_owned)
}
