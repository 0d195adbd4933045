//! The way through an expression: what each part costs, how large it is, and from which field it comes.

use std::collections::HashMap;

use super::lower::{Core, Loop, Node, Overload, RESULT};
use super::{Estimate, Sizes, calls};
use crate::check::types::StaticType;

/// What naming a variable or selecting a field costs.
const NAME: Estimate = Estimate::exactly(1);
const LIST: Estimate = Estimate::exactly(10);
const MAP: Estimate = Estimate::exactly(30);
const MESSAGE: Estimate = Estimate::exactly(40);

pub(super) fn cost(root: &Node, sizes: &dyn Sizes) -> Estimate {
    let mut walk = Walk {
        sizes,
        paths: HashMap::new(),
        known: HashMap::new(),
        within: HashMap::new(),
        locals: Vec::new(),
    };
    walk.cost(root)
}

/// How large the keys and the values of a list or map are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entries {
    is_list: bool,
    keys: Estimate,
    values: Estimate,
}

impl Entries {
    fn or(self, other: Self) -> Self {
        Self { is_list: self.is_list, keys: self.keys.or(other.keys), values: self.values.or(other.values) }
    }
}

/// A variable of a macro.
struct Local {
    name: Box<str>,
    path: Vec<Box<str>>,
    size: Option<Estimate>,
    entries: Option<Entries>,
}

pub(super) struct Walk<'w> {
    sizes: &'w dyn Sizes,
    /// By the number of an expression, the path that it stands for.
    paths: HashMap<usize, Vec<Box<str>>>,
    /// Sizes that were computed.
    known: HashMap<usize, Estimate>,
    within: HashMap<usize, Entries>,
    locals: Vec<Local>,
}

