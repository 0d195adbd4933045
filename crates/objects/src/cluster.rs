//! All objects of a source, asked as checks ask.

use std::collections::{BTreeMap, BTreeSet};

use bulkhead_inventory::{Inventory, Object, Selector, Word};

use crate::facts::{Detail, Details, Target};

pub(crate) struct Cluster<'a> {
    pub(crate) inventory: &'a Inventory,
    details: &'a Details,
    /// Names of objects that can be named, by kind, whatever their namespace.
    names: BTreeSet<(Target, &'a str)>,
    /// What controllers make, with the namespace of what they make it from.
    made: BTreeMap<(Target, &'a str), Vec<Option<&'a str>>>,
    /// To how few Pods autoscalers may bring a workload of a group, kind and name in a namespace.
    least: BTreeMap<(Word, Word, Word, Option<&'a str>), i64>,
}

/// Whether something is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    There,
    /// It is there, the key in it is not.
    WithoutKey,
    Missing,
}

impl<'a> Cluster<'a> {
    pub(crate) fn new(inventory: &'a Inventory, details: &'a Details) -> Self {
        let mut names = BTreeSet::new();
        for target in
            [Target::Secret, Target::ConfigMap, Target::ServiceAccount, Target::VolumeClaim, Target::Service]
        {
            names.extend(inventory.of_kind("", target.kind()).map(|object| (target, object.name())));
        }
        let mut made: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut least: BTreeMap<_, i64> = BTreeMap::new();
        for (id, detail) in details.iter() {
            let Some(object) = inventory.object(id) else { continue };
            match detail {
                Detail::Makes { target, name } => {
                    made.entry((*target, inventory.text(*name))).or_default().push(object.namespace());
                }
                Detail::Scales(scales) if object.kind() == "HorizontalPodAutoscaler" => {
                    let key = (scales.group, scales.kind, scales.name, object.namespace());
                    least.entry(key).or_insert(scales.least.unwrap_or(1));
                }
                _ => {}
            }
        }
        Self { inventory, details, names, made, least }
    }

    /// Everything that objects say, with who says it.
    pub(crate) fn said(&self) -> impl Iterator<Item = (Object<'a>, &'a Detail)> {
        let inventory = self.inventory;
        self.details.iter().filter_map(move |(id, detail)| Some((inventory.object(id)?, detail)))
    }

    /// What one object says.
    pub(crate) fn said_by(&self, object: Object<'a>) -> impl Iterator<Item = &'a Detail> {
        self.details.of(object.id())
    }

    /// The text of a word.
    pub(crate) fn text(&self, word: Word) -> &'a str {
        self.inventory.text(word)
    }

    /// To how few Pods an autoscaler may bring a workload.
    pub(crate) fn scaled_to(&self, workload: Object<'a>) -> Option<i64> {
        let word = |text| self.inventory.number(text);
        let key =
            (word(workload.group())?, word(workload.kind())?, word(workload.name())?, workload.namespace());
        self.least.get(&key).copied()
    }

    /// What runs Pods and has no owner here: a Deployment rather than its Pods.
    pub(crate) fn workloads(&self) -> impl Iterator<Item = Object<'a>> {
        let inventory = self.inventory;
        inventory.objects().filter(move |object| {
            object.pod_labels().is_some() && object.owners().len() == 0 && object.kind() != "PodTemplate"
        })
    }

    /// What runs Pods that a selector selects, as seen from an object's namespace. Where a file leaves the
    /// namespace open, the Pods may be in any.
    pub(crate) fn selected(&self, from: Object<'_>, selector: &Selector) -> Vec<Object<'a>> {
        if let Some(namespace) = from.namespace() {
            let mut pods = self.inventory.pods_selected(Some(namespace), selector);
            pods.extend(self.inventory.pods_selected(None, selector));
            return pods;
        }
        let selects = |object: &Object<'a>| {
            object.pod_labels().is_some_and(|labels| selector.matches(|key| labels.get(key)))
        };
        self.inventory.objects().filter(selects).collect()
    }

    /// Whether what an object names is there, as seen from its namespace.
    pub(crate) fn presence(
        &self,
        from: Object<'_>,
        target: Target,
        name: &str,
        key: Option<&str>,
    ) -> Presence {
        let namespace = from.namespace();
        let is_near = |other: Option<&str>| namespace.is_none() || other.is_none() || other == namespace;
        if is_always_there(target, name)
            || self
                .made
                .get(&(target, name))
                .is_some_and(|made| made.iter().any(|other| is_near(*other)))
        {
            return Presence::There;
        }
        if !self.names.contains(&(target, name)) {
            return Presence::Missing;
        }
        let mut found: Vec<_> = self.inventory.named("", target.kind(), namespace, name).collect();
        if namespace.is_some() {
            found.extend(self.inventory.named("", target.kind(), None, name));
        } else if found.is_empty() {
            found.extend(self.inventory.of_kind("", target.kind()).filter(|object| object.name() == name));
        }
        let has = |object: &Object<'a>, key: &str| {
            self.said_by(*object).any(|detail| match detail {
                // A Secret that comes without data is filled by somebody else.
                Detail::Keys(keys) => keys.is_empty() || keys.iter().any(|other| self.text(*other) == key),
                _ => false,
            })
        };
        match (found.is_empty(), key) {
            (true, _) => Presence::Missing,
            (false, Some(key)) if !found.iter().any(|object| has(object, key)) => Presence::WithoutKey,
            (false, _) => Presence::There,
        }
    }
}

/// What every namespace has without anybody writing it.
fn is_always_there(target: Target, name: &str) -> bool {
    matches!(
        (target, name),
        (Target::ServiceAccount, "default")
            | (Target::ConfigMap, "kube-root-ca.crt" | "openshift-service-ca.crt")
    )
}
