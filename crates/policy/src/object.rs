//! What an object is, before it is judged: its kind, its names, where its Pods are.

use std::sync::Arc;

use bulkhead_document::{Node, Tree};
use bulkhead_kinds::{KindInfo, Kinds};
use bulkhead_model::{Gap, GapKind, Namespace, ObjectRef, Place, Subject, Workload};

use crate::judge::{Judge, Origin};

/// Facts of one object.
pub(crate) struct Facts<'k> {
    pub(crate) api_version: Arc<str>,
    pub(crate) group: Box<str>,
    pub(crate) kind: Arc<str>,
    pub(crate) subject: Arc<Subject>,
    pub(crate) workload: Arc<Workload>,
    /// What the target version says of its kind; nothing of custom resources.
    pub(crate) info: Option<KindInfo<'k>>,
}

/// Reads what must be known to judge an object.
pub(crate) fn facts<'k>(tree: &Tree, judge: &'k Judge, origin: Origin<'_>) -> Result<Facts<'k>, Box<Gap>> {
    let root = tree.root();
    let gap = |kind: GapKind, node: Node<'_>, message: String| {
        let position = tree.position(node.span().start);
        let place = Place {
            file: Some(origin.file.clone()),
            document: origin.document,
            line: Some(position.line),
            column: Some(position.column),
            object: None,
            field: None,
        };
        Box::new(Gap { kind, place, checks: Vec::new(), message: message.into() })
    };
    let text = |field: &str| match root.get(field) {
        Some(node) => node
            .as_str()
            .filter(|text| !text.is_empty())
            .ok_or_else(|| gap(GapKind::INVALID_OBJECT, node, format!("{field} is {node:?}, expected text"))),
        None => Err(gap(GapKind::INVALID_OBJECT, root, format!("the object has no {field}"))),
    };
    let (api_version, kind) = (text("apiVersion")?, text("kind")?);
    let kinds = judge.kinds;
    let info = kinds.find(api_version, kind);
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    if info.is_none() && is_builtin(kinds, group) {
        let message = format!("Kubernetes 1.{} has no kind {kind} in {api_version}", kinds.minor());
        return Err(gap(GapKind::UNKNOWN_KIND, root.get("kind").unwrap_or(root), message));
    }
    let metadata =
        |field: &str| root.at(&["metadata", field]).and_then(Node::as_str).filter(|text| !text.is_empty());
    let name: Arc<str> = match (metadata("name"), metadata("generateName")) {
        (Some(name), _) => name.into(),
        (None, Some(prefix)) => format!("{prefix}*").into(),
        (None, None) => "".into(),
    };
    let namespace = match (info.is_none_or(KindInfo::is_namespaced), metadata("namespace")) {
        (false, _) => Namespace::Cluster,
        (true, Some(namespace)) => Namespace::Named(namespace.into()),
        (true, None) => judge.settings.default_namespace.clone().map_or(Namespace::Unknown, Namespace::Named),
    };
    let workload = bulkhead_inventory::workload_of(root, namespace.clone());
    let subject =
        Subject::Object(ObjectRef { api_version: api_version.into(), kind: kind.into(), namespace, name });
    Ok(Facts {
        api_version: api_version.into(),
        group: group.into(),
        kind: kind.into(),
        subject: Arc::new(subject),
        workload: Arc::new(workload),
        info,
    })
}

/// Whether a group is Kubernetes' own: then a kind it lacks is a mistake, not a custom resource.
fn is_builtin(kinds: &Kinds, group: &str) -> bool {
    kinds
        .all()
        .any(|info| info.api_version().rsplit_once('/').map_or("", |(group, _)| group) == group)
}
