//! A custom resource as its rules see it: fields by their escaped names, defaults laid over, formats as
//! the types they stand for, and nothing that the schema does not have.

use std::sync::{Arc, LazyLock};

use bulkhead_cel::{Budget, Env, Map, Program, Value};
use bulkhead_document::{Kind, Node, Tree};

use super::names::escaped;
use super::schema::{Format, Schema, Sort};

/// What the schema and a value disagree about: the server refuses the resource before any rule is run.
#[derive(Debug)]
pub(super) struct Misfit {
    pub(super) expected: &'static str,
}

/// What stands under a name after defaulting: the resource's own value, else the schema's default.
pub(super) fn child<'a>(
    node: Node<'a>,
    name: &str,
    schema: &Schema,
    definition: &'a Tree,
) -> Option<Node<'a>> {
    let own = node.get(name);
    match own {
        // A null that may not be one counts as absent where there is a default.
        Some(own) if !own.is_null() || schema.nullable || schema.default.is_none() => Some(own),
        _ => schema.default.map(|default| definition.node(default)),
    }
}

/// Whether a value is of the sort that its schema wants.
pub(super) fn check(node: Node<'_>, schema: &Schema) -> Result<(), Misfit> {
    let expected = match (schema.sort, node.kind()) {
        (_, Kind::Null) if schema.nullable => return Ok(()),
        (Sort::Any, _)
        | (Sort::Object, Kind::Mapping(_))
        | (Sort::Array, Kind::Sequence(_))
        | (Sort::Text(_), Kind::Text(_))
        | (Sort::Integer, Kind::Int(_) | Kind::UInt(_))
        | (Sort::Number, Kind::Int(_) | Kind::UInt(_) | Kind::Float(_))
        | (Sort::Boolean, Kind::Bool(_))
        | (Sort::Either, Kind::Int(_) | Kind::Text(_)) => return Ok(()),
        (Sort::Object, _) => "a mapping",
        (Sort::Array, _) => "a list",
        (Sort::Text(_), _) => "text",
        (Sort::Integer, _) => "a whole number",
        (Sort::Number, _) => "a number",
        (Sort::Boolean, _) => "true or false",
        (Sort::Either, _) => "a whole number or text",
    };
    Err(Misfit { expected })
}

/// A value as expressions see it.
pub(super) fn value<'a>(node: Node<'a>, schema: &Schema, definition: &'a Tree, is_root: bool) -> Value<'a> {
    match (schema.sort, node.kind()) {
        (Sort::Object, Kind::Mapping(_)) if schema.properties.is_empty() && schema.values.is_none() => {
            Value::from(node)
        }
        (Sort::Object, Kind::Mapping(_)) => object(node, schema, definition, is_root).into(),
        (Sort::Array, Kind::Sequence(_)) => match &schema.items {
            Some(items) => {
                Value::list(node.items().map(|item| value(item, items, definition, false)).collect())
            }
            None => Value::from(node),
        },
        (Sort::Number, _) => match node.kind() {
            Kind::Int(_) | Kind::UInt(_) => as_double(node),
            _ => Value::from(node),
        },
        (Sort::Text(format), Kind::Text(text)) => {
            formatted(format, text).unwrap_or_else(|| Value::from(node))
        }
        _ => Value::from(node),
    }
}

fn object<'a>(node: Node<'a>, schema: &Schema, definition: &'a Tree, is_root: bool) -> Map<'a> {
    let mut map = Map::new();
    if let Some(values) = &schema.values {
        for (key, held) in node.entries() {
            map.set(key, value(held, values, definition, false));
        }
        return map;
    }
    for (name, property) in &schema.properties {
        let Some(found) = child(node, name, property, definition) else { continue };
        if let Some(name) = escaped(name) {
            map.set(&name, value(found, property, definition, false));
        }
    }
    if is_root || schema.is_resource {
        for name in ["apiVersion", "kind", "metadata"] {
            if let Some(found) = node.get(name) {
                map.set(name, Value::from(found));
            }
        }
    }
    map
}

#[expect(clippy::cast_precision_loss, reason = "a number of JSON is one, whatever it loses")]
fn as_double(node: Node<'_>) -> Value<'_> {
    match node.kind() {
        Kind::Int(number) => Value::Double(number as f64),
        Kind::UInt(number) => Value::Double(number as f64),
        _ => Value::from(node),
    }
}

/// A text in a format as what it stands for; nothing where it is not in it.
fn formatted<'a>(format: Format, text: &str) -> Option<Value<'a>> {
    static PROGRAMS: LazyLock<[Option<Program>; 4]> = LazyLock::new(|| {
        let sources = ["timestamp(t)", "timestamp(t + 'T00:00:00Z')", "duration(t)", "base64.decode(t)"];
        sources.map(|source| Env::conformance().with_variable("t").compile(source).ok())
    });
    let place = match format {
        Format::Plain => return None,
        Format::DateTime => 0,
        Format::Date => 1,
        Format::Duration => 2,
        Format::Bytes => 3,
    };
    let program = PROGRAMS.get(place)?.as_ref()?;
    let text: Arc<str> = text.into();
    program.eval(&[("t", Value::text(text))], &mut Budget::default()).ok()
}
