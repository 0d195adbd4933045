//! The walk over a document and its types together.

use bulkhead_document::{Entry, Kind, NodeId, Origin, Span, Tree};

use super::problem::{Path, Problem, ProblemKind};
use crate::defaults::{Feature, Rule, Test, Value, When};
use crate::schema::{FieldRecord, Kinds, Scalar, Shape, ShapeId, TypeId, TypeRecord};

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
    whole: Option<TypeId>,
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
        }
    }

    /// The view of a whole object.
    pub(super) fn root(&mut self, node: NodeId, id: TypeId) -> NodeId {
        self.whole = Some(id);
        let span = self.tree.node(node).span();
        if let Some(view) = self.object(node, id, None, &Path::ROOT) {
            return view;
        }
        self.tree.add_mapping(&[], span, Origin::Canonical)
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
            Shape::Scalar(scalar) => {
                let milli = holder.is_some_and(|holder| self.is_milli(holder.id));
                self.scalar(node, scalar, keep_zero, milli, path)
            }
            Shape::Object(id) => self.object(node, id, holder, path),
            Shape::List(items) => self.list(node, items, keep_zero, holder, path),
            Shape::Map(values) => self.map(node, values, keep_zero, holder, path),
            Shape::Either(other, id) => match self.tree.node(node).kind() {
                Kind::Mapping(_) => self.object(node, id, holder, path),
                _ => self.value(node, other, true, holder, path),
            },
        }
    }

    fn is_milli(&self, id: TypeId) -> bool {
        self.kinds.record(id).is_some_and(|record| record.milli)
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
        let count = match view.kind() {
            Kind::Mapping(count) => count,
            // Within a list, null decodes to an object without anything in it.
            Kind::Null => 0,
            _ => {
                self.wrong_type(node, "a mapping", path);
                return None;
            }
        };
        if path.depth > MAX_DEPTH {
            self.problem(ProblemKind::TooLarge, span, path, "is nested deeper than any object of its kind".into());
            return None;
        }
        let base = self.entries.len();
        let mut seen = 0_u64;
        let mut changed = matches!(view.kind(), Kind::Null);
        for place in 0..count {
            let Some(entry) = self.tree.node(node).raw_entries().get(place).copied() else { break };
            let Some(field) = kinds.field_of(record, entry.key) else {
                if self.lenient {
                    self.entries.push(entry);
                } else {
                    changed = true;
                    self.unknown_field(record, entry, path);
                }
                continue;
            };
            // Null decodes to nothing wherever it stands.
            if self.tree.node(entry.value).is_null() {
                changed = true;
                continue;
            }
            let within = Holder { id, node: Some(node), field };
            let value = self.value(
                entry.value,
                field.shape,
                field.always || field.pointer,
                Some(within),
                &path.key(entry.key),
            );
            let Some(value) = value else {
                changed = true;
                continue;
            };
            changed |= value != entry.value;
            if field.wanted != FieldRecord::UNWANTED && !self.is_absent(value, field) {
                seen |= 1 << field.wanted;
            }
            self.entries.push(Entry { value, ..entry });
        }
        changed |= self.complete(record, id, Some(node), base, seen, span, holder);
        let result = if changed {
            let origin = if matches!(self.tree.node(node).kind(), Kind::Null) { Origin::Canonical } else { Origin::Source };
            self.tree.add_mapping(self.entries.get(base..).unwrap_or(&[]), span, origin)
        } else {
            node
        };
        self.entries.truncate(base);
        Some(result)
    }

    /// Whether a value that is written counts as absent: the zero of a field without `omitempty`.
    fn is_absent(&self, value: NodeId, field: &FieldRecord) -> bool {
        field.always
            && !field.pointer
            && match self.tree.node(value).kind() {
                Kind::Text(text) => {
                    text.is_empty()
                        || text == "0" && matches!(self.kinds.shape(field.shape), Shape::Scalar(Scalar::Quantity))
                }
                Kind::Bool(value) => !value,
                Kind::Int(value) => value == 0,
                _ => false,
            }
    }

    /// Adds what is absent to the entries above `base`: defaults, and the zeros that are always
    /// written. Tells whether it changed anything.
    #[expect(clippy::too_many_arguments, reason = "the state of one mapping, passed once per mapping")]
    pub(super) fn complete(
        &mut self,
        record: &TypeRecord,
        id: TypeId,
        node: Option<NodeId>,
        base: usize,
        seen: u64,
        span: Span,
        holder: Option<Holder<'_>>,
    ) -> bool {
        let kinds = self.kinds;
        let mut changed = false;
        let written = self.entries.len();
        for (number, wanted) in kinds.wanted_of(record).iter().enumerate() {
            if seen >> number & 1 != 0 {
                continue;
            }
            let Some(field) = kinds.fields.get(wanted.field as usize) else { continue };
            let start = wanted.rules.0 as usize;
            let rules = kinds.rules.get(start..start + usize::from(wanted.rules.1)).unwrap_or(&[]);
            let found = rules.iter().find_map(|rule| self.apply(rule, base..written, span, holder));
            // An always written zero may be there already.
            let place = (base..written).find(|place| self.entries.get(*place).is_some_and(|entry| entry.key == field.key));
            let value = match (found, place) {
                (Some(value), _) => value,
                (None, Some(_)) => continue,
                (None, None) if field.always && !field.pointer => {
                    match self.zero(field, span, Holder { id, node, field }) {
                        Some(zero) => zero,
                        None => continue,
                    }
                }
                (None, None) => continue,
            };
            changed = true;
            match place.and_then(|place| self.entries.get_mut(place)) {
                Some(entry) => entry.value = value,
                None => self.entries.push(Entry { key: field.key, value, span }),
            }
        }
        self.special(record.special, base, span, holder) || changed
    }

    /// A rule's value, if its condition holds.
    fn apply(
        &mut self,
        rule: &Rule,
        own: std::ops::Range<usize>,
        span: Span,
        holder: Option<Holder<'_>>,
    ) -> Option<NodeId> {
        let cause = match &rule.when {
            None => span,
            Some(when) => self.cause(when, own.clone(), span, holder)?,
        };
        match rule.value {
            Value::Literal(literal) => Some(self.literal(literal, cause)),
            Value::Copy(key) => {
                let entry = self.entries.get(own)?.iter().find(|entry| entry.key == key).copied()?;
                Some(self.copy(entry.value))
            }
        }
    }

    /// The span of what makes a condition hold; `None` where it does not.
    fn cause(
        &self,
        when: &When,
        own: std::ops::Range<usize>,
        span: Span,
        holder: Option<Holder<'_>>,
    ) -> Option<Span> {
        let own = self.entries.get(own)?;
        let mut cause = span;
        let mut values = [None; 2];
        for (feature, value) in when.features.iter().zip(&mut values) {
            *value = match feature {
                Feature::Own(key) => own.iter().find(|entry| entry.key == *key).map(|entry| self.tree.node(entry.value)),
                Feature::Parent(key) => {
                    let parent = holder.and_then(|holder| holder.node);
                    parent.and_then(|parent| self.tree.node(parent).get_key(*key)).filter(|node| !node.is_null())
                }
                Feature::Holder | Feature::Root => None,
            };
            if let Some(node) = value {
                cause = node.span();
            }
        }
        let holds = |feature: &Feature, test: &Test, value: Option<bulkhead_document::Node<'_>>| {
            match (test, feature) {
                (Test::Holder(id, key), Feature::Holder) => {
                    return holder.is_some_and(|holder| holder.id == *id && holder.field.key == *key);
                }
                (Test::Root(id), Feature::Root) => return self.whole == Some(*id),
                _ => (),
            }
            match (test, value.map(bulkhead_document::Node::kind)) {
                (Test::Absent, None | Some(Kind::Text(""))) => true,
                (Test::Present, found) => !matches!(found, None | Some(Kind::Text(""))),
                (Test::Text(wanted), Some(Kind::Text(found))) => *wanted == found,
                (Test::Int(wanted), Some(Kind::Int(found))) => *wanted == found,
                (Test::Bool(wanted), Some(Kind::Bool(found))) => *wanted == found,
                _ => false,
            }
        };
        let held = when.rows.iter().any(|row| {
            row.iter().zip(&when.features).zip(values).all(|((test, feature), value)| holds(feature, test, value))
        });
        held.then_some(cause)
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
        let mut changed = false;
        for place in 0..count {
            let Some(entry) = self.tree.node(node).raw_entries().get(place).copied() else { break };
            let value = if self.tree.node(entry.value).is_null() && !self.is_any(values) {
                self.zero_of(values, self.tree.node(entry.value).span(), holder, &path.key(entry.key))
            } else {
                self.value(entry.value, values, true, holder, &path.key(entry.key))
            };
            changed |= value != Some(entry.value);
            self.entries.extend(value.map(|value| Entry { value, ..entry }));
        }
        let result = if changed {
            self.tree.add_mapping(self.entries.get(base..).unwrap_or(&[]), span, Origin::Source)
        } else {
            node
        };
        self.entries.truncate(base);
        Some(result)
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

    pub(super) fn wrong_type(&mut self, node: NodeId, wanted: &str, path: &Path<'_>) {
        let node = self.tree.node(node);
        let found = match node.kind() {
            Kind::Null => "null",
            Kind::Bool(_) => "a truth value",
            Kind::Int(_) | Kind::UInt(_) | Kind::Float(_) => "a number",
            Kind::Text(_) => "text",
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
