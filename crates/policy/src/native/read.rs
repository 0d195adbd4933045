//! Native policies out of a file that may hold other objects too.

use std::sync::Arc;

use bulkhead_document::{Node, Tree};
use bulkhead_kinds::{Kinds, SUPPORTED};
use bulkhead_model::Severity;

use super::constraint::{self, Constraint, Template};
use super::document::Document;
use super::mutating::read as mutating;
use super::{Native, admission, binding, compile};
use crate::kyverno::{policy as kyverno, validating};
use crate::policy::{Minors, Policy, Set, Unit};
use crate::read::PolicyError;

/// What annotations of a policy begin with that say more of it than its kind can.
const PREFIX: &str = "bulkhead.dev/";

/// What an object of a policy's file is.
pub(crate) enum Object {
    Policy(Box<Policy>),
    /// One that changes objects and judges none.
    Mutating(Box<Policy>),
    Template(Template),
    Constraint(Constraint),
    /// A binding, a parameter object, a Namespace, or something else that may be asked for.
    Companion(Box<Tree>),
}

/// Whether a document is for this reader: an object of somebody else's API.
pub(crate) fn is_foreign(root: Node<'_>) -> bool {
    let text = |field| root.get(field).and_then(Node::as_str);
    text("kind").is_some() && text("apiVersion").is_some_and(|version| !version.starts_with("bulkhead.dev/"))
}

/// Reads the objects of a document, a List's items each.
pub(crate) fn objects(
    file: &Arc<str>,
    text: &Arc<str>,
    number: usize,
    tree: &Tree,
) -> Result<Vec<Object>, PolicyError> {
    let root = tree.root();
    let is_list = root.get("kind").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("List"));
    let items = root.get("items").filter(|_| is_list);
    let roots: Vec<_> = items.map_or_else(|| vec![root.id()], |items| items.items().map(Node::id).collect());
    let object = |id| {
        let mut tree = tree.clone();
        tree.set_root(id);
        object(file, text, number, tree)
    };
    roots.into_iter().map(object).collect()
}

fn object(file: &Arc<str>, text: &Arc<str>, number: usize, tree: Tree) -> Result<Object, PolicyError> {
    let document = Document { file, root: tree.root() };
    let root = tree.root();
    let known = Kinds::for_minor(*SUPPORTED.end());
    if admission::is_policy(root) {
        if let Some(kinds) = known {
            document.check_fields(&tree, kinds)?;
        }
        let native = admission::read(&document)?;
        let page = Page { document: &document, id: document.name()?, text, number, also: None };
        return Ok(Object::Policy(Box::new(page.policy(native)?)));
    }
    if mutating::is_policy(root) {
        if let Some(kinds) = known {
            document.check_fields(&tree, kinds)?;
        }
        let native = mutating::read(&document)?;
        let page = Page { document: &document, id: document.name()?, text, number, also: None };
        return Ok(Object::Mutating(Box::new(page.policy(native)?)));
    }
    if kyverno::is_policy(root) {
        let policy = kyverno::Policy::read(&document)?;
        let page = Page { document: &document, id: document.name()?, text, number, also: None };
        let declared = page.declared()?;
        return Ok(Object::Policy(Box::new(Policy { kyverno: Some(Arc::new(policy)), ..declared })));
    }
    if validating::is_policy(root) || validating::other(root).is_some() {
        let page = Page { document: &document, id: document.name()?, text, number, also: None };
        return Ok(Object::Policy(Box::new(validating_policy(&document, page.declared()?)?)));
    }
    if constraint::is_template(root) {
        let tree = Arc::new(tree.clone());
        return Ok(Object::Template(constraint::template(&document, &tree)?));
    }
    if constraint::is_constraint(root) {
        let tree = Arc::new(tree.clone());
        return Ok(Object::Constraint(constraint::constraint(&document, &tree)?));
    }
    if binding::is_binding(root) {
        if let Some(kinds) = known {
            document.check_fields(&tree, kinds)?;
        }
        binding::read(&document)?;
    }
    Ok(Object::Companion(Box::new(tree)))
}

/// A policy of Kyverno's group of policies in CEL; where nothing here can judge by it, one that says why.
fn validating_policy(document: &Document<'_>, declared: Policy) -> Result<Policy, PolicyError> {
    let unjudged = |why: String| {
        let id = declared.id.clone();
        let kyverno = Some(Arc::new(kyverno::Policy::unjudged(&id, why)));
        Ok(Policy { kyverno, ..declared.clone() })
    };
    if let Some(kind) = validating::other(document.root) {
        return unjudged(kind.to_owned());
    }
    let natives = match validating::read(document)? {
        Ok(natives) => natives.into_iter().map(Arc::new).collect::<Vec<_>>(),
        Err(why) => return unjudged(why),
    };
    // What is wrong with it may be that it uses what only Kyverno has.
    for native in &natives {
        if let Err(error) = compile::prepare(&declared, native, None, *SUPPORTED.end()) {
            return unjudged(format!("{}:{}: {}", error.line, error.column, error.message));
        }
    }
    let mut natives = natives.into_iter();
    Ok(Policy { native: natives.next(), more: natives.collect(), ..declared })
}

