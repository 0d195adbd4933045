//! Kinds: what is served under which name, and when it came and went.

use crate::data;
use crate::schema::{Kinds, Type, TypeId};

/// Kinds that went before the oldest version we are built against, so that no type says so any more.
/// Source: <https://kubernetes.io/docs/reference/using-api/deprecation-guide/>.
pub(crate) const LONG_GONE: &str = include_str!("../data/long-gone.txt");

#[derive(Debug)]
pub(crate) struct KindRecord {
    api_version: &'static str,
    kind: &'static str,
    type_id: Option<TypeId>,
    resource: Option<&'static str>,
    namespaced: bool,
    served: bool,
    subresources: &'static str,
    life: Lifecycle,
}

/// When a kind came and went, as minor versions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// First served.
    pub introduced: Option<u32>,
    /// Deprecated: still served, with a warning.
    pub deprecated: Option<u32>,
    /// Served no more.
    pub removed: Option<u32>,
    /// `apiVersion` and kind to use instead.
    pub replaced_by: Option<(&'static str, &'static str)>,
}

/// What is known of a kind.
#[derive(Debug, Clone, Copy)]
pub struct KindInfo<'k> {
    kinds: &'k Kinds,
    record: &'k KindRecord,
}

impl<'k> KindInfo<'k> {
    /// Group and version, such as `apps/v1`.
    pub fn api_version(self) -> &'static str {
        self.record.api_version
    }

    /// The kind, such as `Deployment`.
    pub fn kind(self) -> &'static str {
        self.record.kind
    }

    /// Its name in URLs and rules: `deployments`. Kinds that are posted to another resource have none.
    pub fn resource(self) -> Option<&'static str> {
        self.record.resource
    }

    /// What can follow the resource: `scale`, `status`.
    pub fn subresources(self) -> impl Iterator<Item = &'static str> {
        self.record.subresources.split(',').filter(|name| !name.is_empty())
    }

    /// Whether its objects live in namespaces.
    pub fn is_namespaced(self) -> bool {
        self.record.namespaced
    }

    /// Whether this version serves it, were all its groups switched on.
    pub fn is_served(self) -> bool {
        self.record.served && !self.is_to_come()
    }

    /// Whether this version serves it no more.
    pub fn is_removed(self) -> bool {
        !self.record.served && !self.is_to_come()
    }

    /// Whether only a later version serves it.
    pub fn is_to_come(self) -> bool {
        self.record.life.introduced.is_some_and(|minor| minor > self.kinds.minor)
    }

    /// Whether it is deprecated in this version.
    pub fn is_deprecated(self) -> bool {
        self.record.life.deprecated.is_some_and(|minor| minor <= self.kinds.minor)
    }

    /// When it came and went.
    pub fn lifecycle(self) -> Lifecycle {
        self.record.life
    }

    /// Its type; a kind that went long ago has none.
    pub fn object_type(self) -> Option<Type<'k>> {
        self.record.type_id.map(|id| self.kinds.type_of(id))
    }
}

impl Kinds {
    /// What is known of a kind, if it is one of Kubernetes' own.
    pub fn find(&self, api_version: &str, kind: &str) -> Option<KindInfo<'_>> {
        let number = self.kind_numbers.get(&(api_version, kind))?;
        let record = self.kinds.get(usize::from(*number))?;
        Some(KindInfo { kinds: self, record })
    }

    /// All kinds of Kubernetes' own, by `apiVersion` and kind.
    pub fn all(&self) -> impl Iterator<Item = KindInfo<'_>> {
        self.kinds.iter().map(|record| KindInfo { kinds: self, record })
    }
}

/// Reads the kinds and their lives.
pub(crate) fn load(kinds: &mut Kinds) {
    for line in data::KINDS.lines().chain(LONG_GONE.lines()) {
        let Some(line) = data::holds_in(line, kinds.minor) else { continue };
        if let Some(rest) = line.strip_prefix("kind ") {
            add_kind(kinds, rest);
        } else if let Some(rest) = line.strip_prefix("life ") {
            add_life(kinds, rest);
        }
    }
}

