//! Lists: how their items are told apart, and `List` kinds taken apart.

use bulkhead_document::{Entry, Kind, NodeId, Origin, Tree};

use crate::normalise::Step;
use crate::schema::{FieldType, Kinds, ListKey, Type};

impl Kinds {
    /// How the items of a list are told apart; the path leads from the root of one of Kubernetes' own
    /// kinds to the list. `None` where the path leads elsewhere.
    pub fn list_map_keys(&self, api_version: &str, kind: &str, path: &[Step]) -> Option<ListKey<'_>> {
        list_key(self.find(api_version, kind)?.object_type()?, path)
    }

    /// The same, from a Pod or the template of one: `spec.containers[0].ports`.
    pub fn pod_list_map_keys(&self, path: &[Step]) -> Option<ListKey<'_>> {
        list_key(self.type_named("core/v1.PodTemplateSpec")?, path)
    }
}

fn list_key<'k>(root: Type<'k>, path: &[Step]) -> Option<ListKey<'k>> {
    let mut at = FieldType::Object(root);
    let mut key = None;
    for step in path {
        key = None;
        at = match (at, step) {
            (FieldType::Object(inner) | FieldType::Either(_, inner), Step::Key(name)) => {
                let field = inner.field(*name)?;
                key = Some(field.list_key());
                field.field_type()
            }
            (FieldType::Map(values), Step::Key(_)) => values.form(),
            (FieldType::List(items), Step::Index(_)) => items.form(),
            (FieldType::Either(other, _), Step::Index(_)) => match other.form() {
                FieldType::List(items) => items.form(),
                _ => return None,
            },
            _ => return None,
        };
    }
    matches!(at, FieldType::List(_)).then_some(key)?
}

/// The objects of a document that is a list (`kind: List`, `PodList` and such), each ready to be the
/// tree's root; `None` where it is no list. An item of a typed list that does not say its kind gets it
/// from the list's.
pub fn items_of_list(tree: &mut Tree) -> Option<Vec<NodeId>> {
    let root = tree.root();
    let kind = root.get("kind")?;
    let of = kind.as_str()?.strip_suffix("List")?.to_owned();
    let api_version = root.get("apiVersion")?;
    // A custom resource may be named so, too; it then has a name.
    if root.at(&["metadata", "name"]).is_some() || api_version.as_str().is_none() {
        return None;
    }
    let items = root.get("items")?;
    if !matches!(items.kind(), Kind::Sequence(_)) {
        return None;
    }
    let (kind_span, version) = (kind.span(), api_version.id());
    let items = items.item_ids().to_vec();
    if of.is_empty() {
        return Some(items);
    }
    let (kind_key, version_key) = (tree.intern("kind"), tree.intern("apiVersion"));
    let mut made = None;
    let mut complete = |item: NodeId| {
        let view = tree.node(item);
        if !matches!(view.kind(), Kind::Mapping(_)) || view.get_key(kind_key).is_some() {
            return item;
        }
        let (span, origin) = (view.span(), view.origin());
        let mut entries = view.raw_entries().to_vec();
        if view.get_key(version_key).is_none() {
            entries.push(Entry { key: version_key, value: version, span: kind_span });
        }
        let value = *made.get_or_insert_with(|| tree.add_scalar(Kind::Text(&of), kind_span, Origin::Default));
        entries.push(Entry { key: kind_key, value, span: kind_span });
        tree.add_mapping(&entries, span, origin)
    };
    Some(items.into_iter().map(&mut complete).collect())
}

#[cfg(test)]
mod tests {
    use bulkhead_document::{Key, Limits, Node};

    use super::*;

    fn steps(path: &[&str]) -> Vec<Step> {
        let step =
            |name: &&str| name.parse().map_or_else(|_| Step::Key(Key::known(name).unwrap()), Step::Index);
        path.iter().map(step).collect()
    }

    #[test]
    fn lists_by_their_keys() {
        let kinds = Kinds::for_minor(35).unwrap();
        let keys =
            |names: &[&str]| -> Vec<Key> { names.iter().map(|name| Key::known(name).unwrap()).collect() };
        let pod = |path: &[&str]| kinds.pod_list_map_keys(&steps(path));
        assert_eq!(pod(&["spec", "containers"]), Some(ListKey::Keys(&keys(&["name"]))));
        let ports = pod(&["spec", "containers", "0", "ports"]);
        assert_eq!(ports, Some(ListKey::Keys(&keys(&["containerPort", "protocol"]))));
        assert_eq!(pod(&["spec", "tolerations"]), Some(ListKey::Position));
        assert_eq!(pod(&["metadata", "finalizers"]), Some(ListKey::Value));
        assert_eq!(pod(&["spec", "containers", "0"]), None);
        assert_eq!(pod(&["spec", "jobTemplate"]), None);
        let deployment = |path: &[&str]| kinds.list_map_keys("apps/v1", "Deployment", &steps(path));
        assert_eq!(
            deployment(&["spec", "template", "spec", "volumes"]),
            Some(ListKey::Keys(&keys(&["name"])))
        );
        let service = kinds.list_map_keys("v1", "Service", &steps(&["spec", "ports"]));
        assert_eq!(service, Some(ListKey::Keys(&keys(&["port", "protocol"]))));
        let policy =
            kinds.list_map_keys("networking.k8s.io/v1", "NetworkPolicy", &steps(&["spec", "ingress"]));
        assert_eq!(policy, Some(ListKey::Position));
    }

    #[test]
    fn items_get_the_kind_of_their_list() {
        let read =
            |text: &str| bulkhead_document::read(text.into(), &Limits::default()).next().unwrap().unwrap();
        let mut tree = read(
            "apiVersion: v1\nkind: PodList\nitems:\n- {metadata: {name: a}}\n- {kind: Pod, apiVersion: v1}\n- 5\n",
        );
        let items = items_of_list(&mut tree).unwrap();
        let kinds: Vec<_> =
            items.iter().map(|item| tree.node(*item).get("kind").and_then(Node::as_str)).collect();
        assert_eq!(kinds, [Some("Pod"), Some("Pod"), None]);
        assert_eq!(tree.node(items[0]).get("apiVersion").unwrap().as_str(), Some("v1"));

        let mut tree = read("apiVersion: v1\nkind: List\nitems: [{kind: A}, {kind: B}]\n");
        assert_eq!(items_of_list(&mut tree).unwrap().len(), 2);

        for text in [
            "apiVersion: v1\nkind: Pod\nitems: []\n",
            "apiVersion: a/v1\nkind: AllowList\nmetadata: {name: a}\nitems: []\n",
            "apiVersion: v1\nkind: List\nitems: 5\n",
            "5",
        ] {
            assert_eq!(items_of_list(&mut read(text)), None, "{text}");
        }
    }
}
