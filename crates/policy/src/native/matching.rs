//! `matchConstraints` and `matchResources`: which requests a policy or a binding is for.
//!
//! Source: k8s.io/apiserver, `pkg/admission/plugin/policy/matching` and `webhook/predicates`.

use bulkhead_document::Node;
use bulkhead_inventory::{Requirement, Selector};
use bulkhead_kinds::{KindInfo, Kinds};
use bulkhead_model::Namespace;

use super::document::{Document, join};
use super::request::{NAME, NAMESPACE, Request, Resource};
use super::truth::Truth;
use crate::read::PolicyError;

/// The label that every Namespace has.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// A set of conditions on requests.
#[derive(Debug, Clone, Default)]
pub(crate) struct MatchResources {
    rules: Vec<Rule>,
    excluded: Vec<Rule>,
    namespaces: Selector,
    objects: Selector,
    /// `matchPolicy: Equivalent`, the default: other versions of the same objects count too.
    equivalent: bool,
}

/// One resource rule.
#[derive(Debug, Clone)]
struct Rule {
    groups: Vec<Box<str>>,
    versions: Vec<Box<str>>,
    resources: Vec<Box<str>>,
    operations: Vec<Box<str>>,
    names: Vec<Box<str>>,
    scope: Scope,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    All,
    Namespaced,
    Cluster,
}

/// Whether a request is one of them.
#[derive(Debug)]
pub(crate) struct Matched {
    pub(crate) truth: Truth,
    /// The version that the object is seen in, where it is not its own.
    pub(crate) converted: Option<String>,
}

impl MatchResources {
    /// Reads them with the server's defaults.
    pub(crate) fn read(document: &Document<'_>, node: Node<'_>, path: &str) -> Result<Self, PolicyError> {
        let selector = |field: &str| match node.get(field).filter(|node| !node.is_null()) {
            None => Ok(Selector::default()),
            Some(selector) => Selector::of_labels_and_expressions(selector)
                .map_err(|error| document.error(selector, format!("{}: {error}", join(path, field)))),
        };
        let rules = |field: &str| {
            let items = node.get(field).into_iter().flat_map(Node::items).enumerate();
            let read = |(place, rule)| Rule::read(document, rule, &format!("{}[{place}]", join(path, field)));
            items.map(read).collect::<Result<Vec<_>, _>>()
        };
        let policy = document.word(node, "matchPolicy", path, &["Equivalent", "Exact"])?;
        Ok(Self {
            rules: rules("resourceRules")?,
            excluded: rules("excludeResourceRules")?,
            namespaces: selector("namespaceSelector")?,
            objects: selector("objectSelector")?,
            equivalent: policy != Some("Exact"),
        })
    }

    /// Those for one resource.
    pub(crate) fn of_resource(group: &str, version: &str, resource: &str, operations: &[&str]) -> Self {
        let rule = Rule {
            groups: vec![group.into()],
            versions: vec![version.into()],
            resources: vec![resource.into()],
            operations: operations.iter().map(|operation| (*operation).into()).collect(),
            names: Vec::new(),
            scope: Scope::All,
        };
        Self { rules: vec![rule], equivalent: true, ..Self::default() }
    }

    /// Whether it names any resources.
    pub(crate) fn has_rules(&self) -> bool {
        !self.rules.is_empty()
    }

    /// The kinds that its rules name without a wildcard, so many of each rule at most.
    pub(super) fn named_kinds<'k>(&self, kinds: &'k Kinds, most: usize) -> Vec<KindInfo<'k>> {
        let mut named: Vec<KindInfo<'k>> = Vec::new();
        for rule in &self.rules {
            let has = |items: &[Box<str>], wanted: &str| items.iter().any(|item| **item == *wanted);
            if [&rule.groups, &rule.versions].iter().any(|items| has(items, "*")) {
                continue;
            }
            let is_named = |info: &KindInfo<'k>| {
                let (group, version) =
                    info.api_version().rsplit_once('/').unwrap_or(("", info.api_version()));
                has(&rule.groups, group)
                    && has(&rule.versions, version)
                    && info.resource().is_some_and(|resource| has(&rule.resources, resource))
            };
            for info in kinds.all().filter(|info| info.is_served()).filter(is_named).take(most) {
                let kind = (info.api_version(), info.kind());
                if named.iter().all(|known| (known.api_version(), known.kind()) != kind) {
                    named.push(info);
                }
            }
        }
        named
    }

    /// Whether labels of namespaces decide.
    pub(crate) fn reads_namespaces(&self) -> bool {
        !self.namespaces.is_everything()
    }

    /// Whether a request is meant.
    pub(crate) fn matches(&self, request: &Request<'_>) -> Matched {
        let labels = request.object.at(&["metadata", "labels"]);
        let old = request.old_object.map(|old| old.at(&["metadata", "labels"]));
        let selected = |labels| self.objects.matches_node(labels);
        let (excluded, _) = self.any(&self.excluded, request);
        let (included, converted) =
            if self.rules.is_empty() { (Truth::Yes, None) } else { self.any(&self.rules, request) };
        let truth = included
            .and(|| excluded.not())
            .and(|| (self.objects.is_everything() || selected(labels) || old.is_some_and(selected)).into())
            .and(|| self.namespace(request));
        Matched { truth, converted }
    }

    fn any(&self, rules: &[Rule], request: &Request<'_>) -> (Truth, Option<String>) {
        let own = one_of(rules, request, &request.resource);
        if own == Truth::Yes || !self.equivalent {
            return (own, None);
        }
        let mut truth = own;
        let mut converted = None;
        for other in &request.equivalents {
            let found = one_of(rules, request, other);
            if found != Truth::No && truth == Truth::No {
                let Resource { group, version, .. } = other;
                let slash = if group.is_empty() { "" } else { "/" };
                converted = Some(format!("{group}{slash}{version}"));
            }
            truth = truth.or(|| found);
        }
        (truth, converted)
    }

    fn namespace(&self, request: &Request<'_>) -> Truth {
        if self.namespaces.is_everything() {
            return Truth::Yes;
        }
        if request.is_for_namespace() {
            let labels = request.object.at(&["metadata", "labels"]);
            return self.namespaces.matches_node(labels).into();
        }
        match (&request.namespace, request.is_namespaced, request.namespace_object) {
            (_, Some(false), _) | (Namespace::Cluster, ..) => Truth::Yes,
            (Namespace::Named(_), _, Some(object)) => {
                self.namespaces.matches_node(object.at(&["metadata", "labels"])).into()
            }
            (Namespace::Named(name), _, None) => selects_by_name(&self.namespaces, name),
            (Namespace::Unknown, ..) => Truth::hangs_on(NAMESPACE),
        }
    }
}

