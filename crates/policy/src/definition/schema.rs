//! The schema of one version of a custom kind, with its rules compiled.

use std::collections::BTreeMap;
use std::sync::Arc;

use bulkhead_cel::{CompileError, Env, Program, StaticType};
use bulkhead_document::{Node, NodeId, Tree};

use super::sizes::{self, Declared};
use super::text;
use super::types::SchemaTypes;

/// The field of a schema that holds rules.
const RULES: &str = "x-kubernetes-validations";
/// What the type of a whole resource is called.
const ROOT: &str = "object";
/// Schemas are nested no deeper than documents may be; this only keeps the walk off the stack's end.
const DEEPEST: usize = 100;

/// One served version of a custom kind.
pub(super) struct Definition {
    pub(super) tree: Arc<Tree>,
    pub(super) group: Box<str>,
    pub(super) version: Box<str>,
    pub(super) kind: Box<str>,
    pub(super) schema: Schema,
    pub(super) mistakes: Vec<Mistake>,
}

/// What a server would refuse of a rule.
pub(super) struct Mistake {
    /// Where it stands.
    pub(super) node: NodeId,
    pub(super) message: String,
}

/// What a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Object,
    Array,
    Text(Format),
    Integer,
    Number,
    Boolean,
    /// A whole number or text.
    Either,
    Any,
}

/// Texts that expressions see as something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Plain,
    DateTime,
    Date,
    Duration,
    Bytes,
}

/// A part of a schema.
#[expect(clippy::struct_excessive_bools, reason = "each is a field of its own in the schema")]
pub(super) struct Schema {
    pub(super) sort: Sort,
    pub(super) properties: BTreeMap<Box<str>, Schema>,
    /// Of a mapping with keys of one's own.
    pub(super) values: Option<Box<Schema>>,
    pub(super) items: Option<Box<Schema>>,
    /// In the definition's tree.
    pub(super) default: Option<NodeId>,
    pub(super) nullable: bool,
    /// `maxLength` of a text, `maxItems` of a list, `maxProperties` of a mapping.
    pub(super) most: Option<u64>,
    /// The bytes of the longest text that it may be, where these are named.
    pub(super) longest: Option<u64>,
    pub(super) required: Vec<Box<str>>,
    /// An object with apiVersion, kind and metadata.
    pub(super) is_resource: bool,
    /// A list whose items have keys.
    pub(super) is_list_map: bool,
    pub(super) rules: Vec<Rule>,
    /// Whether it or a part of it has rules.
    pub(super) is_ruled: bool,
}

/// One rule.
pub(super) struct Rule {
    pub(super) source: Box<str>,
    pub(super) program: Program,
    pub(super) message: Option<Box<str>>,
    pub(super) message_expression: Option<Program>,
    /// Names from where the rule stands to the field to blame.
    pub(super) field_path: Vec<Box<str>>,
    pub(super) optional_old_self: bool,
    pub(super) uses_old_self: bool,
}

impl Definition {
    pub(super) fn has_rules(&self) -> bool {
        self.schema.is_ruled
    }

    pub(super) fn names(&self) -> super::Names {
        (self.group.clone(), self.version.clone(), self.kind.clone())
    }
}

/// Whether the text of a definition has rules at all; most have none, and are large.
pub(super) fn may_have_rules(tree: &Tree) -> bool {
    tree.source().contains(RULES)
}

/// Reads the versions of a definition.
pub(super) fn read(tree: &Arc<Tree>, minor: u32) -> Vec<Definition> {
    let Some(spec) = tree.root().get("spec") else { return Vec::new() };
    let group = text(spec, "group");
    let kind = spec.get("names").and_then(|names| text(names, "kind"));
    let Some((group, kind)) = group.zip(kind) else { return Vec::new() };
    let versions = spec.get("versions").into_iter().flat_map(Node::items);
    let read = |version: Node<'_>| {
        let root = version.at(&["schema", "openAPIV3Schema"])?;
        let mut reader = Reader { env: Env::kubernetes(minor), mistakes: Vec::new(), cost: 0 };
        let mut schema = Reader::schema(root, 0);
        let mut types = SchemaTypes::default();
        schema.is_resource = true;
        types.add(&schema, ROOT, true);
        reader.env = reader.env.with_objects(Arc::new(types));
        reader.rules(root, &mut schema, ROOT, &Around { correlated: true, cardinality: Some(1) });
        reader.whole(root);
        Some(Definition {
            tree: tree.clone(),
            group: group.into(),
            version: text(version, "name")?.into(),
            kind: kind.into(),
            schema,
            mistakes: reader.mistakes,
        })
    };
    versions.filter_map(read).collect()
}

struct Reader {
    env: Env,
    mistakes: Vec<Mistake>,
    /// What all rules may cost together.
    cost: u64,
}

