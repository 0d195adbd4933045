//! The schema of one version of a custom kind, with its rules compiled.

use std::collections::BTreeMap;
use std::sync::Arc;

use bulkhead_cel::{CompileError, Env, Program, StaticType};
use bulkhead_document::{Node, NodeId, Tree};

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
        let mut reader = Reader { env: Env::kubernetes(minor), mistakes: Vec::new() };
        let mut schema = Reader::schema(root, 0);
        let mut types = SchemaTypes::default();
        schema.is_resource = true;
        types.add(&schema, ROOT, true);
        reader.env = reader.env.with_objects(Arc::new(types));
        reader.rules(root, &mut schema, ROOT, true);
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
            is_list_map: text(node, "x-kubernetes-list-type") == Some("map"),
            rules: Vec::new(),
            is_ruled: false,
        }
    }

    /// Compiles the rules of a part of the schema, and those below it. `correlated`: whether the server can
    /// tell what the value was before a change.
    fn rules(&mut self, node: Node<'_>, schema: &mut Schema, name: &str, correlated: bool) {
        for (field, property) in &mut schema.properties {
            if let Some(node) = node.get("properties").and_then(|properties| properties.get(field)) {
                self.rules(node, property, &format!("{name}.{field}"), correlated);
            }
        }
        if let Some((values, node)) = schema.values.as_deref_mut().zip(node.get("additionalProperties")) {
            self.rules(node, values, &format!("{name}{{}}"), correlated);
        }
        if let Some((items, node)) = schema.items.as_deref_mut().zip(node.get("items")) {
            let is_map = schema.is_list_map;
            self.rules(node, items, &format!("{name}[]"), correlated && is_map);
        }
        let own: Vec<_> = node.get(RULES).into_iter().flat_map(Node::items).collect();
        if !own.is_empty() {
            // The parts are known by the same names already.
            let of = SchemaTypes::default().add(schema, name, schema.is_resource).unwrap_or(StaticType::Dyn);
            for rule in own {
                schema.rules.extend(self.rule(rule, schema, &of, correlated));
            }
        }
        let parts = schema.properties.values();
        let mut parts = parts.chain(schema.values.as_deref()).chain(schema.items.as_deref());
        schema.is_ruled = !schema.rules.is_empty() || parts.any(|part| part.is_ruled);
    }

    fn rule(&mut self, node: Node<'_>, schema: &Schema, of: &StaticType, correlated: bool) -> Option<Rule> {
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
        let uses_old_self = program.variables().iter().any(|name| name == "oldSelf");
        if uses_old_self && !correlated {
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
                self.compile(&env, at, source, &StaticType::String)
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

    fn mistake(&mut self, node: Node<'_>, message: String) {
        self.mistakes.push(Mistake { node: node.id(), message });
    }
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
