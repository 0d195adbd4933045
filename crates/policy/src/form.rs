//! What a policy file may hold: one table per record, read by the decoder and by the JSON Schema.

use bulkhead_document::{Kind, Node, Span};
use serde_json::{Map, Value, json};

/// What a field holds.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Text.
    Text,
    /// A CEL expression.
    Cel,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Text, a number, or a list of them.
    Words,
    /// A record of these fields.
    Record(&'static [Field]),
    /// A list.
    List(&'static Shape),
    /// Free keys, each with the same shape.
    Map(&'static Shape),
    /// Anything at all.
    Any,
}

/// One field of a record.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) required: bool,
    pub(crate) says: &'static str,
}

const fn required(name: &'static str, shape: Shape, says: &'static str) -> Field {
    Field { name, shape, required: true, says }
}

const fn optional(name: &'static str, shape: Shape, says: &'static str) -> Field {
    Field { name, shape, required: false, says }
}

/// A policy, all but its id.
pub(crate) const BODY: &[Field] = &[
    required("title", Shape::Text, "What it finds, as a headline"),
    required("severity", Shape::OneOf(&["critical", "high", "medium", "low", "info"]), "How bad that is"),
    optional("set", Shape::OneOf(&["essential", "recommended", "all"]), "The smallest set that holds it"),
    required("why", Shape::Text, "What goes wrong, for somebody who has never heard of it"),
    required("fix", Shape::Text, "How to mend it, in a sentence without full stop"),
    optional("standards", Shape::Map(&Shape::Words), "Controls of published standards that it checks"),
    optional("aliases", Shape::Map(&Shape::Words), "Ids of the same check in other tools"),
    optional("kubernetes", Shape::Text, "Minor versions it is judged for, such as \">=1.23 <1.30\""),
    required(
        "for-each",
        Shape::Text,
        "What self is: object, pod, container, volume, document, source, or a path such as rules[*]",
    ),
    optional("kinds", Shape::Words, "Kinds of objects, such as Service or apps/Deployment"),
    optional("when", Shape::Cel, "Where it is false there is nothing to judge"),
    optional("variables", Shape::Map(&Shape::Cel), "Named expressions; each may use those before it"),
    optional("parameters", Shape::Map(&Shape::Record(PARAMETER)), "What configuration may set"),
    optional("find", Shape::List(&Shape::Record(FIND)), "What is wrong, and where"),
    optional("examples", Shape::List(&Shape::Record(EXAMPLE)), "Its own test, at least one of each outcome"),
];

const PARAMETER: &[Field] = &[
    required("default", Shape::Any, "The value unless configured"),
    optional("description", Shape::Text, "What it is for"),
    optional("off-without", Shape::Text, "What a report says is not judged while this is empty"),
];

const FIND: &[Field] = &[
    optional("at", Shape::Text, "The field to blame, once per match"),
    optional("missing", Shape::Text, "The field whose absence is to blame"),
    optional("when", Shape::Cel, "Whether that is wrong; it is, where this is left out"),
    required("message", Shape::Text, "What is wrong; {…} holds CEL"),
    optional("patch", Shape::Record(PATCH), "A change that mends it, where one is right in general"),
];

const PATCH: &[Field] = &[
    optional(
        "set",
        Shape::Text,
        "The field that gets the value of `to`; `.` is the one to blame, `.a` one below it",
    ),
    optional("append", Shape::Text, "The list that gets the value of `to` as an item"),
    optional("remove", Shape::Text, "The field that goes"),
    optional("to", Shape::Any, "A value"),
    optional("may-break", Shape::Text, "What to test, where the change can break what works"),
];

const EXAMPLE: &[Field] = &[
    required("finds", Shape::List(&Shape::Text), "The fields found; none in a clean example"),
    optional("note", Shape::Text, "What the example is for"),
    optional("object", Shape::Any, "The whole object"),
    optional("spec", Shape::Any, "The spec of a Pod"),
    optional("container", Shape::Any, "The only container of a Pod"),
    optional("objects", Shape::Any, "Several objects, for what compares them"),
    optional("kubernetes", Shape::Words, "The minor version to judge for"),
    optional("parameters", Shape::Map(&Shape::Any), "Parameters other than the defaults"),
];

/// Where a file strays from the form.
#[derive(Debug)]
pub(crate) struct Stray {
    pub(crate) span: Span,
    pub(crate) message: String,
}

/// Compares a record with its table; the first difference is the answer.
pub(crate) fn check(node: Node<'_>, fields: &[Field], at: &str, extra: &[&str]) -> Result<(), Stray> {
    if !matches!(node.kind(), Kind::Mapping(_)) {
        return Err(stray(node, format!("{at}: expected a mapping, found {}", found(node))));
    }
    for entry in node.raw_entries() {
        let name = node.tree().key_name(entry.key);
        let value = node.tree().node(entry.value);
        match fields.iter().find(|field| field.name == name) {
            Some(field) => check_shape(value, &field.shape, &format!("{at}{}{name}", dot(at)))?,
            None if extra.contains(&name) => (),
            None => {
                let known: Vec<_> = fields.iter().map(|field| field.name).collect();
                let message = format!("{at}{}{name}: no such field; expected {}", dot(at), known.join(", "));
                return Err(Stray { span: entry.span, message });
            }
        }
    }
    match fields
        .iter()
        .find(|field| field.required && node.get(field.name).is_none_or(Node::is_null))
    {
        Some(field) => {
            Err(stray(node, format!("{at}{}{}: is missing ({})", dot(at), field.name, field.says)))
        }
        None => Ok(()),
    }
}

fn check_shape(node: Node<'_>, shape: &Shape, at: &str) -> Result<(), Stray> {
    let scalar = |node: Node<'_>| matches!(node.kind(), Kind::Text(_) | Kind::Int(_) | Kind::Float(_));
    let wrong = |node: Node<'_>, expected: &str| {
        Err(stray(node, format!("{at}: expected {expected}, found {}", found(node))))
    };
    match shape {
        Shape::Any => Ok(()),
        Shape::Text if node.as_str().is_some() => Ok(()),
        Shape::Text => wrong(node, "text"),
        Shape::Cel if node.as_str().is_some() || node.as_bool().is_some() => Ok(()),
        Shape::Cel => wrong(node, "a CEL expression (text)"),
        Shape::OneOf(words) if node.as_str().is_some_and(|word| words.contains(&word)) => Ok(()),
        Shape::OneOf(words) => wrong(node, &words.join(", ")),
        Shape::Words if scalar(node) => Ok(()),
        Shape::Words => match node.items().find(|item| !scalar(*item)) {
            None if matches!(node.kind(), Kind::Sequence(_)) => Ok(()),
            item => wrong(item.unwrap_or(node), "text or a list of texts"),
        },
        Shape::Record(fields) => check(node, fields, at, &[]),
        Shape::List(shape) => {
            if !matches!(node.kind(), Kind::Sequence(_)) {
                return wrong(node, "a list");
            }
            node.items()
                .zip(0..)
                .try_for_each(|(item, index)| check_shape(item, shape, &format!("{at}[{index}]")))
        }
        Shape::Map(shape) => {
            if !matches!(node.kind(), Kind::Mapping(_)) {
                return wrong(node, "a mapping");
            }
            node.entries()
                .try_for_each(|(name, value)| check_shape(value, shape, &format!("{at}.{name}")))
        }
    }
}

