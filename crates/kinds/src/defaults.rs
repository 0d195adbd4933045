//! Defaults as rules: what a field gets when it is absent.
//!
//! The generator runs Kubernetes' defaulting functions over random objects and learns these rules
//! (`testbed/kinds/defaults.go`). A line says type, field, value, and on what it depends:
//!
//! ```text
//! default core/v1.Probe periodSeconds 10
//! default core/v1.ServicePort targetPort =port
//! default apps/v1.DeploymentStrategy rollingUpdate {"maxSurge":"25%"} when type="RollingUpdate"|absent
//! default batch/v1.JobSpec backoffLimit 6 when backoffLimitPerIndex&~in=absent&batch/v1.Job spec
//! ```
//!
//! Names after `when` are fields of the same object, with `^` of the object around it; `~in` is the
//! field that holds the object, and `~kind` the kind of the whole. All are looked at as they were
//! before any default. `present` is any value; a rule that names the value goes before.
//!
//! Defaults that follow no such rule are code, in `normalise/special.rs`; a line `special` says where a
//! version has one. A line `plain` names a kind without any defaults, though types in it have some
//! elsewhere.

use bulkhead_document::{Key, Kind, NodeId};

use crate::schema::{Kinds, TypeId};

/// What gives an absent field its value.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) value: Value,
    pub(crate) when: Option<When>,
}

impl Rule {
    /// Whether it asks only that something is there: rules for certain values go before.
    pub(crate) fn is_general(&self) -> bool {
        let tests = self.when.iter().flat_map(|when| when.rows.iter().flatten());
        tests.into_iter().any(|test| *test == Test::Present)
    }
}

#[derive(Debug)]
pub(crate) enum Value {
    /// A value without parts.
    Scalar(Kind<'static>),
    /// A node of [`Kinds::literals`].
    Literal(NodeId),
    /// The value of another field of the same object.
    Copy(Key),
}

/// A condition: some features, and the rows of values under which it holds.
#[derive(Debug)]
pub(crate) struct When {
    pub(crate) features: Vec<Feature>,
    pub(crate) rows: Vec<Vec<Test>>,
}

/// What a condition looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Feature {
    /// A field of the same object.
    Own(Key),
    /// A field of the object around it.
    Parent(Key),
    /// The field that holds the object.
    Holder,
    /// The whole that it is part of.
    Root,
}

/// What it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Test {
    Absent,
    Present,
    Text(&'static str),
    Int(i64),
    Bool(bool),
    /// A type and its field.
    Holder(TypeId, Key),
    /// The type of a kind.
    Root(TypeId),
}

/// A line in its parts.
pub(crate) struct Line {
    type_name: &'static str,
    field: &'static str,
    /// JSON.
    pub(crate) value: &'static str,
    /// The field whose value it takes instead.
    pub(crate) copied: Option<&'static str>,
    when: Option<&'static str>,
}

/// Takes a line apart.
pub(crate) fn split(line: &'static str) -> Option<Line> {
    let mut words = line.splitn(3, ' ');
    let (type_name, field, rest) = (words.next()?, words.next()?, words.next()?);
    let (value, when) = match rest.split_once(" when ") {
        Some((value, when)) => (value, Some(when)),
        None => (rest, None),
    };
    Some(Line { type_name, field, value, copied: value.strip_prefix('='), when })
}

/// The rule of a line, with the type and field it is for.
pub(crate) fn rule(kinds: &Kinds, line: &Line, literal: Option<NodeId>) -> Option<(TypeId, Key, Rule)> {
    let id = *kinds.type_numbers.get(line.type_name)?;
    let value = match line.copied {
        Some(from) => Value::Copy(Key::known(from)?),
        None => literal_value(kinds, line.value, literal?),
    };
    let when = match line.when {
        Some(text) => Some(condition(kinds, text)?),
        None => None,
    };
    Some((id, Key::known(line.field)?, Rule { value, when }))
}

/// A scalar is kept ready; text without escapes as it stands in the data.
fn literal_value(kinds: &Kinds, json: &'static str, literal: NodeId) -> Value {
    match kinds.literals.node(literal).kind() {
        Kind::Bool(value) => Value::Scalar(Kind::Bool(value)),
        Kind::Int(value) => Value::Scalar(Kind::Int(value)),
        Kind::Text(text) => {
            let plain = json
                .strip_prefix('"')
                .and_then(|json| json.strip_suffix('"'))
                .filter(|plain| *plain == text);
            plain.map_or(Value::Literal(literal), |plain| Value::Scalar(Kind::Text(plain)))
        }
        _ => Value::Literal(literal),
    }
}

fn condition(kinds: &Kinds, text: &'static str) -> Option<When> {
    let (names, rows) = text.split_once('=')?;
    let features: Vec<Feature> = names.split('&').map(feature).collect::<Option<_>>()?;
    let mut found = Vec::new();
    for row in rows.split('|') {
        let tests: Vec<Test> = row.split('&').map(|test| one_test(kinds, test)).collect::<Option<_>>()?;
        if tests.len() != features.len() {
            return None;
        }
        found.push(tests);
    }
    Some(When { features, rows: found })
}

fn feature(name: &str) -> Option<Feature> {
    match name {
        "~in" => return Some(Feature::Holder),
        "~kind" => return Some(Feature::Root),
        _ => (),
    }
    match name.strip_prefix('^') {
        Some(name) => Key::known(name).map(Feature::Parent),
        None => Key::known(name).map(Feature::Own),
    }
}

fn one_test(kinds: &Kinds, text: &'static str) -> Option<Test> {
    Some(match text {
        "absent" => Test::Absent,
        "present" => Test::Present,
        "true" => Test::Bool(true),
        "false" => Test::Bool(false),
        _ => {
            if let Some(quoted) = text.strip_prefix('"') {
                Test::Text(quoted.strip_suffix('"')?)
            } else if let Ok(number) = text.parse() {
                Test::Int(number)
            } else if let Some((type_name, field)) = text.split_once(' ') {
                Test::Holder(*kinds.type_numbers.get(type_name)?, Key::known(field)?)
            } else {
                let (api_version, kind) = text.rsplit_once('.')?;
                Test::Root(kinds.find(api_version, kind)?.object_type()?.id)
            }
        }
    })
}
