//! Values without parts, as Go decodes and prints them.

use std::borrow::Cow;

use bulkhead_document::{Kind, NodeId, Origin};

use super::problem::{Path, ProblemKind};
use super::walk::Walk;
use crate::base64;
use crate::quantity::{self, Canonical};
use crate::schema::Scalar;
use crate::time;

impl Walk<'_, '_> {
    /// The view of text, which most scalars are.
    pub(super) fn plain_text(&mut self, node: NodeId, keep_zero: bool, path: &Path<'_>) -> Option<NodeId> {
        let Kind::Text(text) = self.tree.node(node).kind() else {
            self.wrong_type(node, "text", path);
            return None;
        };
        (keep_zero || !text.is_empty()).then_some(node)
    }

    /// The view of a scalar; `None` where it does not fit (which is a problem) or is a zero that is
    /// not written. `milli` rounds quantities as the resources of Pods are.
    pub(super) fn scalar(
        &mut self,
        node: NodeId,
        scalar: Scalar,
        keep_zero: bool,
        milli: bool,
        path: &Path<'_>,
    ) -> Option<NodeId> {
        let kind = self.tree.node(node).kind();
        match (scalar, kind) {
            (Scalar::Any, Kind::Null) if !keep_zero => None,
            (Scalar::Any, _) | (Scalar::IntOrString, Kind::Text(_)) => Some(node),
            (Scalar::Text | Scalar::Duration, Kind::Text(text)) => {
                (keep_zero || !text.is_empty()).then_some(node)
            }
            (Scalar::Bool, Kind::Bool(value)) => (keep_zero || value).then_some(node),
            (
                Scalar::Int32 | Scalar::Int64 | Scalar::IntOrString,
                Kind::Int(_) | Kind::UInt(_) | Kind::Float(_),
            ) => self.whole_number(node, scalar, keep_zero, path),
            (Scalar::Double, Kind::Int(_) | Kind::UInt(_) | Kind::Float(_)) => {
                let zero = matches!(kind, Kind::Int(0)) || matches!(kind, Kind::Float(value) if value == 0.0);
                (keep_zero || !zero).then_some(node)
            }
            (Scalar::Quantity, Kind::Text(_) | Kind::Int(_) | Kind::UInt(_) | Kind::Float(_)) => {
                self.quantity(node, milli, path)
            }
            (Scalar::Time | Scalar::MicroTime, Kind::Text(text)) => {
                match time::canonical(text, scalar == Scalar::MicroTime) {
                    // Go's zero time is no time, and not written.
                    Some(canonical) if time::is_zero(&canonical) => None,
                    Some(canonical) if canonical == text => Some(node),
                    Some(canonical) => Some(self.canonical(node, &canonical)),
                    None => {
                        self.bad_value(node, path, "is no time such as 2026-01-31T12:00:00Z");
                        None
                    }
                }
            }
            (Scalar::Bytes, Kind::Text(_)) => self.bytes(node, keep_zero, path),
            _ => {
                let wanted = match scalar {
                    Scalar::Bool => "true or false",
                    Scalar::Int32 | Scalar::Int64 => "a whole number",
                    Scalar::Double => "a number",
                    Scalar::Quantity => "a quantity such as 100m or 1Gi",
                    Scalar::IntOrString => "a whole number or text",
                    Scalar::Time | Scalar::MicroTime => "a time",
                    Scalar::Bytes => "text in base64",
                    Scalar::Text | Scalar::Duration | Scalar::Any => "text",
                };
                self.wrong_type(node, wanted, path);
                None
            }
        }
    }

    fn whole_number(
        &mut self,
        node: NodeId,
        scalar: Scalar,
        keep_zero: bool,
        path: &Path<'_>,
    ) -> Option<NodeId> {
        let (value, was_float) = match self.tree.node(node).kind() {
            Kind::Int(value) => (Some(value), false),
            Kind::Float(value) => (whole(value), true),
            _ => (None, false),
        };
        let fits = |value: &i64| scalar == Scalar::Int64 || i32::try_from(*value).is_ok();
        let Some(value) = value.filter(fits) else {
            let what = match (scalar, was_float) {
                (_, true) => "is no whole number that fits",
                (Scalar::Int64, _) => "is a number too large for 64 bits",
                _ => "is a number too large for 32 bits",
            };
            self.bad_value(node, path, what);
            return None;
        };
        if value == 0 && !keep_zero {
            return None;
        }
        if !was_float {
            return Some(node);
        }
        let span = self.tree.node(node).span();
        Some(self.tree.add_scalar(Kind::Int(value), span, Origin::Canonical))
    }

    fn quantity(&mut self, node: NodeId, milli: bool, path: &Path<'_>) -> Option<NodeId> {
        let written;
        let (text, is_text) = match self.tree.node(node).kind() {
            Kind::Text(text) => (text, true),
            Kind::Int(value) => {
                written = value.to_string();
                (written.as_str(), false)
            }
            Kind::UInt(value) => {
                written = value.to_string();
                (written.as_str(), false)
            }
            Kind::Float(value) => {
                written = go_float(value);
                (written.as_str(), false)
            }
            _ => return None,
        };
        let canonical = match quantity::canonical(text, milli) {
            Canonical::Same if is_text => return Some(node),
            Canonical::Same => text.to_owned(),
            Canonical::Other(canonical) => canonical,
            Canonical::Invalid => {
                self.bad_value(node, path, "is no quantity such as 100m or 1Gi");
                return None;
            }
        };
        Some(self.canonical(node, &canonical))
    }

    fn bytes(&mut self, node: NodeId, keep_zero: bool, path: &Path<'_>) -> Option<NodeId> {
        let text = self.tree.node(node).as_str().unwrap_or("");
        match base64::canonical(text) {
            Some(Cow::Borrowed(_)) => (keep_zero || !text.is_empty()).then_some(node),
            Some(Cow::Owned(canonical)) => {
                (keep_zero || !canonical.is_empty()).then(|| self.canonical(node, &canonical))
            }
            None => {
                // It stays, so that what looks for secrets still sees it.
                self.bad_value(node, path, "is no base64");
                Some(node)
            }
        }
    }

    fn canonical(&mut self, node: NodeId, text: &str) -> NodeId {
        let span = self.tree.node(node).span();
        self.tree.add_scalar(Kind::Text(text), span, Origin::Canonical)
    }

    fn bad_value(&mut self, node: NodeId, path: &Path<'_>, message: &str) {
        let span = self.tree.node(node).span();
        self.problem(ProblemKind::BadValue, span, path, message.to_owned());
    }
}

#[expect(clippy::cast_possible_truncation, reason = "only whole numbers far inside the range are cast")]
fn whole(value: f64) -> Option<i64> {
    (value.fract() == 0.0 && value.abs() < 9.0e15).then_some(value as i64)
}

/// A number as `encoding/json` of Go writes it: with an exponent below 1e-6 and from 1e21 on.
fn go_float(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = format!("{value:e}");
        return match text.split_once('e') {
            Some((mantissa, exponent)) if !exponent.starts_with('-') => format!("{mantissa}e+{exponent}"),
            _ => text,
        };
    }
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::go_float;

    #[test]
    fn numbers_as_go_writes_them() {
        for (value, wanted) in
            [(0.5, "0.5"), (1e21, "1e+21"), (1.5e-7, "1.5e-7"), (1e20, "100000000000000000000")]
        {
            assert_eq!(go_float(value), wanted);
        }
    }
}
