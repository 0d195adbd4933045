//! What is kept of each object: its record in the inventory, and the few things that checks compare.

mod details;
mod gather;
mod pods;
mod spot;

use bulkhead_document::{Kind, Node};
use bulkhead_inventory::{
    Builder, File, FileId, InventoryError, ObjectId, Origin, Renumbering, Selector, Word,
};
use bulkhead_kinds::Kinds;

pub(crate) use details::Details;
pub(crate) use spot::{Spot, Way};

/// The facts of a source, or of a part of it.
#[derive(Debug)]
pub struct Facts {
    builder: Builder,
    details: Details,
    /// By the inventory's number of a file, the caller's.
    files: Vec<usize>,
    objects: u32,
    /// There was no room for all.
    full: bool,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Port {
    Number(i64),
    Name(Word),
}

/// One thing that an object says. There are several for each object of a source: texts are words of the
/// inventory, and what is large and rare stands apart.
#[derive(Debug)]
pub(crate) enum Detail {
    /// It names another object, and perhaps a key in it.
    Names { target: Target, name: Word, key: Option<Word>, spot: Spot },
    /// A Secret or `ConfigMap` has these keys.
    Keys(Box<[Word]>),
    /// A controller makes such an object for it.
    Makes { target: Target, name: Word },
    /// It selects Pods of its namespace.
    Selects { selector: Box<Selector>, spot: Spot },
    /// It is a `NetworkPolicy` that governs these directions.
    Governs { ingress: bool, egress: bool },
    /// It scales another object.
    Scales(Box<Scales>),
    /// It runs so many Pods.
    Replicas(i64),
    /// A disruption budget keeps so many Pods.
    Keeps(Box<(Amount, Spot)>),
    /// Its containers declare a port.
    Declares { name: Option<Word>, number: i64 },
    /// It sends traffic to a port of Pods.
    SendsTo(Box<(Port, Spot)>),
    /// Its Pods run as this account.
    RunsAs { account: Word, spot: Spot },
}

/// What an autoscaler scales, and to how few Pods.
#[derive(Debug)]
pub(crate) struct Scales {
    pub(crate) group: Word,
    pub(crate) kind: Word,
    pub(crate) name: Word,
    pub(crate) least: Option<i64>,
    pub(crate) spot: Spot,
}

impl Detail {
    /// Calls words by their new numbers.
    fn renumber(&mut self, words: &Renumbering) {
        let word = |known: &mut Word| *known = words.word(*known);
        let spot = |spot: &mut Spot| word(&mut spot.way);
        match self {
            Self::Names { name, key, spot: at, .. } => {
                word(name);
                key.iter_mut().for_each(word);
                spot(at);
            }
            Self::Keys(keys) => keys.iter_mut().for_each(word),
            Self::Makes { name, .. } => word(name),
            Self::Selects { spot: at, .. } => spot(at),
            Self::Keeps(keeps) => spot(&mut keeps.1),
            Self::Scales(scales) => {
                word(&mut scales.group);
                word(&mut scales.kind);
                word(&mut scales.name);
                spot(&mut scales.spot);
            }
            Self::Declares { name, .. } => name.iter_mut().for_each(word),
            Self::SendsTo(sends) => {
                let (port, at) = &mut **sends;
                if let Port::Name(name) = port {
                    word(name);
                }
                spot(at);
            }
            Self::RunsAs { account, spot: at } => {
                word(account);
                spot(at);
            }
            Self::Governs { .. } | Self::Replicas(_) => {}
        }
    }
}

/// Where what an object says is put.
pub(crate) struct Sink<'f> {
    object: ObjectId,
    builder: &'f mut Builder,
    details: &'f mut Details,
    full: &'f mut bool,
}

impl Sink<'_> {
    pub(crate) fn add(&mut self, detail: Detail) {
        self.details.add(self.object, detail);
    }

    /// A word's number; any where there is no room for more, which is kept in mind.
    pub(crate) fn word(&mut self, text: &str) -> Word {
        self.builder.word(text).unwrap_or_else(|| {
            *self.full = true;
            Word::default()
        })
    }

    pub(crate) fn spot(&mut self, way: &Way<'_>) -> Spot {
        way.spot(&mut |text| self.word(text))
    }
}

impl Facts {
    /// None yet.
    pub fn new(kinds: &'static Kinds, default_namespace: Option<&str>) -> Self {
        let builder = Builder::new(kinds, default_namespace);
        Self { builder, details: Details::default(), files: Vec::new(), objects: 0, full: false }
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
        let id = match self.builder.add(root, origin) {
            Ok(id) => id,
            // What is no object was told where it was read.
            Err(InventoryError::NotAnObject) => return,
            Err(InventoryError::Full) => {
                self.full = true;
                return;
            }
        };
        self.objects += 1;
        let mut sink =
            Sink { object: id, builder: &mut self.builder, details: &mut self.details, full: &mut self.full };
        gather::details(root, &mut sink);
    }

    /// Adds what another part gathered, whose files come after those that are here.
    pub fn append(&mut self, other: Self) {
        let Self { builder, details, files, objects, full } = other;
        self.full |= full;
        let Ok(words) = self.builder.append(builder) else {
            self.full = true;
            return;
        };
        self.files.extend(files);
        let first = self.objects;
        self.details.append(details, |(id, detail)| {
            *id = id.after(first);
            detail.renumber(&words);
        });
        self.objects += objects;
    }

    /// Whether there was no room for all objects, or for all that they say: names of more than four gigabytes.
    pub fn is_full(&self) -> bool {
        self.full
    }

    pub(crate) fn into_parts(self) -> (Builder, Details, Vec<usize>) {
        (self.builder, self.details, self.files)
    }
}