fn dot(at: &str) -> &str {
    if at.is_empty() { "" } else { "." }
}

fn stray(node: Node<'_>, message: String) -> Stray {
    Stray { span: node.span(), message }
}

/// A value in a few words, for "expected …, found …".
fn found(node: Node<'_>) -> String {
    match node.kind() {
        Kind::Null => "nothing".to_owned(),
        Kind::Text(text) => format!("{:?}", text.chars().take(40).collect::<String>()),
        Kind::Sequence(_) => "a list".to_owned(),
        Kind::Mapping(_) => "a mapping".to_owned(),
        _ => format!("{node:?}"),
    }
}

/// The JSON Schema (draft 2020-12) of a policy file, for editors.
pub fn schema() -> Value {
    let mut short = record(BODY);
    if let Some(object) = short.as_object_mut() {
        if let Some(Value::Object(properties)) = object.get_mut("properties") {
            properties.insert("id".into(), json!({"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}));
        }
        if let Some(Value::Array(required)) = object.get_mut("required") {
            required.insert(0, "id".into());
        }
    }
    let object = json!({
        "type": "object",
        "properties": {
            "apiVersion": {"const": "bulkhead.dev/v1alpha1"},
            "kind": {"const": "Policy"},
            "metadata": {
                "type": "object",
                "properties": {"name": {"type": "string"}},
                "required": ["name"],
            },
            "spec": record(BODY),
        },
        "required": ["apiVersion", "kind", "metadata", "spec"],
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A Bulkhead policy",
        "anyOf": [short, object],
    })
}

fn record(fields: &[Field]) -> Value {
    let properties: Map<String, Value> = fields
        .iter()
        .map(|field| {
            let mut schema = of_shape(&field.shape);
            schema.insert("description".into(), field.says.into());
            (field.name.to_owned(), Value::Object(schema))
        })
        .collect();
    let required: Vec<_> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    json!({"type": "object", "additionalProperties": false, "properties": properties, "required": required})
}

fn of_shape(shape: &Shape) -> Map<String, Value> {
    let word = json!({"type": ["string", "number"]});
    let schema = match shape {
        Shape::Any => json!({}),
        Shape::Text => json!({"type": "string"}),
        Shape::Cel => json!({"type": ["string", "boolean"]}),
        Shape::OneOf(words) => json!({"enum": words}),
        Shape::Words => json!({"anyOf": [word, {"type": "array", "items": word}]}),
        Shape::Record(fields) => record(fields),
        Shape::List(shape) => json!({"type": "array", "items": of_shape(shape)}),
        Shape::Map(shape) => json!({"type": "object", "additionalProperties": of_shape(shape)}),
    };
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}