/// The policy that a constraint and its template make.
pub(crate) fn constraint_policy(template: &Template, constraint: &Constraint) -> Result<Policy, PolicyError> {
    let native = constraint::native(template, constraint)?;
    let document = Document { file: &constraint.file, root: constraint.tree.root() };
    let also = Document { file: &template.file, root: template.tree.root() };
    let id = format!("{}/{}", also.name()?, constraint.name);
    let text: Arc<str> = if Arc::ptr_eq(template.tree.source(), constraint.tree.source()) {
        constraint.tree.source().clone()
    } else {
        format!("{}\n---\n{}", template.tree.source(), constraint.tree.source()).into()
    };
    let page = Page { document: &document, id: &id, text: &text, number: 0, also: Some(&also) };
    page.policy(native)
}

/// What a native policy says of itself besides its rules.
struct Page<'p, 'a> {
    document: &'p Document<'a>,
    id: &'p str,
    text: &'p Arc<str>,
    number: usize,
    /// Where annotations are looked for that the object itself has not.
    also: Option<&'p Document<'a>>,
}

impl Page<'_, '_> {
    fn annotation(&self, names: &[&str]) -> Option<(&Document<'_>, Node<'_>, &str)> {
        let documents = [Some(self.document), self.also];
        let found = documents.into_iter().flatten().find_map(|document| {
            let node = names.iter().find_map(|name| document.annotation(name))?;
            Some((document, node, node.as_str()?))
        });
        found.filter(|(_, _, text)| !text.trim().is_empty())
    }

    fn own<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, PolicyError>
    where
        T::Err: std::fmt::Display,
    {
        let name = format!("{PREFIX}{name}");
        let Some((document, node, text)) = self.annotation(&[&name]) else { return Ok(None) };
        let parsed = text.trim().parse().map(Some);
        parsed.map_err(|error| document.error(node, format!("metadata.annotations['{name}']: {error}")))
    }

    fn policy(&self, native: Native) -> Result<Policy, PolicyError> {
        Ok(Policy { native: Some(Arc::new(native)), ..self.declared()? })
    }

    /// How bad a violation is, where the policy says so; Kyverno has its own annotation.
    fn severity(&self) -> Result<Option<Severity>, PolicyError> {
        let own = self.own("severity")?;
        let Some((document, node, text)) = self.annotation(&["policies.kyverno.io/severity"]) else {
            return Ok(own);
        };
        let text = if text.trim() == "info" { "low" } else { text.trim() };
        let parsed = text.parse().map(|severity| own.or(Some(severity)));
        parsed.map_err(|error| {
            document.error(node, format!("metadata.annotations['policies.kyverno.io/severity']: {error}"))
        })
    }

    /// All that is not its rules.
    fn declared(&self) -> Result<Policy, PolicyError> {
        let severity = self.severity()?;
        let set: Option<Set> = self.own("set")?;
        let id: Option<String> = self.own("id")?;
        let id: Arc<str> = id.unwrap_or_else(|| self.id.to_owned()).into();
        let text = |names: &[&str], otherwise: String| -> Arc<str> {
            self.annotation(names).map_or_else(|| otherwise.into(), |(_, _, text)| text.trim().into())
        };
        let kind = self.document.root.get("kind").and_then(Node::as_str).unwrap_or("policy");
        let title = ["bulkhead.dev/title", "metadata.gatekeeper.sh/title", "policies.kyverno.io/title"];
        let why = [
            "bulkhead.dev/why",
            "kubernetes.io/description",
            "policies.kyverno.io/description",
            "description",
        ];
        let category = self.annotation(&["policies.kyverno.io/category"]);
        let mut standards = std::collections::BTreeMap::new();
        if let Some((.., category)) = category {
            standards.insert("kyverno-category".to_owned(), vec![category.trim().to_owned()]);
        }
        let position = self.document.root.tree().position(self.document.root.span().start);
        Ok(Policy {
            title: text(&title, format!("Refused by {id}")),
            severity: severity.unwrap_or(Severity::High),
            set: set.unwrap_or_default(),
            why: text(&why, format!("The {kind} {id} does not admit this object.")),
            fix: text(&["bulkhead.dev/fix"], format!("Change the object so that {id} admits it")),
            id,
            standards,
            aliases: std::collections::BTreeMap::new(),
            parameters: Vec::new(),
            file: self.document.file.clone(),
            line: position.line,
            text: self.text.clone(),
            document: self.number,
            kubernetes: Minors::ALL,
            unit: Unit::Native,
            kinds: Vec::new(),
            when: None,
            variables: Vec::new(),
            find: Vec::new(),
            native: None,
            more: Vec::new(),
            kyverno: None,
            sets_severity: severity.is_some(),
        })
    }
}