impl Walk<'_> {
    fn cost(&mut self, node: &Node) -> Estimate {
        match &node.core {
            Core::Literal(..) => Estimate::NONE,
            Core::Identifier(name) => {
                let path = self.local(name).map_or_else(|| vec![name.clone()], |local| local.path.clone());
                self.paths.insert(node.id, path);
                NAME
            }
            Core::Select { operand, field, test } => self.select(node, operand, field, *test),
            Core::Call { function, target, arguments, overloads } => {
                self.call(node, function, target.as_deref(), arguments, overloads)
            }
            Core::List(items) => self.list(node, items),
            Core::Map(entries) => self.map(node, entries),
            Core::Message(fields) => fields.iter().fold(MESSAGE, |sum, field| sum.plus(self.cost(field))),
            Core::Loop(looping) => self.looped(node, looping),
            Core::Bind { variable, value, body } => {
                // The empty range of the loop that it stands for.
                let sum = LIST.plus(self.cost(value));
                self.bind(variable, value);
                let sum = sum.plus(self.cost(body));
                self.locals.pop();
                self.copy(node, body);
                sum
            }
        }
    }

    fn select(&mut self, node: &Node, operand: &Node, field: &str, test: bool) -> Estimate {
        let sum = self.cost(operand);
        if test {
            return sum;
        }
        let mut path = self.path(operand);
        path.push(field.into());
        self.paths.insert(node.id, path);
        match operand.of {
            StaticType::Map(_) | StaticType::Object(_) => sum.plus(NAME),
            _ => sum,
        }
    }

    fn call(
        &mut self,
        node: &Node,
        function: &str,
        target: Option<&Node>,
        arguments: &[Node],
        overloads: &[Overload],
    ) -> Estimate {
        if let ("dyn", [argument]) = (function, arguments) {
            let sum = NAME.plus(self.cost(argument));
            self.copy(node, argument);
            return sum;
        }
        let costs: Vec<Estimate> = arguments
            .iter()
            .map(|argument| {
                let cost = self.cost(argument);
                // Where the size comes from a field, it is looked up now.
                self.size(argument);
                cost
            })
            .collect();
        if overloads.is_empty() {
            return Estimate::NONE;
        }
        let mut sum = Estimate::NONE;
        if let Some(target) = target {
            sum = self.cost(target);
            self.size(target);
        }
        let mut all: Option<Estimate> = None;
        let mut size: Option<Estimate> = None;
        for overload in overloads {
            let call = calls::Call { node, function, target, arguments, overload, costs: &costs };
            let (cost, result) = self.overload(&call);
            all = Some(all.map_or(cost, |all| all.or(cost)));
            if let Some(result) = result {
                size = Some(size.map_or(result, |size| size.or(result)));
            }
            if let ("_[_]", [held, _]) = (function, arguments) {
                let step = match overload.first() {
                    Some(StaticType::List(_)) => Some("@items"),
                    Some(StaticType::Map(_)) => Some("@values"),
                    _ => None,
                };
                if let Some(step) = step {
                    size = self.entries(held).map(|entries| entries.values);
                    let mut path = self.path(held);
                    path.push(step.into());
                    self.paths.insert(node.id, path);
                }
            }
            if size.is_none() {
                size = self.size(node);
            }
        }
        if let Some(size) = size {
            self.known.insert(node.id, size);
        }
        sum.plus(all.unwrap_or(Estimate::NONE))
    }

    fn overload(&mut self, call: &calls::Call<'_>) -> (Estimate, Option<Estimate>) {
        let sum = || call.costs.iter().fold(Estimate::NONE, |sum, cost| sum.plus(*cost));
        if let Some((cost, size)) = calls::of_library(self, call).or_else(|| calls::of_language(self, call)) {
            return (cost.plus(sum()), size);
        }
        match (call.function, call.costs, call.arguments) {
            ("_&&_" | "_||_", [left, right], _) => {
                (Estimate { least: left.least, most: left.plus(*right).most }, None)
            }
            ("_?_:_", [condition, yes, no], [_, first, second]) => {
                let size = self.size_or_unknown(first).or(self.size_or_unknown(second));
                if let (Some(first), Some(second)) = (self.entries(first), self.entries(second)) {
                    self.within.insert(call.node.id, first.or(second));
                }
                (condition.plus(yes.or(*no)), Some(size))
            }
            _ => (NAME.plus(sum()), None),
        }
    }

    /// Two lists, texts or bytes put together: what is in the whole is like what is in both.
    pub(super) fn join(&mut self, node: &Node, left: &Node, right: &Node) {
        if let (Some(left), Some(right)) = (self.entries(left), self.entries(right)) {
            self.within.insert(node.id, left.or(right));
        }
    }

    fn list(&mut self, node: &Node, items: &[Node]) -> Estimate {
        let mut sum = Estimate::NONE;
        let mut values = Estimate { least: if items.is_empty() { 0 } else { u64::MAX }, most: 0 };
        for item in items {
            sum = sum.plus(self.cost(item));
            values = values.or(self.size_or_unknown(item));
        }
        self.within.insert(node.id, Entries { is_list: true, keys: Estimate::exactly(1), values });
        sum.plus(LIST)
    }

    fn map(&mut self, node: &Node, entries: &[(Node, Node)]) -> Estimate {
        let mut sum = Estimate::NONE;
        let nothing = Estimate { least: if entries.is_empty() { 0 } else { u64::MAX }, most: 0 };
        let (mut keys, mut values) = (nothing, nothing);
        for (key, value) in entries {
            sum = sum.plus(self.cost(key)).plus(self.cost(value));
            keys = keys.or(self.size_or_unknown(key));
            values = values.or(self.size_or_unknown(value));
        }
        self.within.insert(node.id, Entries { is_list: false, keys, values });
        sum.plus(MAP)
    }

    fn looped(&mut self, node: &Node, looping: &Loop) -> Estimate {
        let Loop { range, variables, start, condition, step, result } = looping;
        let mut sum = self.cost(range).plus(self.cost(start));
        self.bind(RESULT, start);
        let (entries, path) = (self.entries(range), self.path(range));
        let is_list = entries.map_or(matches!(range.of, StaticType::List(_)), |entries| entries.is_list);
        let mut locals = Vec::new();
        let keys = ("@keys", entries.map(|entries| entries.keys));
        let values = (if is_list { "@items" } else { "@values" }, entries.map(|entries| entries.values));
        match &**variables {
            [only] => locals.push((only, if is_list { values } else { keys })),
            [first, second] => {
                locals.push((first, if is_list { ("@indices", keys.1) } else { keys }));
                locals.push((second, values));
            }
            _ => {}
        }
        for (name, (part, size)) in &locals {
            let mut path = path.clone();
            path.push((*part).into());
            self.locals.push(Local { name: (*name).clone(), path, size: *size, entries: None });
        }
        let turn = self.cost(condition).plus(self.cost(step));
        self.locals.truncate(self.locals.len().saturating_sub(locals.len()));
        sum = sum.plus(self.cost(result));
        self.locals.pop();
        let count = self.size_or_unknown(range);
        sum = sum.plus(count.times(turn));
        if let Core::Literal(size, _) = start.core {
            self.known.insert(node.id, Estimate::exactly(size));
            return sum;
        }
        self.known.insert(node.id, count);
        if let Some(entries) = self.entries(step) {
            self.within.insert(node.id, entries);
        }
        sum
    }

    fn bind(&mut self, name: &str, value: &Node) {
        let local = Local {
            name: name.into(),
            path: self.path(value),
            size: self.size(value),
            entries: self.entries(value),
        };
        self.locals.push(local);
    }

    fn local(&self, name: &str) -> Option<&Local> {
        self.locals.iter().rev().find(|local| *local.name == *name)
    }

    /// The path that an expression stands for; empty for what no variable leads to.
    pub(super) fn path(&self, node: &Node) -> Vec<Box<str>> {
        if let Core::Identifier(name) = &node.core
            && let Some(local) = self.local(name)
        {
            return local.path.clone();
        }
        self.paths.get(&node.id).cloned().unwrap_or_default()
    }

    fn copy(&mut self, node: &Node, from: &Node) {
        if let Some(size) = self.size(from) {
            self.known.insert(node.id, size);
        }
        if let Some(entries) = self.entries(from) {
            self.within.insert(node.id, entries);
        }
    }

    pub(super) fn size_or_unknown(&mut self, node: &Node) -> Estimate {
        self.size(node).unwrap_or(Estimate::UNKNOWN)
    }

    /// How large the value of an expression is, as far as anything is known.
    pub(super) fn size(&mut self, node: &Node) -> Option<Estimate> {
        if let Some(size) = self.known.get(&node.id) {
            return Some(*size);
        }
        match &node.core {
            Core::Literal(size, _) => return Some(Estimate::exactly(*size)),
            Core::List(items) => return Some(Estimate::exactly(items.len() as u64)),
            Core::Map(entries) => return Some(Estimate::exactly(entries.len() as u64)),
            _ => {}
        }
        if let Some(size) = self.size_at(&self.path(node)) {
            self.known.insert(node.id, size);
            return Some(size);
        }
        if is_scalar(&node.of) {
            return Some(Estimate::exactly(1));
        }
        match &node.core {
            Core::Identifier(name) => self.local(name).and_then(|local| local.size),
            _ => None,
        }
    }

    /// How large what a path leads to may be.
    pub(super) fn size_at(&self, path: &[Box<str>]) -> Option<Estimate> {
        if path.is_empty() {
            return None;
        }
        self.sizes.most(path).map(|most| Estimate { least: 0, most })
    }

    fn entries(&self, node: &Node) -> Option<Entries> {
        if let Some(entries) = self.within.get(&node.id) {
            return Some(*entries);
        }
        match &node.core {
            Core::Identifier(name) => self.local(name).and_then(|local| local.entries),
            _ => None,
        }
    }
}

/// Whether values of a type have one size.
fn is_scalar(of: &StaticType) -> bool {
    match of {
        StaticType::Bool
        | StaticType::Double
        | StaticType::Duration
        | StaticType::Int
        | StaticType::Timestamp
        | StaticType::UInt => true,
        other => other.as_optional().is_some_and(is_scalar),
    }
}
