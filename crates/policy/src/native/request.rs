//! A request with an object, as far as a file tells of it: the one that creates it.

use std::borrow::Cow;
use std::sync::Arc;

use bulkhead_cel::{Map, Value};
use bulkhead_document::{Kind, Node, Tree};
use bulkhead_kinds::{KindInfo, Kinds};
use bulkhead_model::Namespace;

use super::rego::plain;
use crate::object::Facts;

/// What an unknown namespace is called in a gap.
pub(super) const NAMESPACE: &str = "object.metadata.namespace";
/// What a name is called that the server makes.
pub(super) const NAME: &str = "object.metadata.name";

/// A resource as a rule names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resource<'a> {
    pub(crate) group: Cow<'a, str>,
    pub(crate) version: Cow<'a, str>,
    pub(crate) name: Cow<'a, str>,
}

/// What is asked of the server with an object: a file is its creation, an admission request says more.
#[derive(Debug, Clone, Default)]
pub struct Review {
    /// The operation.
    pub operation: Operation,
    /// What is updated or deleted.
    pub old_object: Option<Tree>,
    /// Who asks, as `userInfo` of a request; a file does not tell.
    pub user: Option<serde_json::Value>,
}

/// What is done with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Operation {
    /// It is made.
    #[default]
    Create,
    /// It is changed.
    Update,
    /// It is deleted: then the old object is what is judged.
    Delete,
}

impl Operation {
    /// As rules and requests spell it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// A request with an object.
pub(crate) struct Request<'a> {
    pub(crate) operation: Operation,
    /// What was there before.
    pub(crate) old_object: Option<Node<'a>>,
    /// The object as the server holds it after decoding and defaulting.
    pub(crate) object: Node<'a>,
    pub(crate) kind: &'a str,
    /// Whether the version judged for serves the kind: else no policy of the server ever sees the object.
    pub(crate) is_served: bool,
    pub(crate) resource: Resource<'a>,
    /// Other resources under which the same objects are served.
    pub(crate) equivalents: Vec<Resource<'a>>,
    /// Nothing where the server will make one.
    pub(crate) name: Option<&'a str>,
    pub(crate) namespace: Namespace,
    /// Whether the kind has namespaces; nothing where that is not known.
    pub(crate) is_namespaced: Option<bool>,
    pub(crate) namespace_object: Option<Node<'a>>,
    /// Who asks, where that is known.
    pub(crate) user: Option<&'a serde_json::Value>,
}

impl<'a> Request<'a> {
    /// The request for an object; nothing where no policy ever sees it.
    pub(crate) fn new(
        object: Node<'a>,
        facts: &'a Facts<'a>,
        kinds: &'a Kinds,
        custom: Option<Custom<'a>>,
        namespace_object: Option<Node<'a>>,
        review: &'a Review,
    ) -> Option<Self> {
        let kind = &*facts.kind;
        let (group, version) = facts.api_version.rsplit_once('/').unwrap_or(("", &facts.api_version));
        // A policy that refuses policies could never be taken back.
        if group == "admissionregistration.k8s.io" {
            return None;
        }
        let name = match (facts.info, &custom) {
            (Some(info), _) => Cow::Borrowed(info.resource()?),
            (None, Some(custom)) => Cow::Borrowed(custom.plural),
            (None, None) => guessed_resource(kind).into(),
        };
        let resource = Resource { group: group.into(), version: version.into(), name };
        let is_namespaced = match (facts.info, custom) {
            (Some(info), _) => Some(info.is_namespaced()),
            (None, Some(custom)) => Some(custom.is_namespaced),
            (None, None) => facts.workload.namespace.name().map(|_| true),
        };
        let written = object.at(&["metadata", "name"]).and_then(Node::as_str);
        let namespace = match is_namespaced {
            Some(false) => Namespace::Cluster,
            _ => facts.workload.namespace.clone(),
        };
        Some(Self {
            operation: review.operation,
            old_object: review.old_object.as_ref().map(Tree::root),
            object,
            kind,
            is_served: facts.info.is_none_or(KindInfo::is_served),
            equivalents: equivalents(&resource, kind, kinds),
            resource,
            name: written.filter(|name| !name.is_empty()),
            namespace,
            is_namespaced,
            namespace_object,
            user: review.user.as_ref(),
        })
    }

    /// Whether it creates a Namespace, which the server treats as if it were in itself.
    pub(crate) fn is_for_namespace(&self) -> bool {
        self.resource.name == "namespaces" && self.resource.group.is_empty()
    }