/// What is known of a part of a schema from those around it.
struct Around {
    /// Whether the server can tell what the value was before a change.
    correlated: bool,
    /// How many of it there may be, where limits say so.
    cardinality: Option<u64>,
}

impl Reader {
    fn schema(node: Node<'_>, depth: usize) -> Schema {
        let is = |field: &str| node.get(field).and_then(Node::as_bool) == Some(true);
        let mut properties = BTreeMap::new();
        let (mut values, mut items) = (None, None);
        if depth < DEEPEST {
            for (name, property) in node.get("properties").into_iter().flat_map(Node::entries) {
                properties.insert(name.into(), Self::schema(property, depth + 1));
            }
            values = node
                .get("additionalProperties")
                .filter(|node| node.entries().len() > 0)
                .map(|node| Box::new(Self::schema(node, depth + 1)));
            items = node.get("items").map(|node| Box::new(Self::schema(node, depth + 1)));
        }
        Schema {
            sort: sort(node, is("x-kubernetes-int-or-string")),
            is_resource: is("x-kubernetes-embedded-resource"),
            properties,
            values,
            items,
            default: node.get("default").map(Node::id),
            nullable: is("nullable"),
            most: most(node),
            longest: node.get("enum").map(|values| {
                let lengths = values.items().filter_map(Node::as_str).map(|text| text.len() as u64);
                lengths.max().unwrap_or(0)
            }),
            required: node
                .get("required")
                .into_iter()
                .flat_map(Node::items)
                .filter_map(Node::as_str)
                .map(Box::from)
                .collect(),
            is_list_map: text(node, "x-kubernetes-list-type") == Some("map"),
            rules: Vec::new(),
            is_ruled: false,
        }
    }

    /// Compiles the rules of a part of the schema, and those below it.
    fn rules(&mut self, node: Node<'_>, schema: &mut Schema, name: &str, around: &Around) {
        let cardinality = sizes::cardinality_within(schema, around.cardinality);
        let within = Around { correlated: around.correlated, cardinality };
        for (field, property) in &mut schema.properties {
            if let Some(node) = node.get("properties").and_then(|properties| properties.get(field)) {
                self.rules(node, property, &format!("{name}.{field}"), &within);
            }
        }
        if let Some((values, node)) = schema.values.as_deref_mut().zip(node.get("additionalProperties")) {
            self.rules(node, values, &format!("{name}{{}}"), &within);
        }
        if let Some((items, node)) = schema.items.as_deref_mut().zip(node.get("items")) {
            let is_map = schema.is_list_map;
            let within = Around { correlated: around.correlated && is_map, cardinality };
            self.rules(node, items, &format!("{name}[]"), &within);
        }
        let own: Vec<_> = node.get(RULES).into_iter().flat_map(Node::items).collect();
        if !own.is_empty() {
            // The parts are known by the same names already.
            let of = SchemaTypes::default().add(schema, name, schema.is_resource).unwrap_or(StaticType::Dyn);
            let declared = Declared::of(schema, schema.is_resource).unwrap_or_default();
            for rule in own {
                schema.rules.extend(self.rule(rule, schema, &of, &declared, around));
            }
        }
        let parts = schema.properties.values();
        let mut parts = parts.chain(schema.values.as_deref()).chain(schema.items.as_deref());
        schema.is_ruled = !schema.rules.is_empty() || parts.any(|part| part.is_ruled);
    }

    fn rule(
        &mut self,
        node: Node<'_>,
        schema: &Schema,
        of: &StaticType,
        declared: &Declared,
        around: &Around,
    ) -> Option<Rule> {
        let source = text(node, "rule").filter(|rule| !rule.trim().is_empty());
        let Some(source) = source else {
            self.mistake(node, "a rule is empty".to_owned());
            return None;
        };
        let at = node.get("rule").unwrap_or(node);
        let optional_old_self = node.get("optionalOldSelf").and_then(Node::as_bool) == Some(true);
        let old = if optional_old_self { StaticType::optional(of.clone()) } else { of.clone() };
        let env = self
            .env
            .clone()
            .with_typed_variable("self", of.clone())
            .with_typed_variable("oldSelf", old);
        let program = self.compile(&env, at, source, &StaticType::Bool)?;
        let often = around.cardinality.unwrap_or_else(|| declared.most_in_a_request());
        self.costs(&env, at, source, ("estimated rule cost", often), declared);
        let uses_old_self = program.variables().iter().any(|name| name == "oldSelf");
        if let (false, Some(set)) = (uses_old_self, node.get("optionalOldSelf")) {
            self.mistake(set, "may not be set if oldSelf is not used in rule".to_owned());
        }
        if uses_old_self && !around.correlated {
            let message = "oldSelf is read below a list whose items have no keys: what an item was before a \
                           change cannot be told"
                .to_owned();
            self.mistake(at, message);
            return None;
        }
        let message = text(node, "message");
        if let Some(message) = message.filter(|message| message.trim().contains('\n')) {
            self.mistake(
                node.get("message").unwrap_or(node),
                format!("message {message:?} has a line break"),
            );
        }
        let field_path = match text(node, "fieldPath") {
            None => Vec::new(),
            Some(path) => {
                let names = field_path(path, schema);
                if names.is_none() {
                    let at = node.get("fieldPath").unwrap_or(node);
                    self.mistake(at, format!("fieldPath {path:?} leads to no field of the schema"));
                }
                names.unwrap_or_default()
            }
        };
        let message_expression = match text(node, "messageExpression") {
            None => None,
            Some(source) => {
                let at = node.get("messageExpression").unwrap_or(node);
                let made = self.compile(&env, at, source, &StaticType::String);
                if made.is_some() {
                    self.costs(&env, at, source, ("estimated messageExpression cost", 1), declared);
                }
                made
            }
        };
        Some(Rule {
            source: source.into(),
            program,
            message: message.map(|message| message.trim().into()),
            message_expression,
            field_path,
            optional_old_self,
            uses_old_self,
        })
    }

