//! Reads the generated files: lines of words, kept in `data/` and made by `testbed/kinds`.
//!
//! A line that ends in `@33-36` holds in those minor versions only. What cannot be read is passed
//! over; a test reads every line of every version and finds none of it.

use std::sync::{Arc, OnceLock};

use bulkhead_document::{Key, Limits, Tree};
use foldhash::fast::RandomState;

use crate::defaults::{self, Rule};
use crate::kind;
use crate::schema::{
    Atomic, FieldRecord, Kinds, ListRecord, Scalar, Shape, ShapeId, Special, Table, TypeId, TypeRecord,
    Wanted, slot_of,
};
use crate::template;

const SCHEMA: &str = include_str!("../data/schema.txt");
const DEFAULTS: &str = include_str!("../data/defaults.txt");
pub(crate) const KINDS: &str = include_str!("../data/kinds.txt");
pub(crate) const ROLES: &str = include_str!("../data/roles.txt");

/// A line without its range of versions, if it holds in a version.
pub(crate) fn holds_in(line: &str, minor: u32) -> Option<&str> {
    let is_range = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b',' | b'-');
    let length = line.bytes().rev().take_while(is_range).count();
    let (rest, ranges) = line.split_at_checked(line.len() - length)?;
    let Some(rest) = rest.strip_suffix(" @") else { return Some(line) };
    let within = ranges.split(',').any(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let number = |text: &str| text.parse::<u32>().ok();
        number(first).is_some_and(|first| first <= minor) && number(last).is_some_and(|last| minor <= last)
    });
    within.then_some(rest)
}

/// Reads all facts of a version.
pub(crate) fn load(minor: u32) -> Kinds {
    let mut kinds = Kinds {
        minor,
        types: Vec::new(),
        type_numbers: Table::with_capacity_and_hasher(2048, RandomState::default()),
        fields: Vec::new(),
        slots: Vec::new(),
        shapes: Vec::new(),
        lists: Vec::new(),
        kinds: Vec::new(),
        kind_numbers: Table::default(),
        wanted: Vec::new(),
        rules: Vec::new(),
        literals: Tree::new(Arc::from("")),
        specials: Vec::new(),
        templates: Table::default(),
        key_names: Table::default(),
        bootstrap: OnceLock::new(),
    };
    let lines: Vec<&'static str> = SCHEMA.lines().collect();
    types(&mut kinds, &lines);
    fields(&mut kinds, &lines);
    kind::load(&mut kinds);
    let found = rules(&mut kinds);
    wanted(&mut kinds, &found);
    kinds.rules = found.into_iter().map(|(_, _, rule)| rule).collect();
    template::load(&mut kinds);
    kinds
}