    /// `object`: with what the server will fill in as unknown parts.
    pub(crate) fn object(&self) -> Value<'a> {
        if self.operation == Operation::Delete {
            return Value::Null;
        }
        let open = [
            (self.name.is_none(), "name", NAME),
            (self.namespace == Namespace::Unknown, "namespace", NAMESPACE),
        ];
        // A namespace that a run gives is one that the server would fill in.
        let written = self.object.at(&["metadata", "namespace"]);
        let given = self.namespace.name().filter(|_| written.is_none());
        if open.iter().all(|(is_open, ..)| !is_open) && given.is_none() {
            return self.object.into();
        }
        let mut metadata = match self.object.get("metadata") {
            Some(node) if matches!(node.kind(), Kind::Mapping(_)) => map_of(node),
            _ => Map::new(),
        };
        for (_, field, path) in open.iter().filter(|(is_open, ..)| *is_open) {
            metadata.set(field, Value::unknown(path));
        }
        if let Some(name) = given {
            metadata.set("namespace", Value::text(name));
        }
        let mut object = map_of(self.object);
        object.set("metadata", metadata.into());
        object.into()
    }

    /// `oldObject`: null where there was none.
    pub(crate) fn old_object(&self) -> Value<'a> {
        match self.operation {
            Operation::Create => Value::Null,
            // What is deleted is the object that is judged.
            Operation::Delete => self.old_object.unwrap_or(self.object).into(),
            Operation::Update => self.old_object.map_or_else(|| Value::unknown("oldObject"), Value::from),
        }
    }

    /// `request`.
    pub(crate) fn value(&self) -> Value<'a> {
        let Resource { group, version, name } = &self.resource;
        let text = |text: &str| Value::text(text);
        let mut kind = Map::new();
        let mut resource = Map::new();
        for (map, field, value) in [(&mut kind, "kind", self.kind), (&mut resource, "resource", &**name)] {
            map.set("group", text(group));
            map.set("version", text(version));
            map.set(field, text(value));
        }
        let (kind, resource) = (Arc::new(kind), Arc::new(resource));
        let mut request = Map::new();
        request.set("kind", Value::Map(kind.clone()));
        request.set("resource", Value::Map(resource.clone()));
        request.set("requestKind", Value::Map(kind));
        request.set("requestResource", Value::Map(resource));
        request.set("operation", text(self.operation.as_str()));
        if let Some(name) = self.name {
            request.set("name", text(name));
        } else {
            request.set("name", Value::unknown("request.name"));
        }
        let own = self.name.filter(|_| self.is_for_namespace());
        match (own.or(self.namespace.name()), &self.namespace) {
            (Some(namespace), _) => request.set("namespace", text(namespace)),
            (None, Namespace::Unknown) => request.set("namespace", Value::unknown("request.namespace")),
            (None, _) => (),
        }
        for field in ["userInfo", "dryRun", "options", "uid"] {
            request.set(field, Value::unknown(&format!("request.{field}")));
        }
        request.into()
    }

    /// The request as Gatekeeper hands it to Rego; what is not known is not there.
    pub(crate) fn review(&self) -> serde_json::Value {
        let Resource { group, version, name } = &self.resource;
        let mut review = serde_json::json!({
            "kind": {"group": group, "version": version, "kind": self.kind},
            "resource": {"group": group, "version": version, "resource": name},
            "operation": self.operation.as_str(),
            "object": plain(self.object),
            "oldObject": self.old_object.map(plain),
        });
        if self.operation == Operation::Delete {
            review["oldObject"] = review["object"].take();
        }
        if let Some(name) = self.name {
            review["name"] = name.into();
        }
        if let Some(namespace) = self.namespace.name() {
            review["namespace"] = namespace.into();
        }
        review
    }

    /// `namespaceObject`: null where there is none.
    pub(crate) fn namespace_value(&self) -> Value<'a> {
        match (&self.namespace_object, self.is_namespaced) {
            _ if self.is_for_namespace() => Value::Null,
            (_, Some(false)) => Value::Null,
            (Some(node), _) => Value::from(*node),
            (None, _) => Value::unknown("namespaceObject"),
        }
    }
}

/// What a `CustomResourceDefinition` says of an object's kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Custom<'a> {
    pub(crate) plural: &'a str,
    pub(crate) is_namespaced: bool,
}

/// The entries of a mapping, which is not copied below.
fn map_of(node: Node<'_>) -> Map<'_> {
    let mut map = Map::new();
    for (key, value) in node.entries() {
        map.set(key, Value::from(value));
    }
    map
}

/// Other versions of the same kind that are served; and events, which two groups share.
fn equivalents<'a>(resource: &Resource<'a>, kind: &str, kinds: &'a Kinds) -> Vec<Resource<'a>> {
    const EVENTS: [&str; 2] = ["", "events.k8s.io"];
    let shares = |group: &str| {
        *group == *resource.group
            || resource.name == "events" && EVENTS.contains(&group) && EVENTS.contains(&&*resource.group)
    };
    let served = |info: KindInfo<'a>| {
        let (group, version) = info.api_version().rsplit_once('/').unwrap_or(("", info.api_version()));
        let name = info.resource().filter(|name| *name == resource.name)?;
        let other = Resource { group: group.into(), version: version.into(), name: name.into() };
        (info.is_served() && shares(group) && other != *resource).then_some(other)
    };
    kinds.all().filter(|info| info.kind() == kind).filter_map(served).collect()
}

/// What a kind's resource is called where nobody says otherwise (apimachinery,
/// `UnsafeGuessKindToResource`).
fn guessed_resource(kind: &str) -> String {
    let lower = kind.to_lowercase();
    match lower.strip_suffix('y') {
        _ if lower.ends_with('s') => format!("{lower}es"),
        Some(stem) => format!("{stem}ies"),
        None => format!("{lower}s"),
    }
}