fn add_kind(kinds: &mut Kinds, line: &'static str) -> Option<()> {
    let mut words = line.split(' ');
    let (api_version, kind, type_name) = (words.next()?, words.next()?, words.next()?);
    let mut record = KindRecord {
        api_version,
        kind,
        type_id: kinds.type_numbers.get(type_name).copied(),
        resource: None,
        namespaced: false,
        served: true,
        subresources: "",
        life: Lifecycle::default(),
    };
    for word in words {
        match word {
            "namespaced" => record.namespaced = true,
            "unserved" => record.served = false,
            // It has no resource of its own, but is sent to that of another kind.
            "posted" => (),
            _ => match word.strip_prefix("sub=") {
                Some(names) => record.subresources = names,
                None => record.resource = Some(word),
            },
        }
    }
    let number = u16::try_from(kinds.kinds.len()).ok()?;
    kinds.kind_numbers.insert((api_version, kind), number);
    kinds.kinds.push(record);
    Some(())
}

fn add_life(kinds: &mut Kinds, line: &'static str) -> Option<()> {
    let mut words = line.split(' ');
    let name = (words.next()?, words.next()?);
    let number = kinds.kind_numbers.get(&name)?;
    let record = kinds.kinds.get_mut(usize::from(*number))?;
    for word in words {
        match word.split_once('=')? {
            ("introduced", minor) => record.life.introduced = minor.parse().ok(),
            ("deprecated", minor) => record.life.deprecated = minor.parse().ok(),
            ("removed", minor) => record.life.removed = minor.parse().ok(),
            ("replaced", by) => record.life.replaced_by = by.split_once(','),
            _ => return None,
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::Kinds;

    /// Served, removed or to come.
    fn state(minor: u32, api_version: &str, kind: &str) -> &'static str {
        let found = Kinds::for_minor(minor).unwrap().find(api_version, kind).unwrap();
        match (found.is_served(), found.is_removed(), found.is_to_come()) {
            (true, false, false) => "served",
            (false, true, false) => "removed",
            (false, false, true) => "to come",
            _ => "unclear",
        }
    }

    #[test]
    fn kinds_come_and_go() {
        let flow = ("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema");
        let budget = ("policy/v1beta1", "PodDisruptionBudget");
        let address = ("networking.k8s.io/v1", "IPAddress");
        let device = ("resource.k8s.io/v1", "DeviceClass");
        for (minor, (api_version, kind), wanted) in [
            (31, ("apps/v1", "Deployment"), "served"),
            (36, ("apps/v1", "Deployment"), "served"),
            (31, flow, "served"),
            (32, flow, "removed"),
            (31, budget, "removed"),
            (32, address, "to come"),
            (33, address, "served"),
            (31, device, "to come"),
            (34, device, "served"),
            (36, ("resource.k8s.io/v1alpha3", "DeviceClass"), "removed"),
            (36, ("policy/v1beta1", "PodSecurityPolicy"), "removed"),
            (36, ("extensions/v1beta1", "Ingress"), "removed"),
        ] {
            assert_eq!(state(minor, api_version, kind), wanted, "{api_version} {kind} in 1.{minor}");
        }
    }

    #[test]
    fn what_is_known_of_a_kind() {
        let kinds = Kinds::for_minor(35).unwrap();
        let deployment = kinds.find("apps/v1", "Deployment").unwrap();
        assert_eq!(deployment.resource(), Some("deployments"));
        assert_eq!(deployment.subresources().collect::<Vec<_>>(), ["scale", "status"]);
        assert!(deployment.is_namespaced() && !deployment.is_deprecated());
        assert_eq!(deployment.object_type().unwrap().name(), "apps/v1.Deployment");
        assert!(!kinds.find("v1", "Namespace").unwrap().is_namespaced());
        assert!(kinds.find("apps/v1", "Deploymant").is_none());

        let old = kinds.find("batch/v1beta1", "CronJob").unwrap();
        assert_eq!(old.lifecycle().removed, Some(25));
        assert_eq!(old.lifecycle().replaced_by, Some(("batch/v1", "CronJob")));
        assert!(old.is_namespaced() && old.object_type().is_some());

        let eviction = kinds.find("policy/v1", "Eviction").unwrap();
        assert!(eviction.is_served() && eviction.resource().is_none());
        assert!(kinds.find("policy/v1beta1", "PodSecurityPolicy").unwrap().object_type().is_none());
        assert!(kinds.find("v1", "Endpoints").unwrap().is_deprecated());
    }
}
