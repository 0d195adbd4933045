//! A pattern laid over an object: `validate.pattern`.
//!
//! Anchors are looked at first, and may say that the pattern is not for this object, which is no violation. The
//! first thing that is not as the pattern wants it is what is told.
//!
//! Source: Kyverno 1.17, `pkg/engine/validate` and `pkg/engine/wildcards`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::anchor::{self, Anchor};
use super::leaf;
use super::value::{Entries, Value};
use super::wildcard;

/// One part of the way to a place in an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Field(Arc<str>),
    Index(usize),
}

/// Why a pattern does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misfit {
    pub(crate) sort: Sort,
    /// In Kyverno's words.
    pub(crate) message: String,
    /// Where, as Kyverno spells it: `/spec/containers/0/image/`. Empty where it does not say.
    pub(crate) path: String,
    /// Where.
    pub(crate) place: Vec<Part>,
}

/// What follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// The pattern is not for this object.
    Skip,
    /// The object is not as it must be.
    Fail,
    /// The object is not as it must be, and an anchored key is nowhere in it, which Kyverno calls an error.
    Error,
    /// It hangs on something that a file does not tell: what the message names.
    Unknown,
}

/// Lays a pattern over an object.
pub(crate) fn lay(object: &Value, pattern: &Value) -> Result<(), Misfit> {
    let mut walk = Walk { seen: BTreeMap::new(), place: Vec::new() };
    walk.element(object, pattern, "/").map_err(|wrong| {
        let Wrong { why, message, mut path, place, .. } = wrong;
        let sort = match why {
            Why::Skip => Sort::Skip,
            Why::Unknown => Sort::Unknown,
            Why::Plain if walk.misses_keys() || path.is_empty() => Sort::Error,
            Why::Negation | Why::Plain => Sort::Fail,
        };
        if sort != Sort::Fail {
            path.clear();
        }
        Misfit { sort, message, path, place }
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Skip,
    Negation,
    Plain,
    Unknown,
}

/// Something wrong on the way.
struct Wrong {
    why: Why,
    /// Whether it sums up what was skipped below.
    is_sum: bool,
    message: String,
    path: String,
    place: Vec<Part>,
}

struct Walk {
    /// Anchored keys, and whether some object has them.
    seen: BTreeMap<String, bool>,
    place: Vec<Part>,
}

type Outcome = Result<(), Wrong>;

impl Walk {
    fn misses_keys(&self) -> bool {
        let is_negation = |key: &str| matches!(anchor::parse(key), Some((Anchor::Negation, _)));
        self.seen.iter().any(|(key, seen)| !seen && !is_negation(key))
    }

    fn wrong(&self, why: Why, message: String, path: &str) -> Wrong {
        Wrong { why, is_sum: false, message, path: path.to_owned(), place: self.place.clone() }
    }

    fn plain<T>(&self, message: String, path: &str) -> Result<T, Wrong> {
        Err(self.wrong(Why::Plain, message, path))
    }

    fn below<T>(&mut self, part: Part, run: impl FnOnce(&mut Self) -> T) -> T {
        self.place.push(part);
        let result = run(self);
        self.place.pop();
        result
    }

    fn element(&mut self, value: &Value, pattern: &Value, path: &str) -> Outcome {
        if let Value::Unknown(name) = value {
            return Err(self.wrong(Why::Unknown, (**name).to_owned(), path));
        }
        match pattern {
            Value::Map(wanted) => {
                let Value::Map(found) = value else {
                    let (expected, found) = (type_name(pattern), type_name(value));
                    let message = format!(
                        "pattern and resource have different structures. Path: {path}. Expected {expected}, \
                         found {found}"
                    );
                    return self.plain(message, path);
                };
                self.look_for_anchors(wanted, found);
                self.map(found, wanted, path)
            }
            Value::List(wanted) => {
                let Value::List(found) = value else {
                    let message = format!(
                        "validation rule failed at path {path}, resource does not satisfy the expected overlay \
                         pattern"
                    );
                    return self.plain(message, path);
                };
                self.list(found, wanted, path)
            }
            _ => {
                let fits = match value {
                    Value::List(items) => items.iter().all(|item| leaf::validate(item, pattern)),
                    _ => leaf::validate(value, pattern),
                };
                if fits {
                    return Ok(());
                }
                let message = format!(
                    "resource value '{}' does not match '{}' at path {path}",
                    value.printed(),
                    pattern.printed()
                );
                self.plain(message, path)
            }
        }
    }

    fn look_for_anchors(&mut self, pattern: &Entries, object: &Entries) {
        for key in pattern.keys() {
            let Some((Anchor::Condition | Anchor::Existence | Anchor::Negation, inner)) = anchor::parse(key)
            else {
                continue;
            };
            *self.seen.entry((**key).to_owned()).or_default() |= object.contains_key(inner);
        }
    }

    fn map(&mut self, object: &Entries, pattern: &Entries, path: &str) -> Outcome {
        let pattern = &expand_metadata(pattern, object);
        let is_early = |key: &str| {
            let kind = anchor::parse(key).map(|(kind, _)| kind);
            matches!(kind, Some(Anchor::Condition | Anchor::Existence | Anchor::Equality | Anchor::Negation))
        };
        let mut skipped: Vec<Wrong> = Vec::new();
        let mut applied = 0;
        for (key, wanted) in pattern.iter().filter(|(key, _)| is_early(key)) {
            match self.key(key, wanted, object, path) {
                Ok(()) => applied += 1,
                Err(wrong) if wrong.why == Why::Skip => skipped.push(wrong),
                Err(wrong) => {
                    if skipped.iter().all(|skip| skip.is_sum) {
                        return Err(wrong);
                    }
                }
            }
        }
        if !skipped.is_empty() && (applied == 0 || skipped.iter().any(|skip| !skip.is_sum)) {
            return Err(self.sum(&skipped, path));
        }
        // What has anchors below it comes first, the last of them before all others.
        let mut rest: VecDeque<&Arc<str>> = VecDeque::new();
        for (key, wanted) in pattern.iter().filter(|(key, _)| !is_early(key)) {
            let is_global = matches!(anchor::parse(key), Some((Anchor::Global, _)));
            if is_global || has_anchors(wanted) {
                rest.push_front(key);
            } else {
                rest.push_back(key);
            }
        }
        for key in rest {
            if let Some(wanted) = pattern.get(key) {
                self.key(key, wanted, object, path)?;
            }
        }
        Ok(())
    }

    fn sum(&self, skipped: &[Wrong], path: &str) -> Wrong {
        let messages: Vec<_> = skipped.iter().map(|skip| skip.message.as_str()).collect();
        Wrong { is_sum: true, ..self.wrong(Why::Skip, messages.join("; "), path) }
    }

    fn key(&mut self, key: &Arc<str>, wanted: &Value, object: &Entries, path: &str) -> Outcome {
        let Some((kind, inner)) = anchor::parse(key).filter(|(kind, _)| *kind != Anchor::Add) else {
            return self.below(Part::Field(key.clone()), |walk| walk.field(key, wanted, object, path));
        };
        let path = format!("{path}{inner}/");
        self.below(Part::Field(inner.into()), |walk| {
            let Some(value) = object.get(inner) else {
                return match kind {
                    Anchor::Condition => {
                        let message =
                            "conditional anchor mismatch: conditional anchor key doesn't exist in the resource";
                        Err(walk.wrong(Why::Skip, message.to_owned(), &path))
                    }
                    _ => Ok(()),
                };
            };
            let skipped = |name: &str, wrong: Wrong| match wrong.why {
                Why::Unknown => wrong,
                _ => Wrong {
                    why: Why::Skip,
                    is_sum: false,
                    message: format!("{name} anchor mismatch: {}", wrong.message),
                    ..wrong
                },
            };
            match kind {
                Anchor::Negation => {
                    let message =
                        format!("negation anchor matched in resource: {path} is not allowed");
                    Err(walk.wrong(Why::Negation, message, &path))
                }
                Anchor::Condition => {
                    walk.element(value, wanted, &path).map_err(|wrong| skipped("conditional", wrong))
                }
                Anchor::Global => {
                    walk.element(value, wanted, &path).map_err(|wrong| skipped("global", wrong))
                }
                Anchor::Existence => walk.exists(value, wanted, &path),
                Anchor::Equality | Anchor::Add => walk.element(value, wanted, &path),
            }
        })
    }

    fn field(&mut self, key: &str, wanted: &Value, object: &Entries, path: &str) -> Outcome {
        let found = object.get(key).unwrap_or(&Value::Null);
        if wanted.as_text() == Some("*") {
            return match found {
                Value::Null => self.plain(format!("{path}/{key} not found"), path),
                _ => Ok(()),
            };
        }
        self.element(found, wanted, &format!("{path}{key}/"))
    }

    /// Every pattern of a list must fit an item.
    fn exists(&mut self, value: &Value, wanted: &Value, path: &str) -> Outcome {
        let Value::List(items) = value else {
            let message = format!(
                "invalid resource type {}: Existence ^ () anchor can be used only on list/array type resource",
                type_name(value)
            );
            return self.plain(message, path);
        };
        let Value::List(patterns) = wanted else {
            let message = format!(
                "invalid pattern type {}: Pattern has to be of list to compare against resource",
                type_name(wanted)
            );
            return self.plain(message, path);
        };
        for pattern in patterns.iter() {
            if !matches!(pattern, Value::Map(_)) {
                let message = format!(
                    "invalid pattern type {}: Pattern has to be of type map to compare against items in resource",
                    type_name(wanted)
                );
                return self.plain(message, path);
            }
            let (mut fits, mut open) = (false, None);
            for (place, item) in items.iter().enumerate() {
                let below = format!("{path}{place}/");
                match self.below(Part::Index(place), |walk| walk.element(item, pattern, &below)) {
                    Ok(()) => {
                        fits = true;
                        break;
                    }
                    Err(wrong) if wrong.why == Why::Unknown => open = Some(wrong),
                    Err(_) => (),
                }
            }
            if let (false, Some(open)) = (fits, open) {
                return Err(open);
            }
            if !fits {
                return self.plain(format!("existence anchor validation failed at path {path}"), path);
            }
        }
        Ok(())
    }

    fn list(&mut self, items: &[Value], patterns: &[Value], path: &str) -> Outcome {
        match patterns.first() {
            None => self.plain("pattern Array empty".to_owned(), path),
            Some(pattern @ Value::Map(_)) => self.each(items.iter().map(|item| (item, pattern)), path),
            Some(Value::List(_)) if items.len() < patterns.len() => {
                let message = format!(
                    "validate Array failed, array length mismatch, resource Array len is {} and pattern Array \
                     len is {}",
                    items.len(),
                    patterns.len()
                );
                self.plain(message, "")
            }
            Some(Value::List(_)) => self.each(items.iter().zip(patterns), path),
            Some(pattern) => {
                // As for a pattern that stands in the place of the list.
                let list = Value::list(items.to_vec());
                self.element(&list, pattern, path)
            }
        }
    }

    fn each<'v>(&mut self, pairs: impl Iterator<Item = (&'v Value, &'v Value)>, path: &str) -> Outcome {
        let (mut skipped, mut applied) = (Vec::new(), 0);
        for (place, (item, pattern)) in pairs.enumerate() {
            let below = format!("{path}{place}/");
            match self.below(Part::Index(place), |walk| walk.element(item, pattern, &below)) {
                Ok(()) => applied += 1,
                Err(wrong) if wrong.why == Why::Skip => skipped.push(wrong),
                Err(wrong) => return Err(wrong),
            }
        }
        if applied == 0 && !skipped.is_empty() { Err(self.sum(&skipped, path)) } else { Ok(()) }
    }
}

fn has_anchors(pattern: &Value) -> bool {
    match pattern {
        Value::Map(entries) => {
            let is_anchor = |key: &str| anchor::parse(key).is_some_and(|(kind, _)| kind != Anchor::Add);
            entries.iter().any(|(key, value)| is_anchor(key) || has_anchors(value))
        }
        Value::List(items) => items.iter().any(has_anchors),
        _ => false,
    }
}

/// Go's name of a value's type.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null | Value::Unknown(_) => "<nil>",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int64",
        Value::Float(_) => "float64",
        Value::Text(_) => "string",
        Value::List(_) => "[]interface {}",
        Value::Map(_) => "map[string]interface {}",
    }
}

