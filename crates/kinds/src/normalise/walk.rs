//! The walk over a document and its types together.

use bulkhead_document::{Entry, Kind, NodeId, Origin, Span, Tree};

use super::problem::{Path, Problem, ProblemKind};
use crate::schema::{FieldRecord, Kinds, Scalar, Shape, ShapeId, Special, TypeId, TypeRecord};

/// How deep the walk goes; types of Kubernetes that hold themselves (schemas of custom resources) are
/// the only ones that reach it.
const MAX_DEPTH: u16 = 200;

/// How many problems of one document are kept.
const MAX_PROBLEMS: usize = 1000;

pub(super) struct Walk<'t, 'k> {
    pub(super) tree: &'t mut Tree,
    pub(super) kinds: &'k Kinds,
    pub(super) problems: Vec<Problem>,
    /// Unknown fields stay: the object is a custom resource that may well have them.
    pub(super) lenient: bool,
    /// Entries of the mappings that the walk is in, innermost last.
    pub(super) entries: Vec<Entry>,
    items: Vec<NodeId>,
    /// The type of the whole object.
    pub(super) whole: Option<TypeId>,
    /// The whole object gets no defaults.
    pub(super) plain: bool,
}

/// The object around a value: its type, its node as written, and the field that the walk went into.
#[derive(Clone, Copy)]
pub(super) struct Holder<'a> {
    pub(super) id: TypeId,
    pub(super) node: Option<NodeId>,
    pub(super) field: &'a FieldRecord,
}

impl<'t, 'k> Walk<'t, 'k> {
    pub(super) fn new(tree: &'t mut Tree, kinds: &'k Kinds) -> Self {
        Self {
            tree,
            kinds,
            problems: Vec::new(),
            lenient: false,
            entries: Vec::with_capacity(64),
            items: Vec::with_capacity(16),
            whole: None,
            plain: false,
        }
    }

    /// The view of a whole object.
    pub(super) fn root(&mut self, node: NodeId, id: TypeId) -> NodeId {
        self.whole = Some(id);
        self.plain = self.kinds.record(id).is_some_and(|record| record.plain);
        let span = self.tree.node(node).span();
        if let Some(view) = self.object(node, id, None, &Path::ROOT) {
            return view;
        }
        self.tree.add_mapping(&[], span, Origin::Canonical)
    }

    /// Keeps an entry of the mapping at hand: it moves down over those that were left out.
    fn keep(&mut self, kept: &mut usize, entry: Entry) {
        if let Some(place) = self.entries.get_mut(*kept) {
            *place = entry;
        }
        *kept += 1;
    }

    /// The view of a value; `None` where it is left out.
    pub(super) fn value(
        &mut self,
        node: NodeId,
        shape: ShapeId,
        keep_zero: bool,
        holder: Option<Holder<'_>>,
        path: &Path<'_>,
    ) -> Option<NodeId> {
        match self.kinds.shape(shape) {
            Shape::Scalar(Scalar::Text) => self.plain_text(node, keep_zero, path),
            Shape::Scalar(scalar) => {
                let milli = holder.is_some_and(|holder| self.is_resource_list(holder));
                self.scalar(node, scalar, keep_zero, milli, path)
            }
            Shape::Object(id) => self.object(node, id, holder, path),
            Shape::List(items) => self.list(node, items, keep_zero, holder, path),
            Shape::Map(values) => self.map(node, values, keep_zero, holder, path),
            Shape::Either(other, id) => match self.tree.node(node).kind() {
                // Of a schema or a list Go writes the schema where the list is empty, and there is none.
                Kind::Sequence(0) => None,
                Kind::Mapping(_) => self.object(node, id, holder, path),
                // Where a schema or a list may stand, Go passes over everything else.
                kind if matches!(self.kinds.shape(other), Shape::List(_))
                    && !matches!(kind, Kind::Sequence(_)) =>
                {
                    None
                }
                _ => self.value(node, other, true, holder, path),
            },
        }
    }

    /// Whether amounts by resource stand in a field: nothing finer than a thousandth is kept of those.
    fn is_resource_list(&self, holder: Holder<'_>) -> bool {
        matches!(self.kinds.shape(holder.field.shape), Shape::Map(_))
            && self.kinds.record(holder.id).is_some_and(|record| record.milli)
    }

    /// The view of a mapping with known fields.
    pub(super) fn object(
        &mut self,
        node: NodeId,
        id: TypeId,
        holder: Option<Holder<'_>>,
        path: &Path<'_>,
    ) -> Option<NodeId> {
        let kinds = self.kinds;
        let record = kinds.record(id)?;
        let view = self.tree.node(node);
        let span = view.span();
        let Kind::Mapping(count) = view.kind() else {
            self.wrong_type(node, "a mapping", path);
            return None;
        };
        if path.depth > MAX_DEPTH {
            self.problem(
                ProblemKind::TooLarge,
                span,
                path,
                "is nested deeper than any object of its kind".into(),
            );
            return None;
        }
        let base = self.entries.len();
        self.entries.extend_from_slice(view.raw_entries());
        let mut kept = base;
        let mut seen = 0_u64;
        let mut changed = false;
        for place in base..base + count {
            let Some(entry) = self.entries.get(place).copied() else { break };
            let Some(field) = kinds.field_of(record, entry.key) else {
                if self.lenient {
                    self.keep(&mut kept, entry);
                } else {
                    changed = true;
                    self.unknown_field(record, entry, path);
                }
                continue;
            };
            let within = Holder { id, node: Some(node), field };
            let keep_zero = field.always || field.pointer;
            let value = self.value(entry.value, field.shape, keep_zero, Some(within), &path.key(entry.key));
            let Some(value) = value else {
                changed = true;
                if record.special == Special::ScalingRules
                    && field.wanted != FieldRecord::UNWANTED
                    && self.is_empty_list(entry.value)
                {
                    seen |= 1 << field.wanted;
                }
                continue;
            };
            changed |= value != entry.value;
            if field.wanted != FieldRecord::UNWANTED && !self.is_absent(value, field) {
                seen |= 1 << field.wanted;
            }
            self.keep(&mut kept, Entry { value, ..entry });
        }
        self.entries.truncate(kept);
        changed |= self.complete(record, id, Some(node), base, seen, span, holder);
        let result = if changed {
            self.tree.add_mapping(self.entries.get(base..).unwrap_or(&[]), span, Origin::Source)
        } else {
            node
        };
        self.entries.truncate(base);
        Some(result)
    }