/// Numbers the types: their names stand at the start of a line, their fields are indented.
fn types(kinds: &mut Kinds, lines: &[&'static str]) {
    for name in lines.iter().filter(|line| !line.starts_with(' ')) {
        let id = TypeId(u16::try_from(kinds.types.len()).unwrap_or(u16::MAX));
        kinds.type_numbers.insert(name, id);
        kinds.types.push(TypeRecord {
            name,
            fields: (0, 0),
            slots: (0, 0),
            wanted: (0, 0),
            special: special(name),
            milli: name.starts_with("core/v1."),
            plain: false,
        });
    }
}

fn special(name: &str) -> Special {
    match name {
        "core/v1.Container" | "core/v1.EphemeralContainer" => Special::Container,
        "core/v1.PodSpec" => Special::PodSpec,
        "core/v1.Volume" => Special::Volume,
        "core/v1.ImageVolumeSource" => Special::ImageVolume,
        "core/v1.ServiceSpec" => Special::Service,
        "core/v1.LimitRangeItem" => Special::LimitRangeItem,
        "core/v1.Secret" => Special::Secret,
        "core/v1.PersistentVolumeClaim" => Special::Claim,
        "core/v1.Namespace" => Special::Namespace,
        "core/v1.ReplicationController"
        | "batch/v1.Job"
        | "apps/v1beta1.Deployment"
        | "apps/v1beta1.StatefulSet"
        | "extensions/v1beta1.DaemonSet"
        | "extensions/v1beta1.Deployment"
        | "extensions/v1beta1.ReplicaSet" => Special::LabelsOfTemplate,
        "apiextensions/v1.CustomResourceDefinition" => Special::Definition,
        "apiextensions/v1.CustomResourceDefinitionSpec" => Special::DefinitionSpec,
        "apiextensions/v1.CustomResourceConversion" => Special::Conversion,
        "autoscaling/v2.HPAScalingRules" | "autoscaling/v2beta2.HPAScalingRules" => Special::ScalingRules,
        "core/v1.NodeSpec" => Special::Node,
        "core/v1.PodStatus" => Special::PodStatus,
        _ => Special::None,
    }
}

fn fields(kinds: &mut Kinds, lines: &[&'static str]) {
    let mut shapes = Shapes { numbers: Table::with_capacity_and_hasher(1024, RandomState::default()) };
    let mut lists: Table<&'static str, u16> = Table::default();
    let mut type_number = 0_usize;
    let mut first = 0;
    let close = |kinds: &mut Kinds, type_number: usize, first: usize| {
        let count = kinds.fields.len() - first;
        let size = (count * 2).next_power_of_two();
        let mask = size - 1;
        let start = kinds.slots.len();
        kinds.slots.resize(start + size, 0);
        for (number, field) in kinds.fields.iter().skip(first).enumerate() {
            let mut slot = slot_of(field.key.number().unwrap_or(0), small(mask));
            while kinds.slots.get(start + slot).is_some_and(|taken| *taken != 0) {
                slot = (slot + 1) & mask;
            }
            if let Some(free) = kinds.slots.get_mut(start + slot) {
                *free = small(number + 1);
            }
        }
        if let Some(record) = kinds.types.get_mut(type_number) {
            record.fields = (wide(first), small(count));
            record.slots = (wide(start), small(mask));
        }
    };
    for (number, line) in lines.iter().enumerate() {
        let Some(line) = line.strip_prefix(' ') else {
            if number > 0 {
                close(kinds, type_number, first);
                type_number += 1;
                first = kinds.fields.len();
            }
            continue;
        };
        let Some(line) = holds_in(line, kinds.minor) else { continue };
        if let Some(field) = field(kinds, &mut shapes, &mut lists, line) {
            kinds.fields.push(field);
        }
    }
    close(kinds, type_number, first);
}

fn field(
    kinds: &mut Kinds,
    shapes: &mut Shapes,
    lists: &mut Table<&'static str, u16>,
    line: &'static str,
) -> Option<FieldRecord> {
    let mut words = Words(line);
    let name = words.next()?;
    let mut field = FieldRecord {
        key: Key::known(name)?,
        name,
        shape: shapes.number(kinds, words.next()?)?,
        pointer: false,
        always: false,
        required: false,
        atomic: Atomic::No,
        list: ListRecord::Plain,
        wanted: FieldRecord::UNWANTED,
        enumeration: "",
    };
    let mut list_number = |keys: &'static str| {
        *lists.entry(keys).or_insert_with(|| {
            kinds.lists.push(keys.split(',').filter_map(Key::known).collect());
            small(kinds.lists.len() - 1)
        })
    };
    for word in words {
        match word {
            "pointer" => field.pointer = true,
            "always" => field.always = true,
            "required" => field.required = true,
            "atomic" => field.atomic = Atomic::Whole,
            "atomic-items" => field.atomic = Atomic::Items,
            "set" => field.list = ListRecord::Set,
            _ => match word.split_once('=') {
                Some(("map", keys)) => field.list = ListRecord::Map(list_number(keys)),
                Some(("merge", keys)) => field.list = ListRecord::Merge(list_number(keys)),
                Some(("enum", values)) => field.enumeration = values,
                _ => return None,
            },
        }
    }
    Some(field)
}

/// The words of a line. They are short: looking at each byte beats searching for blanks.
struct Words(&'static str);

impl Iterator for Words {
    type Item = &'static str;

    fn next(&mut self) -> Option<&'static str> {
        if self.0.is_empty() {
            return None;
        }
        let end = self.0.bytes().position(|byte| byte == b' ').unwrap_or(self.0.len());
        let word = self.0.get(..end)?;
        self.0 = self.0.get(end + 1..).unwrap_or("");
        Some(word)
    }
}

/// Shapes by their spelling.
struct Shapes {
    numbers: Table<&'static str, ShapeId>,
}

impl Shapes {
    fn number(&mut self, kinds: &mut Kinds, spelled: &'static str) -> Option<ShapeId> {
        if let Some(id) = self.numbers.get(spelled) {
            return Some(*id);
        }
        let inner = |open, close| spelled.strip_prefix(open)?.strip_suffix(close);
        let shape = if let Some(items) = inner('[', ']') {
            Shape::List(self.number(kinds, items)?)
        } else if let Some(values) = inner('{', '}') {
            Shape::Map(self.number(kinds, values)?)
        } else if let Some((other, object)) = spelled.split_once('|') {
            Shape::Either(self.number(kinds, other)?, *kinds.type_numbers.get(object)?)
        } else if let Some(scalar) = scalar(spelled) {
            Shape::Scalar(scalar)
        } else {
            Shape::Object(*kinds.type_numbers.get(spelled)?)
        };
        let id = ShapeId(small(kinds.shapes.len()));
        kinds.shapes.push(shape);
        self.numbers.insert(spelled, id);
        Some(id)
    }
}

fn scalar(word: &str) -> Option<Scalar> {
    Some(match word {
        "string" => Scalar::Text,
        "bool" => Scalar::Bool,
        "int32" => Scalar::Int32,
        "int64" => Scalar::Int64,
        "double" => Scalar::Double,
        "quantity" => Scalar::Quantity,
        "int-or-string" => Scalar::IntOrString,
        "time" => Scalar::Time,
        "micro-time" => Scalar::MicroTime,
        "duration" => Scalar::Duration,
        "bytes" => Scalar::Bytes,
        "any" => Scalar::Any,
        _ => return None,
    })
}

/// The rules of `defaults.txt` with type and field, sorted by both; their literal values go to one tree.
fn rules(kinds: &mut Kinds) -> Vec<(TypeId, Key, Rule)> {
    let mut texts = String::from("[");
    let mut lines = Vec::new();
    let mut count = 0;
    for line in DEFAULTS.lines() {
        let Some(line) = holds_in(line, kinds.minor) else { continue };
        if let Some(rest) = line.strip_prefix("special ") {
            kinds.specials.extend(rest.split_once(' '));
            continue;
        }
        if let Some(name) = line.strip_prefix("plain ") {
            let number = kinds.type_numbers.get(name).map(|id| usize::from(id.0));
            if let Some(record) = number.and_then(|number| kinds.types.get_mut(number)) {
                record.plain = true;
            }
            continue;
        }
        let Some(parsed) = line.strip_prefix("default ").and_then(defaults::split) else { continue };
        if parsed.copied.is_none() {
            if count > 0 {
                texts.push(',');
            }
            texts.push_str(parsed.value);
            count += 1;
        }
        lines.push(parsed);
    }
    texts.push(']');
    if let Some(Ok(tree)) = bulkhead_document::read(Arc::from(texts), &Limits::default()).next() {
        kinds.literals = tree;
    }
    let literals: Vec<_> = kinds.literals.root().item_ids().to_vec();
    let mut literals = literals.into_iter();
    let mut found = Vec::with_capacity(lines.len());
    for parsed in lines {
        let literal = if parsed.copied.is_none() { literals.next() } else { None };
        if let Some(rule) = defaults::rule(kinds, &parsed, literal) {
            found.push(rule);
        }
    }
    found.sort_by_key(|(id, key, rule)| (id.0, *key, rule.is_general()));
    found
}

/// Marks the fields that are there even when a document leaves them out.
fn wanted(kinds: &mut Kinds, rules: &[(TypeId, Key, Rule)]) {
    for number in 0..kinds.types.len() {
        let id = TypeId(small(number));
        let Some(record) = kinds.types.get(number) else { continue };
        let (first, count) = record.fields;
        let start = kinds.wanted.len();
        for place in first..first + u32::from(count) {
            let Some(field) = kinds.fields.get(place as usize) else { continue };
            let begin = rules.partition_point(|(other, key, _)| (other.0, *key) < (id.0, field.key));
            let length = rules
                .iter()
                .skip(begin)
                .take_while(|(other, key, _)| (other.0, *key) == (id.0, field.key))
                .count();
            if length == 0 && !has_zero(kinds, field) {
                continue;
            }
            kinds.wanted.push(Wanted { field: place, rules: (wide(begin), small(length)) });
            let wanted = kinds.wanted.len() - start - 1;
            if let Some(field) = kinds.fields.get_mut(place as usize) {
                field.wanted = u8::try_from(wanted).unwrap_or(FieldRecord::UNWANTED);
            }
        }
        let count = small(kinds.wanted.len() - start);
        if let Some(record) = kinds.types.get_mut(number) {
            record.wanted = (wide(start), count);
        }
    }
}

/// Whether a field's zero is written as something other than null.
fn has_zero(kinds: &Kinds, field: &FieldRecord) -> bool {
    field.always
        && !field.pointer
        && match kinds.shape(field.shape) {
            Shape::Object(_) => true,
            Shape::Scalar(scalar) => !matches!(
                scalar,
                Scalar::Time | Scalar::MicroTime | Scalar::Bytes | Scalar::Any | Scalar::Duration
            ),
            Shape::List(_) | Shape::Map(_) | Shape::Either(..) => false,
        }
}

fn small(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

fn wide(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SUPPORTED;

    /// Every line of every version is read, and every key is one that all documents share.
    #[test]
    fn no_line_is_passed_over() {
        for minor in SUPPORTED {
            let kinds = load(minor);
            let lines = |text: &'static str, start: &'static str| {
                text.lines()
                    .filter(move |line| line.starts_with(start) && holds_in(line, minor).is_some())
                    .count()
            };
            assert_eq!(kinds.fields.len(), lines(SCHEMA, " "), "1.{minor}");
            assert_eq!(kinds.rules.len(), lines(DEFAULTS, "default "), "1.{minor}");
            assert_eq!(kinds.specials.len(), lines(DEFAULTS, "special "), "1.{minor}");
            assert_eq!(
                kinds.kinds.len(),
                lines(KINDS, "kind ") + lines(kind::LONG_GONE, "kind "),
                "1.{minor}"
            );
            assert_eq!(kinds.kind_numbers.len(), kinds.kinds.len(), "1.{minor}");
            for record in &kinds.types {
                assert!(record.wanted.1 <= 64, "{}", record.name);
                for field in kinds.fields_of(record) {
                    let found = kinds.field_of(record, field.key).map(|found| found.name);
                    assert_eq!(found, Some(field.name), "{}", record.name);
                }
            }
        }
    }

    #[test]
    fn lines_hold_in_ranges_of_versions() {
        assert_eq!(holds_in("a b", 31), Some("a b"));
        assert_eq!(holds_in("a b @33-36", 33), Some("a b"));
        assert_eq!(holds_in("a b @33-36", 32), None);
        assert_eq!(holds_in("a b @31,34-36", 31), Some("a b"));
        assert_eq!(holds_in("a b @31,34-36", 35), Some("a b"));
        assert_eq!(holds_in("a b @31,34-36", 33), None);
    }
}
