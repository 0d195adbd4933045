//! How large what a schema describes may be, and how often there may be one of it: what a rule may cost hangs on that.
//!
//! Source: `SchemaDeclType` of k8s.io/apiserver, `pkg/cel/common/schemas.go`; `CELSchemaContext` of
//! k8s.io/apiextensions-apiserver, `pkg/apis/apiextensions/validation`.

use std::collections::BTreeMap;

use bulkhead_cel::Sizes;

use super::names::escaped;
use super::schema::{Format, Schema, Sort};

/// The most bytes of a request.
const REQUEST: u64 = 3 << 20;
/// What one rule may cost, and all of a definition together.
pub(super) const PER_RULE: u64 = 10_000_000;
pub(super) const PER_DEFINITION: u64 = 100_000_000;

/// A part of a schema by its sizes.
#[derive(Debug, Default)]
pub(super) struct Declared {
    /// The most characters, bytes, items or entries.
    most: u64,
    /// The fewest bytes that it takes as JSON.
    least_bytes: u64,
    fields: BTreeMap<Box<str>, Declared>,
    /// What each item, or each value of a map, is like.
    each: Option<Box<Declared>>,
    /// A map has keys, whose length the server leaves at none.
    is_map: bool,
}

impl Sizes for Declared {
    fn most(&self, path: &[Box<str>]) -> Option<u64> {
        let mut at = self;
        for name in path.get(1..)? {
            at = match &**name {
                "@items" | "@values" => at.each.as_deref()?,
                "@keys" => return at.is_map.then_some(0),
                name => at.fields.get(name)?,
            };
        }
        Some(at.most)
    }
}

impl Declared {
    /// What expressions know of a part of a schema; nothing where they cannot read it.
    pub(super) fn of(schema: &Schema, is_resource: bool) -> Option<Self> {
        let text = |most, least_bytes| Self { most, least_bytes, ..Self::default() };
        // Characters take up to four bytes.
        let own = schema.most.map(|most| most.saturating_mul(4));
        Some(match schema.sort {
            Sort::Either => text(own.unwrap_or(REQUEST - 2), 1),
            Sort::Any if !is_resource => return None,
            Sort::Array => {
                let items = schema.items.as_deref()?;
                let each = Self::of(items, items.is_resource)?;
                let most = schema.most.unwrap_or((REQUEST - 2) / (each.least_bytes.saturating_add(1)));
                Self { most, least_bytes: 2, each: Some(Box::new(each)), ..Self::default() }
            }
            Sort::Object | Sort::Any => match schema.values.as_deref() {
                Some(values) => {
                    let each = Self::of(values, values.is_resource)?;
                    let most = schema.most.unwrap_or((REQUEST - 2) / (each.least_bytes.saturating_add(6)));
                    Self { most, least_bytes: 2, each: Some(Box::new(each)), is_map: true, ..Self::default() }
                }
                None => Self::object(schema, is_resource),
            },
            Sort::Text(Format::Plain) => text(own.or(schema.longest).unwrap_or(REQUEST - 2), 2),
            Sort::Text(Format::Bytes) => text(schema.most.unwrap_or(REQUEST - 2), 2),
            Sort::Text(Format::Duration) => text(32, 3),
            Sort::Text(Format::Date) => text(12, 12),
            Sort::Text(Format::DateTime) => text(32, 21),
            Sort::Boolean => text(0, 4),
            Sort::Integer | Sort::Number => text(0, 1),
        })
    }

    fn object(schema: &Schema, is_resource: bool) -> Self {
        let (mut fields, mut least_bytes) = (BTreeMap::new(), 2_u64);
        for (name, property) in &schema.properties {
            let Some(declared) = Self::of(property, property.is_resource) else { continue };
            // What has a default is filled in by the server, and need not be sent.
            if schema.required.contains(name) && property.default.is_none() {
                let bytes = declared.least_bytes.saturating_add(name.len() as u64).saturating_add(4);
                least_bytes = least_bytes.saturating_add(bytes);
            }
            if let Some(spelled) = escaped(name) {
                fields.insert(spelled.into(), declared);
            }
        }
        if is_resource {
            let text = || Self { most: REQUEST - 2, least_bytes: 2, ..Self::default() };
            let names = ["name", "generateName"].map(|name| (name.into(), text()));
            let metadata = Self { least_bytes: 2, fields: names.into(), ..Self::default() };
            fields.insert("apiVersion".into(), text());
            fields.insert("kind".into(), text());
            fields.insert("metadata".into(), metadata);
        }
        Self { least_bytes, fields, ..Self::default() }
    }

    /// How many of it fit into a request.
    pub(super) fn most_in_a_request(&self) -> u64 {
        REQUEST / self.least_bytes.saturating_add(1)
    }
}

/// How often there may be one of the parts of a schema, where there may be so many of itself; nothing where no limit
/// says it.
pub(super) fn cardinality_within(schema: &Schema, own: Option<u64>) -> Option<u64> {
    let each = match schema.sort {
        Sort::Array => schema.most?,
        Sort::Object | Sort::Any if schema.values.is_some() => schema.most?,
        _ => 1,
    };
    Some(own?.saturating_mul(each))
}

/// How a cost that is too high is told.
pub(super) fn exceeds(what: &str, cost: u64, limit: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a factor is told to one digit")]
    let factor = cost as f64 / limit as f64;
    let factor = if factor > 100.0 {
        "more than 100x".to_owned()
    } else if factor < 1.5 {
        format!("{factor:.6}x")
    } else {
        format!("{factor:.1}x")
    };
    format!(
        "{what} exceeds budget by factor of {factor} (try simplifying the rule, or adding maxItems, maxProperties, \
         and maxLength where arrays, maps, and strings are declared)"
    )
}