    fn list(
        &mut self,
        node: NodeId,
        items: ShapeId,
        keep_zero: bool,
        holder: Option<Holder<'_>>,
        path: &Path<'_>,
    ) -> Option<NodeId> {
        let view = self.tree.node(node);
        let (span, Kind::Sequence(count)) = (view.span(), view.kind()) else {
            self.wrong_type(node, "a list", path);
            return None;
        };
        if count == 0 {
            return keep_zero.then_some(node);
        }
        let base = self.items.len();
        let mut changed = false;
        for place in 0..count {
            let Some(item) = self.tree.node(node).item_ids().get(place).copied() else { break };
            let value = if self.tree.node(item).is_null() && !self.is_any(items) {
                self.zero_of(items, self.tree.node(item).span(), holder, &path.index(place))
            } else {
                self.value(item, items, true, holder, &path.index(place))
            };
            changed |= value != Some(item);
            self.items.extend(value);
        }
        let result = if changed {
            self.tree.add_sequence(self.items.get(base..).unwrap_or(&[]), span, Origin::Source)
        } else {
            node
        };
        self.items.truncate(base);
        Some(result)
    }

    fn map(
        &mut self,
        node: NodeId,
        values: ShapeId,
        keep_zero: bool,
        holder: Option<Holder<'_>>,
        path: &Path<'_>,
    ) -> Option<NodeId> {
        let view = self.tree.node(node);
        let (span, Kind::Mapping(count)) = (view.span(), view.kind()) else {
            self.wrong_type(node, "a mapping", path);
            return None;
        };
        if count == 0 {
            return keep_zero.then_some(node);
        }
        let base = self.entries.len();
        self.entries.extend_from_slice(view.raw_entries());
        let mut kept = base;
        let mut changed = false;
        for place in base..base + count {
            let Some(entry) = self.entries.get(place).copied() else { break };
            let value = if self.tree.node(entry.value).is_null() && !self.is_any(values) {
                self.zero_of(values, self.tree.node(entry.value).span(), holder, &path.key(entry.key))
            } else {
                self.value(entry.value, values, true, holder, &path.key(entry.key))
            };
            changed |= value != Some(entry.value);
            if let Some(value) = value {
                self.keep(&mut kept, Entry { value, ..entry });
            }
        }
        self.entries.truncate(kept);
        let result = if changed {
            self.tree.add_mapping(self.entries.get(base..).unwrap_or(&[]), span, Origin::Source)
        } else {
            node
        };
        self.entries.truncate(base);
        Some(result)
    }

    /// Not written in the view, but it keeps the defaults of an autoscaler's policies away.
    fn is_empty_list(&self, node: NodeId) -> bool {
        matches!(self.tree.node(node).kind(), Kind::Sequence(0))
    }

    fn is_any(&self, shape: ShapeId) -> bool {
        matches!(self.kinds.shape(shape), Shape::Scalar(Scalar::Any))
    }

    fn unknown_field(&mut self, record: &TypeRecord, entry: Entry, path: &Path<'_>) {
        let name = self.tree.key_name(entry.key);
        let close = self
            .kinds
            .fields_of(record)
            .iter()
            .find(|field| field.name.eq_ignore_ascii_case(name))
            .map(|field| format!("; did you mean {:?}?", field.name));
        let kind = record.name.rsplit_once('.').map_or(record.name, |(_, name)| name);
        let message = format!("{kind} has no field {name:?}{}", close.unwrap_or_default());
        self.problem(ProblemKind::UnknownField, entry.span, &path.key(entry.key), message);
    }

    /// Notes a value of the wrong type; null is none, wherever it stands.
    pub(super) fn wrong_type(&mut self, node: NodeId, wanted: &str, path: &Path<'_>) {
        let node = self.tree.node(node);
        if node.is_null() {
            return;
        }
        let found = match node.kind() {
            Kind::Bool(_) => "a truth value",
            Kind::Int(_) | Kind::UInt(_) | Kind::Float(_) => "a number",
            Kind::Null | Kind::Text(_) => "text",
            Kind::Sequence(_) => "a list",
            Kind::Mapping(_) => "a mapping",
        };
        let span = node.span();
        self.problem(ProblemKind::WrongType, span, path, format!("must be {wanted}, not {found}"));
    }

    pub(super) fn problem(&mut self, kind: ProblemKind, span: Span, path: &Path<'_>, message: String) {
        if self.problems.len() < MAX_PROBLEMS {
            let path = path.spell(self.tree);
            self.problems.push(Problem { kind, span, path, message });
        }
    }
}
