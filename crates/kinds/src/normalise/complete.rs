//! What an object lacks: defaults by rule, and zeros that are always written.

use std::ops::Range;

use bulkhead_document::{Entry, Kind, Node, NodeId, Origin, Span};

use super::walk::{Holder, Walk};
use crate::defaults::{Feature, Rule, Test, Value, When};
use crate::schema::{FieldRecord, Scalar, Shape, TypeId, TypeRecord};

impl Walk<'_, '_> {
    /// Whether a value that is written counts as absent: the zero of a field without `omitempty`.
    pub(super) fn is_absent(&self, value: NodeId, field: &FieldRecord) -> bool {
        field.always
            && !field.pointer
            && match self.tree.node(value).kind() {
                Kind::Text(text) => {
                    text.is_empty()
                        || text == "0"
                            && matches!(self.kinds.shape(field.shape), Shape::Scalar(Scalar::Quantity))
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
            let count = if self.plain { 0 } else { usize::from(wanted.rules.1) };
            let rules = kinds.rules.get(start..start + count).unwrap_or(&[]);
            let found = rules.iter().find_map(|rule| self.apply(rule, base..written, span, holder));
            // An always written zero may be there already.
            let is_it = |place: &usize| self.entries.get(*place).is_some_and(|entry| entry.key == field.key);
            let place = if field.always { (base..written).find(is_it) } else { None };
            let value = match (found, place) {
                (Some(value), _) => value,
                (None, None) if field.always && !field.pointer => {
                    match self.zero(field, span, Holder { id, node, field }) {
                        Some(zero) => zero,
                        None => continue,
                    }
                }
                (None, _) => continue,
            };
            changed = true;
            match place.and_then(|place| self.entries.get_mut(place)) {
                Some(entry) => entry.value = value,
                None => self.entries.push(Entry { key: field.key, value, span }),
            }
        }
        !self.plain && self.special(record.special, base, span, holder) || changed
    }

    /// A rule's value, if its condition holds.
    fn apply(
        &mut self,
        rule: &Rule,
        own: Range<usize>,
        span: Span,
        holder: Option<Holder<'_>>,
    ) -> Option<NodeId> {
        let cause = match &rule.when {
            None => span,
            Some(when) => self.cause(when, own.clone(), span, holder)?,
        };
        match rule.value {
            Value::Scalar(scalar) => Some(self.tree.add_scalar(scalar, cause, Origin::Default)),
            Value::Literal(literal) => Some(self.literal(literal, cause)),
            Value::Copy(key) => {
                let entry = self.entries.get(own)?.iter().find(|entry| entry.key == key).copied()?;
                Some(self.copy(entry.value))
            }
        }
    }

    /// The span of what makes a condition hold; `None` where it does not.
    fn cause(&self, when: &When, own: Range<usize>, span: Span, holder: Option<Holder<'_>>) -> Option<Span> {
        let own = self.entries.get(own)?;
        let mut cause = span;
        let mut values = [None; 2];
        for (feature, value) in when.features.iter().zip(&mut values) {
            *value = match feature {
                Feature::Own(key) => {
                    own.iter().find(|entry| entry.key == *key).map(|entry| self.tree.node(entry.value))
                }
                Feature::Parent(key) => {
                    let parent = holder.and_then(|holder| holder.node);
                    parent
                        .and_then(|parent| self.tree.node(parent).get_key(*key))
                        .filter(|node| !node.is_null())
                }
                Feature::Holder | Feature::Root => None,
            };
            if let Some(node) = value {
                cause = node.span();
            }
        }
        let holds = |feature: &Feature, test: &Test, value: Option<Node<'_>>| {
            match (test, feature) {
                (Test::Holder(id, key), Feature::Holder) => {
                    return holder.is_some_and(|holder| holder.id == *id && holder.field.key == *key);
                }
                (Test::Root(id), Feature::Root) => return self.whole == Some(*id),
                _ => (),
            }
            match (test, value.map(Node::kind)) {
                (Test::Absent, None | Some(Kind::Text(""))) => true,
                (Test::Present, found) => !matches!(found, None | Some(Kind::Text(""))),
                (Test::Text(wanted), Some(Kind::Text(found))) => *wanted == found,
                (Test::Int(wanted), Some(Kind::Int(found))) => *wanted == found,
                (Test::Bool(wanted), Some(Kind::Bool(found))) => *wanted == found,
                _ => false,
            }
        };
        let held = when.rows.iter().any(|row| {
            row.iter()
                .zip(&when.features)
                .zip(values)
                .all(|((test, feature), value)| holds(feature, test, value))
        });
        held.then_some(cause)
    }
}
