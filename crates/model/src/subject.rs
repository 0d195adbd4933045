//! What a finding is about.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The namespace of an object, as far as its source tells.
///
/// In JSON a name, `null` where the source leaves it open, and no field for cluster-scoped objects.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Namespace {
    /// The kind has none.
    Cluster,
    /// The kind has one and the source does not say which: it is decided when the object is applied.
    #[default]
    Unknown,
    /// This one.
    Named(Arc<str>),
}

impl Namespace {
    /// The name, where there is one.
    pub fn name(&self) -> Option<&str> {
        if let Self::Named(name) = self { Some(name) } else { None }
    }

    /// Whether the kind has none.
    pub fn is_cluster(&self) -> bool {
        matches!(self, Self::Cluster)
    }
}

impl Serialize for Namespace {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.name().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Namespace {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<Arc<str>>::deserialize(deserializer)?.map_or(Self::Unknown, Self::Named))
    }
}

fn cluster() -> Namespace {
    Namespace::Cluster
}

/// A Kubernetes object by name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectRef {
    /// Group and version, such as `apps/v1`.
    pub api_version: Arc<str>,
    /// The kind, such as `Deployment`.
    pub kind: Arc<str>,
    /// Its namespace.
    #[serde(default = "cluster", skip_serializing_if = "Namespace::is_cluster")]
    pub namespace: Namespace,
    /// Its name; with `generateName` alone, that prefix followed by `*`.
    pub name: Arc<str>,
}

/// `Deployment shop/cart`, `ClusterRole admin`; an open namespace is left out.
impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Namespace::Named(namespace) => write!(f, "{} {namespace}/{}", self.kind, self.name),
            Namespace::Cluster | Namespace::Unknown => write!(f, "{} {}", self.kind, self.name),
        }
    }
}

/// The object that a person changes to change its Pods: a Pod's Deployment, a Job's `CronJob`. For what
/// runs no Pods it is the object itself. Names are without generated suffixes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Workload {
    /// The kind, such as `Deployment`.
    pub kind: Arc<str>,
    /// Its namespace.
    #[serde(default = "cluster", skip_serializing_if = "Namespace::is_cluster")]
    pub namespace: Namespace,
    /// Its name, stable over rollouts.
    pub name: Arc<str>,
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Namespace::Named(namespace) => write!(f, "{} {namespace}/{}", self.kind, self.name),
            Namespace::Cluster | Namespace::Unknown => write!(f, "{} {}", self.kind, self.name),
        }
    }
}

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum IdentityKind {
    /// A person or a program outside.
    User,
    /// A group of users.
    Group,
    /// A program in the cluster.
    ServiceAccount,
}

/// One end of a network flow.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Endpoint {
    /// Pods of a workload.
    Workload(Workload),
    /// First and last address of a range outside the cluster.
    Addresses {
        /// First address.
        first: Arc<str>,
        /// Last address.
        last: Arc<str>,
    },
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Subject {
    /// A Kubernetes object.
    Object(ObjectRef),
    /// A container image.
    Image {
        /// Registry and repository, without tag or digest, normalised (`docker.io/library/nginx`).
        repository: Arc<str>,
        /// Its tag, where one was given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tag: Option<Arc<str>>,
        /// Its digest (`sha256:…`), where it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        digest: Option<Arc<str>>,
        /// Operating system and architecture (`linux/amd64`), where it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        platform: Option<Arc<str>>,
    },
    /// A package inside an image, an SBOM or a folder.
    Package {
        /// Its package URL.
        purl: Arc<str>,
        /// Repository of the image that holds it, where one does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        repository: Option<Arc<str>>,
    },
    /// A file of a tree, an image or a node.
    File {
        /// Its path, with forward slashes, relative to the source's root.
        path: Arc<str>,
    },
    /// Somebody who may do something.
    Identity {
        /// What sort of subject.
        kind: IdentityKind,
        /// A `ServiceAccount`'s namespace.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        namespace: Option<Arc<str>>,
        /// Its name.
        name: Arc<str>,
    },
    /// Traffic that is, or could be.
    Flow {
        /// Where it begins.
        from: Endpoint,
        /// Where it ends.
        to: Endpoint,
        /// `TCP`, `UDP` or `SCTP`.
        protocol: Arc<str>,
        /// The port at its end; all ports where there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        port: Option<u16>,
    },
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(object) => object.fmt(f),
            Self::Image { repository, tag, digest, .. } => {
                f.write_str(repository)?;
                tag.iter().try_for_each(|tag| write!(f, ":{tag}"))?;
                digest.iter().try_for_each(|digest| write!(f, "@{digest}"))
            }
            Self::Package { purl, .. } => f.write_str(purl),
            Self::File { path } => f.write_str(path),
            Self::Identity { kind, namespace, name } => match namespace {
                Some(namespace) => write!(f, "{kind:?} {namespace}/{name}"),
                None => write!(f, "{kind:?} {name}"),
            },
            Self::Flow { from, to, protocol, port } => {
                write!(f, "{from} => {to} : {protocol}")?;
                port.iter().try_for_each(|port| write!(f, " {port}"))
            }
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workload(workload) => workload.fmt(f),
            Self::Addresses { first, last } => write!(f, "{first}-{last}"),
        }
    }
}

#[test]
fn namespaces_in_json() {
    let object =
        |namespace| ObjectRef { api_version: "v1".into(), kind: "Pod".into(), namespace, name: "a".into() };
    for (namespace, json) in [
        (Namespace::Cluster, r#"{"type":"object","apiVersion":"v1","kind":"Pod","name":"a"}"#),
        (
            Namespace::Unknown,
            r#"{"type":"object","apiVersion":"v1","kind":"Pod","namespace":null,"name":"a"}"#,
        ),
        (
            Namespace::Named("x".into()),
            r#"{"type":"object","apiVersion":"v1","kind":"Pod","namespace":"x","name":"a"}"#,
        ),
    ] {
        let subject = Subject::Object(object(namespace));
        assert_eq!(serde_json::to_string(&subject).unwrap(), json);
        assert_eq!(serde_json::from_str::<Subject>(json).unwrap(), subject);
    }
}
