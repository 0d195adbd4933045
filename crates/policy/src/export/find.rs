//! One `find` entry as an expression over one list of units: the texts of what it finds.

use bulkhead_document::Key;
use bulkhead_kinds::{FieldType, Scalar};

use crate::export::text::{ASIDE, BETWEEN, maybe, select};
use crate::export::{Reason, Refusal};
use crate::path::Segment;

/// What of a finding depends on where a path led.
pub(crate) struct Spot<'s> {
    pub(crate) value: &'s str,
    pub(crate) key: &'s str,
    pub(crate) parent: &'s str,
}

/// Writes what a policy says at a spot.
pub(crate) trait Says {
    /// The condition, if there is one.
    fn when(&self, spot: &Spot<'_>) -> Result<Option<String>, Refusal>;
    /// The text of the finding, as an expression.
    fn text(&self, spot: &Spot<'_>) -> Result<String, Refusal>;
    /// Whether the text shows the value.
    fn shows_value(&self) -> bool;
}

/// What a path came to: one place that is there under a condition, or a list of texts.
pub(crate) enum Found {
    One { holds: String, text: String },
    Many(String),
}

/// A place on the way of a path.
pub(crate) struct Place<'k> {
    /// An expression for it; it is there.
    pub(crate) base: String,
    pub(crate) form: Option<FieldType<'k>>,
    pub(crate) key: String,
    pub(crate) parent: String,
}

pub(crate) struct Walk<'w, S> {
    pub(crate) says: &'w S,
    pub(crate) absent: bool,
    /// The Pod around, for the defaults that only Pods get.
    pub(crate) pod: Option<&'w str>,
}