/// Wildcards in the keys of labels and annotations become the first key of the object that they cover.
fn expand_metadata(pattern: &Entries, object: &Entries) -> Entries {
    let mut pattern = pattern.clone();
    let Some((key, metadata)) = keyed(&pattern, "metadata").map(|(key, value)| (key.clone(), value.clone()))
    else {
        return pattern;
    };
    let (Value::Map(metadata), Some(Value::Map(found))) = (metadata, object.get("metadata")) else {
        return pattern;
    };
    let mut expanded = (*metadata).clone();
    for tag in ["labels", "annotations"] {
        let Some((key, Value::Map(wanted))) = keyed(&metadata, tag) else { continue };
        let Some((_, Value::Map(found))) = keyed(found, tag) else { continue };
        let texts = wanted.iter().filter(|(_, value)| matches!(value, Value::Text(_)));
        let found: Vec<&str> = found
            .iter()
            .filter(|(_, value)| matches!(value, Value::Text(_)))
            .map(|(key, _)| &**key)
            .collect();
        let entries = texts.map(|(key, value)| (expand_key(key, &found), value.clone()));
        let entries: Entries = entries.collect();
        expanded.insert(key.clone(), Value::map(entries));
    }
    pattern.insert(key, Value::map(expanded));
    pattern
}

fn expand_key(key: &Arc<str>, found: &[&str]) -> Arc<str> {
    if !wildcard::has_wildcard(key) {
        return key.clone();
    }
    let (kind, inner) = anchor::parse(key).map_or((None, &**key), |(kind, inner)| (Some(kind), inner));
    let covered = found.iter().find(|name| wildcard::matches(inner, name)).copied().unwrap_or(inner);
    kind.map_or_else(|| covered.into(), |kind| anchor::spell(kind, covered).into())
}

/// The entry of a key, anchored or not.
fn keyed<'e>(entries: &'e Entries, tag: &str) -> Option<(&'e Arc<str>, &'e Value)> {
    let is_tag = |key: &str| key == tag || anchor::parse(key).is_some_and(|(_, inner)| inner == tag);
    entries.iter().find(|(key, _)| is_tag(key))
}
