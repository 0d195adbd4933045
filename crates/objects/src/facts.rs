//! What is kept of each object: its record in the inventory, and the few things that checks compare.

mod gather;
mod pods;
mod spot;

use bulkhead_document::{Kind, Node};
use bulkhead_inventory::{Builder, File, FileId, ObjectId, Origin, Selector};
use bulkhead_kinds::Kinds;

pub(crate) use spot::{Spot, Way};

/// The facts of a source, or of a part of it.
#[derive(Debug)]
pub struct Facts {
    builder: Builder,
    details: Vec<(ObjectId, Detail)>,
    /// By the inventory's number of a file, the caller's.
    files: Vec<usize>,
    objects: u32,
}

/// What an object points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Target {
    Secret,
    ConfigMap,
    ServiceAccount,
    VolumeClaim,
    Service,
}

impl Target {
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Secret => "Secret",
            Self::ConfigMap => "ConfigMap",
            Self::ServiceAccount => "ServiceAccount",
            Self::VolumeClaim => "PersistentVolumeClaim",
            Self::Service => "Service",
        }
    }
}

/// A number, or a part of a hundred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Amount {
    Count(i64),
    Percent(i64),
}

/// A port by number or by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Port {
    Number(i64),
    Name(Box<str>),
}

/// One thing that an object says.
#[derive(Debug)]
pub(crate) enum Detail {
    /// It names another object, and perhaps a key in it.
    Names { target: Target, name: Box<str>, key: Option<Box<str>>, spot: Spot },
    /// A Secret or `ConfigMap` has these keys.
    Keys(Vec<Box<str>>),
    /// A controller makes such an object for it.
    Makes { target: Target, name: Box<str> },
    /// It selects Pods of its namespace.
    Selects { selector: Selector, spot: Spot },
    /// It is a `NetworkPolicy` that governs these directions.
    Governs { ingress: bool, egress: bool },
    /// It scales another object.
    Scales { group: Box<str>, kind: Box<str>, name: Box<str>, least: Option<i64>, spot: Spot },
    /// It runs so many Pods.
    Replicas(i64),
    /// A disruption budget keeps so many Pods.
    Keeps { amount: Amount, spot: Spot },
    /// Its containers declare a port.
    Declares { name: Option<Box<str>>, number: i64 },
    /// It sends traffic to a port of Pods.
    SendsTo { port: Port, spot: Spot },
    /// Its Pods run as this account.
    RunsAs { account: Box<str>, spot: Spot },
}

impl Facts {
    /// None yet.
    pub fn new(kinds: &'static Kinds, default_namespace: Option<&str>) -> Self {
        let builder = Builder::new(kinds, default_namespace);
        Self { builder, details: Vec::new(), files: Vec::new(), objects: 0 }
    }

    /// Begins a file: what is added next stands in it. `number` is the caller's; where the file belongs to a
    /// `whole`, what is not there does not exist.
    pub fn file(&mut self, path: &str, number: usize, whole: bool) -> FileId {
        self.files.push(number);
        self.builder.file(File { path: path.into(), whole })
    }

    /// Adds a document: an object, or a list of them.
    pub fn add(&mut self, root: Node<'_>, file: FileId, document: u32) {
        let is_list = root.get("kind").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("List"));
        match root.get("items").filter(|items| is_list && matches!(items.kind(), Kind::Sequence(_))) {
            Some(items) => items.items().for_each(|item| self.object(item, file, document)),
            None => self.object(root, file, document),
        }
    }

    fn object(&mut self, root: Node<'_>, file: FileId, document: u32) {
        let at = root.tree().position(root.span().start);
        let origin = Origin { file, document, line: at.line, column: at.column };
        // What is no object was told where it was read.
        let Ok(id) = self.builder.add(root, origin) else { return };
        self.objects += 1;
        gather::details(root, &mut |detail| self.details.push((id, detail)));
    }

    /// Adds what another part gathered, whose files come after those that are here.
    pub fn append(&mut self, other: Self) {
        let Self { builder, details, files, objects } = other;
        // A source of four thousand million objects ends here; nothing of it would fit in memory.
        if self.builder.append(builder).is_err() {
            return;
        }
        self.files.extend(files);
        let first = self.objects;
        self.details.extend(details.into_iter().map(|(id, detail)| (id.after(first), detail)));
        self.objects += objects;
    }

    pub(crate) fn into_parts(self) -> (Builder, Vec<(ObjectId, Detail)>, Vec<usize>) {
        (self.builder, self.details, self.files)
    }
}