/// Of a namespace that nobody wrote down the name alone is known, which is a label too.
pub(super) fn selects_by_name(selector: &Selector, name: &str) -> Truth {
    selector.requirements.iter().fold(Truth::Yes, |truth, requirement| {
        let (Requirement::In(key, _)
        | Requirement::NotIn(key, _)
        | Requirement::Exists(key)
        | Requirement::DoesNotExist(key)) = requirement;
        let alone = Selector { requirements: vec![requirement.clone()] };
        truth.and(|| {
            if key == NAME_LABEL {
                alone.matches(|_| Some(name)).into()
            } else {
                Truth::hangs_on(format!("namespaceObject.metadata.labels[{key:?}]"))
            }
        })
    })
}

fn one_of(rules: &[Rule], request: &Request<'_>, resource: &Resource<'_>) -> Truth {
    rules.iter().fold(Truth::No, |truth, rule| truth.or(|| rule.matches(request, resource)))
}

impl Rule {
    fn read(document: &Document<'_>, node: Node<'_>, path: &str) -> Result<Self, PolicyError> {
        let some = |field: &str| {
            let texts = document.texts(node, field, path)?;
            if texts.is_empty() {
                return Err(document.error(node, format!("{}: is missing", join(path, field))));
            }
            Ok(texts)
        };
        for operation in node.get("operations").into_iter().flat_map(Node::items) {
            if !matches!(operation.as_str(), Some("*" | "CREATE" | "UPDATE" | "DELETE" | "CONNECT")) {
                let path = join(path, "operations");
                let message = format!("{path}: {operation:?} is none of CREATE, UPDATE, DELETE, CONNECT, *");
                return Err(document.error(operation, message));
            }
        }
        let scope = match document.word(node, "scope", path, &["*", "Namespaced", "Cluster"])? {
            Some("Namespaced") => Scope::Namespaced,
            Some("Cluster") => Scope::Cluster,
            _ => Scope::All,
        };
        Ok(Self {
            groups: some("apiGroups")?,
            versions: some("apiVersions")?,
            resources: some("resources")?,
            operations: some("operations")?,
            names: document.texts(node, "resourceNames", path)?,
            scope,
        })
    }

    fn matches(&self, request: &Request<'_>, resource: &Resource<'_>) -> Truth {
        let has =
            |items: &[Box<str>], wanted: &str| items.iter().any(|item| **item == *"*" || **item == *wanted);
        let resources = || {
            self.resources.iter().any(|item| match item.split_once('/') {
                None => **item == *"*" || **item == *resource.name,
                // A request for the object itself has the empty subresource.
                Some((name, sub)) => matches!(sub, "*" | "") && (name == "*" || *name == *resource.name),
            })
        };
        let plain = has(&self.groups, &resource.group)
            && has(&self.versions, &resource.version)
            && has(&self.operations, request.operation.as_str())
            && resources();
        Truth::from(plain).and(|| self.scope(request)).and(|| self.named(request))
    }

    fn scope(&self, request: &Request<'_>) -> Truth {
        let wanted = match self.scope {
            Scope::All => return Truth::Yes,
            Scope::Namespaced => true,
            Scope::Cluster => false,
        };
        request.is_namespaced.map_or_else(
            || Truth::hangs_on(format!("the scope of {}", request.kind)),
            |is_namespaced| (is_namespaced == wanted).into(),
        )
    }

    fn named(&self, request: &Request<'_>) -> Truth {
        match request.name {
            _ if self.names.is_empty() => Truth::Yes,
            Some(name) => self.names.iter().any(|known| **known == *name).into(),
            None => Truth::hangs_on(NAME),
        }
    }
}