impl<S: Says> Walk<'_, S> {
    pub(crate) fn walk(
        &self,
        place: &Place<'_>,
        segments: &[Segment],
        depth: usize,
    ) -> Result<Found, Refusal> {
        let fields: Vec<&str> = segments.iter().map_while(name_of).collect();
        let rest = segments.get(fields.len()..).unwrap_or_default();
        let form = follow(place.form, &fields);
        let optional = self.optional(&place.base, &fields);
        let Some((_, rest)) = rest.split_first() else {
            return self.leaf(place, &fields, &optional, form);
        };
        let (item_form, map) = match form {
            Some(FieldType::List(items)) => (Some(items.form()), false),
            Some(FieldType::Map(values)) => (Some(values.form()), true),
            _ => return Err((Reason::UnknownShape, "walks over a field of unknown shape".to_owned())),
        };
        let variable = format!("i{depth}");
        let whole = fields.iter().fold(place.base.clone(), |base, name| select(&base, name));
        let item = Place {
            base: if map { format!("{whole}[{variable}]") } else { variable.clone() },
            form: item_form,
            key: if map { variable.clone() } else { place.key.clone() },
            parent: whole.clone(),
        };
        let items = match (fields.is_empty(), map) {
            (true, _) => whole,
            (false, true) => format!("{optional}.orValue({{}})"),
            (false, false) => format!("{optional}.orValue([])"),
        };
        let many = if self.absent && rest.is_empty() {
            // Every item is there.
            "[]".to_owned()
        } else {
            gather(&items, &variable, self.walk(&item, rest, depth.saturating_add(1))?)
        };
        if !self.absent || fields.is_empty() {
            return Ok(Found::Many(many));
        }
        let Found::One { holds, text } = self.leaf(place, &fields, &optional, None)? else {
            return Ok(Found::Many(many));
        };
        Ok(Found::Many(format!("({many}) + ([0].filter(z, {holds}).map(z, {text}))")))
    }

    fn leaf(
        &self,
        place: &Place<'_>,
        fields: &[&str],
        optional: &str,
        form: Option<FieldType<'_>>,
    ) -> Result<Found, Refusal> {
        let (last, before) = match fields.split_last() {
            Some((last, before)) => (Some(*last), before),
            None => (None, fields),
        };
        let parent = match last {
            Some(_) if self.absent => self.nearest(&place.base, before),
            Some(_) => before.iter().fold(place.base.clone(), |base, name| select(&base, name)),
            None => place.parent.clone(),
        };
        let value = match last {
            _ if self.absent => "null".to_owned(),
            Some(last) if POD_DEFAULTS.contains(&last) || before.last() == Some(&"requests") => {
                format!("{optional}.value()")
            }
            _ => fields.iter().fold(place.base.clone(), |base, name| select(&base, name)),
        };
        let spot = Spot { value: &value, key: &place.key, parent: &parent };
        let there = match last {
            None if self.absent => "false".to_owned(),
            None => String::new(),
            Some(_) => format!("{}{optional}.hasValue()", if self.absent { "!" } else { "" }),
        };
        let when = self.says.when(&spot)?;
        let holds = match (there.is_empty(), when) {
            (true, None) => "true".to_owned(),
            (true, Some(when)) => when,
            (false, None) => there,
            (false, Some(when)) => format!("{there} && ({when})"),
        };
        let mut text = self.says.text(&spot)?;
        if !self.absent {
            let mut aside = Vec::new();
            if place.key != "null" {
                aside.push(place.key.clone());
            }
            // Truth values that are found are the same as before, and mappings cannot be written.
            if !self.says.shows_value()
                && let Some(FieldType::Scalar(scalar)) = form
                && !matches!(scalar, Scalar::Bool | Scalar::Any)
            {
                aside.push(format!("string({value})"));
            }
            for part in aside {
                text = format!("{text} + {ASIDE} + {part}");
            }
        }
        Ok(Found::One { holds, text })
    }

    /// The nearest parent that is there.
    fn nearest(&self, base: &str, before: &[&str]) -> String {
        let mut nearest = base.to_owned();
        for length in 1..=before.len() {
            let fields = before.get(..length).unwrap_or_default();
            let whole = fields.iter().fold(base.to_owned(), |base, name| select(&base, name));
            let there = self.optional(base, fields);
            nearest = format!("({there}.hasValue() ? {whole} : {nearest})");
        }
        nearest
    }

    /// A place that may be missing, as an optional value.
    fn optional(&self, base: &str, fields: &[&str]) -> String {
        let Some((last, before)) = fields.split_last() else { return format!("optional.of({base})") };
        let holder = before.iter().fold(base.to_owned(), |base, name| maybe(&base, name));
        match (*last, self.pod) {
            // In a template these are left out, and the Pod that is made of it gets them.
            ("enableServiceLinks", Some(_)) => {
                format!("{holder}.?enableServiceLinks.or(optional.of(dyn(true)))")
            }
            ("hostPort", Some(pod)) => format!(
                "{holder}.?hostPort.or({pod}.?spec.?hostNetwork.orValue(false) \
                 ? {holder}.?containerPort : optional.none())"
            ),
            (name, Some(_)) if before.last() == Some(&"requests") => {
                let limits = before.get(..before.len().saturating_sub(1)).unwrap_or_default();
                let limits = limits.iter().fold(base.to_owned(), |base, name| maybe(&base, name));
                let limit = maybe(&maybe(&limits, "limits"), name);
                format!("{}.or({limit})", maybe(&holder, name))
            }
            (name, _) => maybe(&holder, name),
        }
    }
}

/// Fields that templates lack and Pods have, where a policy may be after them.
pub(crate) const POD_DEFAULTS: &[&str] = &["enableServiceLinks", "hostPort"];

/// The texts found in all items of a list (or keys of a mapping).
pub(crate) fn gather(items: &str, variable: &str, found: Found) -> String {
    match found {
        Found::One { holds, text } if holds == "true" => format!("{items}.map({variable}, {text})"),
        Found::One { holds, text } => {
            format!("{items}.filter({variable}, {holds}).map({variable}, {text})")
        }
        Found::Many(list) => {
            format!("{items}.map({variable}, ({list}).join({BETWEEN})).filter(found, found != '')")
        }
    }
}

fn name_of(segment: &Segment) -> Option<&str> {
    match segment {
        Segment::Field { name, .. } => Some(name),
        Segment::Every => None,
    }
}

/// What a path of fields leads to.
pub(crate) fn follow<'k>(form: Option<FieldType<'k>>, fields: &[&str]) -> Option<FieldType<'k>> {
    fields.iter().try_fold(form?, |form, name| match form {
        FieldType::Object(object) | FieldType::Either(_, object) => {
            object.field(Key::known(name)?).map(bulkhead_kinds::Field::field_type)
        }
        FieldType::Map(values) => Some(values.form()),
        FieldType::List(_) | FieldType::Scalar(_) => None,
    })
}