    fn compile(&mut self, env: &Env, node: Node<'_>, source: &str, wanted: &StaticType) -> Option<Program> {
        match env.compile(source) {
            Ok(program) => match program.result_type() {
                Some(found) if found != wanted => {
                    self.mistake(node, format!("must evaluate to {wanted}, gives {found} (in {source:?})"));
                    None
                }
                _ => Some(program),
            },
            Err(CompileError { message, line, column, .. }) => {
                let at = if line > 1 {
                    format!("line {line}, column {column}")
                } else {
                    format!("column {column}")
                };
                self.mistake(node, format!("{message} (in {source:?}, {at})"));
                None
            }
        }
    }

    /// Adds what an expression may cost, run so often, and tells where that is too much.
    fn costs(
        &mut self,
        env: &Env,
        node: Node<'_>,
        source: &str,
        (what, often): (&str, u64),
        declared: &Declared,
    ) {
        // An expression that is too deep to be estimated is one that the server does not take.
        let Ok(Some(estimate)) = env.estimate(source, declared) else { return };
        let cost = estimate.most.saturating_mul(often);
        self.cost = self.cost.saturating_add(cost);
        if cost > sizes::PER_RULE {
            self.mistake(node, sizes::exceeds(what, cost, sizes::PER_RULE));
        }
    }

    /// Tells where all rules together may cost too much.
    fn whole(&mut self, root: Node<'_>) {
        if self.cost > sizes::PER_DEFINITION {
            let what = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
            self.mistake(root, sizes::exceeds(what, self.cost, sizes::PER_DEFINITION));
        }
    }

    fn mistake(&mut self, node: Node<'_>, message: String) {
        self.mistakes.push(Mistake { node: node.id(), message });
    }
}

/// The limit of a part of a schema; one below zero is none at all.
fn most(node: Node<'_>) -> Option<u64> {
    let field = match text(node, "type") {
        Some("array") => "maxItems",
        Some("object") => "maxProperties",
        _ => "maxLength",
    };
    let most = node.get(field).and_then(Node::as_i64)?;
    Some(u64::try_from(most).unwrap_or(0))
}

fn sort(node: Node<'_>, either: bool) -> Sort {
    match text(node, "type") {
        _ if either => Sort::Either,
        Some("object") => Sort::Object,
        Some("array") => Sort::Array,
        Some("integer") => Sort::Integer,
        Some("number") => Sort::Number,
        Some("boolean") => Sort::Boolean,
        Some("string") => Sort::Text(match text(node, "format") {
            Some("date-time") => Format::DateTime,
            Some("date") => Format::Date,
            Some("duration") => Format::Duration,
            Some("byte") => Format::Bytes,
            _ => Format::Plain,
        }),
        _ => Sort::Any,
    }
}

/// `.spec.names['a b']` as names; nothing where the schema has no such field.
fn field_path(path: &str, schema: &Schema) -> Option<Vec<Box<str>>> {
    let (mut names, mut schema, mut rest) = (Vec::new(), schema, path);
    while !rest.is_empty() {
        let name;
        if let Some(quoted) = rest.strip_prefix("['") {
            let (inside, after) = quoted.split_once("']")?;
            (name, rest) = (inside, after);
        } else {
            let plain = rest.strip_prefix('.')?;
            let end = plain.find(['.', '[']).unwrap_or(plain.len());
            name = plain.get(..end)?;
            rest = plain.get(end..)?;
        }
        schema = match schema.properties.get(name) {
            Some(property) => property,
            None => schema.values.as_deref()?,
        };
        names.push(name.into());
    }
    Some(names)
}
