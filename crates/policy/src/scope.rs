//! What a rule sees while it judges one unit.

use std::cell::RefCell;

use bulkhead_cel::{Activation, Budget, EvalError, Value};
use bulkhead_document::Node;

use crate::plan::{Name, Planned, Rule};

/// What all units of one object share.
#[derive(Clone, Copy)]
pub(crate) struct Object<'a> {
    pub(crate) root: Node<'a>,
    /// The Namespace object, where the source has it.
    pub(crate) namespace: Option<Node<'a>>,
    pub(crate) minor: u32,
}

/// One thing that a rule judges.
#[derive(Clone, Copy)]
pub(crate) struct Unit<'a> {
    pub(crate) node: Node<'a>,
    pub(crate) pod: Option<Node<'a>>,
    pub(crate) effective: Option<Node<'a>>,
    pub(crate) container_type: Option<&'static str>,
    pub(crate) windows: bool,
}

/// Names and their values for one rule on one unit.
pub(crate) struct Scope<'a> {
    pub(crate) object: Object<'a>,
    pub(crate) unit: Unit<'a>,
    rule: &'a Rule,
    variables: RefCell<Vec<Option<Result<Value<'a>, EvalError>>>>,
}

/// What an `at` or `missing` path led to.
#[derive(Clone, Copy, Default)]
pub(crate) struct Found<'a> {
    pub(crate) value: Option<Node<'a>>,
    pub(crate) key: Option<&'a str>,
    pub(crate) parent: Option<Node<'a>>,
}

/// One expression in its scope.
struct Bound<'s, 'a> {
    scope: &'s Scope<'a>,
    names: &'s [Name],
    found: Found<'a>,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(object: Object<'a>, unit: Unit<'a>, rule: &'a Rule) -> Self {
        Self { object, unit, rule, variables: RefCell::new(Vec::new()) }
    }

    pub(crate) fn eval(&self, expression: &'a Planned, found: Found<'a>) -> Result<Value<'a>, EvalError> {
        let bound = Bound { scope: self, names: &expression.names, found };
        expression.program.eval(&bound, &mut Budget::default())
    }

    /// A policy's own variable, computed when it is first needed. One may use those before it alone,
    /// so this ends.
    fn own(&self, index: usize) -> Result<Value<'a>, EvalError> {
        if let Some(Some(known)) = self.variables.borrow().get(index) {
            return known.clone();
        }
        let value = match self.rule.variables.get(index) {
            Some(expression) => self.eval(expression, Found::default()),
            None => Ok(Value::Null),
        };
        let mut variables = self.variables.borrow_mut();
        variables.resize(self.rule.variables.len(), None);
        if let Some(place) = variables.get_mut(index) {
            *place = Some(value.clone());
        }
        value
    }

    fn value(&self, name: Name, found: Found<'a>) -> Result<Value<'a>, EvalError> {
        let node = |node: Option<Node<'a>>| node.map_or(Value::Null, Value::from);
        Ok(match name {
            Name::Unit => Value::from(self.unit.node),
            Name::Value => node(found.value),
            Name::Key => found.key.map_or(Value::Null, Value::text),
            Name::Parent => node(found.parent),
            Name::Pod => node(self.unit.pod),
            Name::Workload => Value::from(self.object.root),
            Name::Effective => node(self.unit.effective),
            Name::ContainerType => self.unit.container_type.map_or(Value::Null, Value::text),
            Name::Windows => Value::Bool(self.unit.windows),
            Name::Namespace => {
                self.object.namespace.map_or_else(|| Value::unknown("namespaceObject"), Value::from)
            }
            Name::Request => Value::unknown("request"),
            Name::Parameters => node(self.rule.parameters.as_ref().map(|tree| tree.root())),
            Name::Minor => Value::Int(self.object.minor.into()),
            Name::Variable(index) => self.own(index)?,
        })
    }
}

impl<'a> Activation<'a> for Bound<'_, 'a> {
    /// Names are resolved to places when a rule is planned.
    fn variable(&self, _name: &str) -> Option<Value<'a>> {
        None
    }

    fn variable_at(&self, slot: usize, _name: &str) -> Result<Option<Value<'a>>, EvalError> {
        self.names.get(slot).map(|name| self.scope.value(*name, self.found)).transpose()
    }
}
