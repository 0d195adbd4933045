//! What variables of a policy may name: the request, the images of its containers, the element of a loop, and what a
//! rule's `context` declares.
//!
//! Declared variables are worked out when a query first mentions them, each by those before it alone.
//!
//! Source: Kyverno 1.17, `pkg/engine/context`.

use std::sync::Arc;

use super::jmespath::{self, Problem};
use super::value::{Entries, Value};
use super::variables;

/// One entry of a rule's `context`.
#[derive(Debug, Clone)]
pub(crate) struct Declared {
    pub(crate) name: Arc<str>,
    pub(crate) how: How,
}

/// Where its value comes from.
#[derive(Debug, Clone)]
pub(crate) enum How {
    Variable {
        value: Option<Value>,
        path: Option<Arc<str>>,
        default: Option<Value>,
    },
    /// Something outside of the object, as it is called in a gap.
    Outside(Arc<str>),
}

#[derive(Clone)]
struct Pending<'p> {
    declared: &'p Declared,
    is_tried: bool,
}

/// What variables may name.
#[derive(Clone)]
pub(crate) struct Context<'p> {
    root: Entries,
    kind: Arc<str>,
    /// The object, whose images are looked for when they are first asked for.
    object: Value,
    has_images: bool,
    pending: Vec<Pending<'p>>,
}

impl<'p> Context<'p> {
    /// The context of a request. `object` is what is judged, all numbers of one type.
    pub(crate) fn new(kind: &str, request: Value, object: Value) -> Self {
        let unknown = |name: &str| (Arc::from(name), Value::Unknown(name.into()));
        let mut root: Entries =
            ["serviceAccountName", "serviceAccountNamespace"].into_iter().map(unknown).collect();
        root.insert("request".into(), request);
        Self { root, kind: kind.into(), object, has_images: false, pending: Vec::new() }
    }

    /// Adds declared variables.
    pub(crate) fn declare(&mut self, declared: &'p [Declared]) {
        self.pending.extend(declared.iter().map(|declared| Pending { declared, is_tried: false }));
    }

    /// Sets what a loop is at.
    pub(crate) fn set_element(&mut self, element: &Value, index: usize, nesting: usize) {
        #[expect(clippy::cast_possible_wrap, reason = "an index")]
        let index = Value::Int(index as i64);
        for (name, value) in [("element", element), ("elementIndex", &index)] {
            self.root.insert(name.into(), value.clone());
            self.root.insert(format!("{name}{nesting}").into(), value.clone());
        }
    }

    /// What a query gives.
    pub(crate) fn query(&mut self, query: &str) -> Result<Value, Problem> {
        self.load(query, self.pending.len())?;
        self.run(query)
    }

    fn run(&self, query: &str) -> Result<Value, Problem> {
        let query = query.trim();
        if query.is_empty() {
            return Err(Problem::failed("invalid query (nil)"));
        }
        let ast = jmespath::parse(query)
            .map_err(|error| Problem::failed(format!("incorrect query {query}: {error}")))?;
        jmespath::search(&ast, &Value::map(self.root.clone()))
    }

    fn load(&mut self, query: &str, before: usize) -> Result<(), Problem> {
        if !self.has_images && mentions(query, "images") {
            self.has_images = true;
            match jmespath::images(&self.kind, &self.object) {
                Ok(Some(images)) => _ = self.root.insert("images".into(), images),
                Ok(None) => (),
                Err(error) => return Err(Problem::Failed(error)),
            }
        }
        for place in 0..before {
            let Some(pending) = self.pending.get_mut(place) else { break };
            if pending.is_tried || !mentions(query, &pending.declared.name) {
                continue;
            }
            pending.is_tried = true;
            let declared = pending.declared;
            let value = self.value(declared, place).map_err(|problem| match problem {
                Problem::NotFound(_) => {
                    Problem::failed(format!("failed to load {}: {problem}", declared.name))
                }
                problem => problem,
            })?;
            self.root.insert(declared.name.clone(), value.with_floats());
        }
        Ok(())
    }

    fn value(&mut self, declared: &'p Declared, place: usize) -> Result<Value, Problem> {
        let (value, path, default) = match &declared.how {
            How::Outside(name) => return Err(Problem::Unknown(name.clone())),
            How::Variable { value, path, default } => (value, path, default),
        };
        let mut scope = Before { context: self, place };
        let path = match path {
            None => None,
            Some(path) => match variables::substitute(&mut scope, &Value::Text(path.clone()))? {
                Value::Text(path) => Some(path),
                _ => {
                    return Err(Problem::failed(format!(
                        "jmespath value must be a string {}",
                        declared.name
                    )));
                }
            },
        };
        let default =
            default.as_ref().map(|default| variables::substitute(&mut scope, default)).transpose()?;
        let found = match (value, path.filter(|path| !path.is_empty())) {
            (Some(value), None) => Some(variables::substitute(&mut scope, value)?),
            (Some(value), Some(path)) => {
                let value = variables::substitute(&mut scope, value)?;
                let ast = jmespath::parse(&path).map_err(Problem::Failed);
                match (ast.and_then(|ast| jmespath::search(&ast, &value)), &default) {
                    (Ok(found), _) => Some(found),
                    (Err(Problem::NotFound(_) | Problem::Failed(_)), Some(_)) => None,
                    (Err(problem), _) => return Err(problem),
                }
            }
            (None, Some(path)) => match (variables::Scope::query(&mut scope, &path), &default) {
                (Ok(Value::Null), _) | (Err(Problem::NotFound(_) | Problem::Failed(_)), Some(_)) => None,
                (Ok(found), _) => Some(found),
                (Err(problem), _) => return Err(problem),
            },
            (None, None) => None,
        };
        match found.or(default) {
            None | Some(Value::Null) => Err(Problem::failed(format!(
                "failed to add context entry for variable {} since it evaluated to nil",
                declared.name
            ))),
            Some(found) => Ok(found),
        }
    }
}

impl variables::Scope for Context<'_> {
    fn query(&mut self, query: &str) -> Result<Value, Problem> {
        Context::query(self, query)
    }
}

/// The context with the variables before one of them.
struct Before<'c, 'p> {
    context: &'c mut Context<'p>,
    place: usize,
}

impl variables::Scope for Before<'_, '_> {
    fn query(&mut self, query: &str) -> Result<Value, Problem> {
        self.context.load(query, self.place)?;
        self.context.run(query)
    }
}

/// Whether a query names a variable, not as a field of something else.
fn mentions(query: &str, name: &str) -> bool {
    query.match_indices(name).any(|(at, _)| {
        let before = query.get(..at).and_then(|before| before.chars().next_back());
        let after = query.get(at + name.len()..).and_then(|after| after.chars().next());
        let ends = name.chars().next_back().is_some_and(|last| last.is_ascii_alphanumeric() || last == '_')
            != after.is_some_and(|after| after.is_ascii_alphanumeric() || after == '_');
        before.is_none_or(|before| before != '.' && !before.is_ascii_alphanumeric()) && ends
    })
}
