//! Values that no document wrote: zeros that Go always prints, and literals of default rules.

use bulkhead_document::{Entry, Kind, NodeId, Origin, Span};

use super::problem::Path;
use super::walk::{Holder, Walk};
use crate::schema::{FieldRecord, Scalar, Shape, ShapeId, TypeId};

impl Walk<'_, '_> {
    /// The zero of a field that is always written; `None` where that is null.
    pub(super) fn zero(&mut self, field: &FieldRecord, span: Span, holder: Holder<'_>) -> Option<NodeId> {
        match self.kinds.shape(field.shape) {
            Shape::Scalar(scalar) => self.zero_scalar(scalar, span, Origin::Default),
            Shape::Object(id) => self.zero_object(id, span, Some(holder), Origin::Default),
            Shape::List(_) | Shape::Map(_) | Shape::Either(..) => None,
        }
    }

    /// What null becomes within a list or a map.
    pub(super) fn zero_of(
        &mut self,
        shape: ShapeId,
        span: Span,
        holder: Option<Holder<'_>>,
        path: &Path<'_>,
    ) -> Option<NodeId> {
        match self.kinds.shape(shape) {
            Shape::Scalar(scalar) => self.zero_scalar(scalar, span, Origin::Canonical),
            Shape::Object(id) if path.depth < 100 => self.zero_object(id, span, holder, Origin::Canonical),
            Shape::Object(_) | Shape::List(_) | Shape::Map(_) | Shape::Either(..) => None,
        }
    }

    /// The zero of a scalar; those that are null have none.
    fn zero_scalar(&mut self, scalar: Scalar, span: Span, origin: Origin) -> Option<NodeId> {
        let value = match scalar {
            Scalar::Bool => Kind::Bool(false),
            Scalar::Int32 | Scalar::Int64 | Scalar::IntOrString | Scalar::Double => Kind::Int(0),
            Scalar::Quantity => Kind::Text("0"),
            Scalar::Duration => Kind::Text("0s"),
            Scalar::Text => Kind::Text(""),
            Scalar::Time | Scalar::MicroTime | Scalar::Bytes | Scalar::Any => return None,
        };
        Some(self.tree.add_scalar(value, span, origin))
    }

    /// An object without anything written in it.
    pub(super) fn zero_object(
        &mut self,
        id: TypeId,
        span: Span,
        holder: Option<Holder<'_>>,
        origin: Origin,
    ) -> Option<NodeId> {
        let record = self.kinds.record(id)?;
        let base = self.entries.len();
        self.complete(record, id, None, base, 0, span, holder);
        let node = self.tree.add_mapping(self.entries.get(base..).unwrap_or(&[]), span, origin);
        self.entries.truncate(base);
        Some(node)
    }

    /// A literal of a default rule, added to the tree with the span of its cause.
    pub(super) fn literal(&mut self, literal: NodeId, cause: Span) -> NodeId {
        let kinds = self.kinds;
        let node = kinds.literals.node(literal);
        match node.kind() {
            Kind::Sequence(_) => {
                let items: Vec<NodeId> =
                    node.item_ids().iter().map(|item| self.literal(*item, cause)).collect();
                self.tree.add_sequence(&items, cause, Origin::Default)
            }
            Kind::Mapping(_) => {
                let mut entries = Vec::with_capacity(node.raw_entries().len());
                for entry in node.raw_entries() {
                    // A literal's keys are fields, but for a few that only its own tree knows.
                    let key = match entry.key.number() {
                        Some(_) => entry.key,
                        None => self.tree.intern(kinds.literals.key_name(entry.key)),
                    };
                    let value = self.literal(entry.value, cause);
                    entries.push(Entry { key, value, span: cause });
                }
                self.tree.add_mapping(&entries, cause, Origin::Default)
            }
            scalar => self.tree.add_scalar(scalar, cause, Origin::Default),
        }
    }

    /// A value again under another field. Its parts are the same nodes; it is itself a default, with
    /// the span of the value it was taken from.
    pub(super) fn copy(&mut self, node: NodeId) -> NodeId {
        let view = self.tree.node(node);
        let span = view.span();
        match view.kind() {
            Kind::Sequence(_) => {
                let items = view.item_ids().to_vec();
                self.tree.add_sequence(&items, span, Origin::Default)
            }
            Kind::Mapping(_) => {
                let entries = view.raw_entries().to_vec();
                self.tree.add_mapping(&entries, span, Origin::Default)
            }
            Kind::Text(text) => {
                let text = text.to_owned();
                self.tree.add_scalar(Kind::Text(&text), span, Origin::Default)
            }
            Kind::Null => self.tree.add_scalar(Kind::Null, span, Origin::Default),
            Kind::Bool(value) => self.tree.add_scalar(Kind::Bool(value), span, Origin::Default),
            Kind::Int(value) => self.tree.add_scalar(Kind::Int(value), span, Origin::Default),
            Kind::UInt(value) => self.tree.add_scalar(Kind::UInt(value), span, Origin::Default),
            Kind::Float(value) => self.tree.add_scalar(Kind::Float(value), span, Origin::Default),
        }
    }
}
