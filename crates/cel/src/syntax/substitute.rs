//! Expressions in the place of variables, on the syntax tree.
//!
//! A macro's own variable is never replaced, and is renamed where it would capture a variable of what is
//! put within.

use std::collections::{BTreeMap, BTreeSet};

use super::{Ast, Entry, Expr, ExprId, Item, Link, Span};

/// What stands in for a variable: a tree of its own.
pub(crate) type Replacements = BTreeMap<String, (Ast, ExprId)>;

/// The expression with every free variable of `replacements` replaced.
pub(crate) fn substitute(ast: &Ast, root: ExprId, replacements: &Replacements) -> (Ast, ExprId) {
    let mut taken = BTreeSet::new();
    for (tree, _) in replacements.values() {
        names_of(tree, &mut taken);
    }
    let mut copier = Copier { replacements, taken, into: Ast::default(), scope: Vec::new() };
    let root = copier.copy(ast, root, true);
    (copier.into, root)
}

/// The variables that an expression uses and does not bind itself.
pub(crate) fn free_variables(ast: &Ast, root: ExprId) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    collect(ast, root, &mut Vec::new(), &mut names);
    names
}

fn names_of(ast: &Ast, names: &mut BTreeSet<String>) {
    for id in ast.ids() {
        if let Expr::Identifier { name, .. } = ast.expr(id) {
            names.insert(name.to_string());
        }
    }
}

fn collect(ast: &Ast, id: ExprId, bound: &mut Vec<Box<str>>, names: &mut BTreeSet<String>) {
    let expr = ast.expr(id);
    if let Expr::Identifier { name, .. } = expr
        && !bound.contains(name)
    {
        names.insert(name.to_string());
    }
    let (outer, variables, inner) = parts(expr);
    for part in outer {
        collect(ast, part, bound, names);
    }
    let depth = bound.len();
    bound.extend(variables.iter().cloned());
    for part in inner {
        collect(ast, part, bound, names);
    }
    bound.truncate(depth);
}

/// The parts outside the reach of what an expression binds, the variables bound, and the parts within.
fn parts(expr: &Expr) -> (Vec<ExprId>, &[Box<str>], Vec<ExprId>) {
    match expr {
        Expr::Fold { range, variables, filter, body, .. } => {
            (vec![*range], variables, filter.iter().copied().chain([*body]).collect())
        }
        Expr::Bind { variable, value, body } => (vec![*value], std::slice::from_ref(variable), vec![*body]),
        Expr::OptionalMap { target, variable, body, .. } => {
            (vec![*target], std::slice::from_ref(variable), vec![*body])
        }
        _ => {
            let mut outer = Vec::new();
            expr.each_part(|part| outer.push(part));
            (outer, &[], Vec::new())
        }
    }
}

struct Copier<'r> {
    replacements: &'r Replacements,
    /// Names that variables of macros must not have.
    taken: BTreeSet<String>,
    into: Ast,
    /// The variables of the macros around, with their new names.
    scope: Vec<(Box<str>, Box<str>)>,
}

impl Copier<'_> {
    /// Copies an expression. The parser bounds how deep it is. What is put within is copied as it is.
    fn copy(&mut self, from: &Ast, id: ExprId, replace: bool) -> ExprId {
        let (span, at) = (from.span(id), from.place(id));
        let expr = from.expr(id).clone();
        if let Expr::Identifier { name, absolute: false } = &expr
            && replace
        {
            return self.variable(name, span, at);
        }
        let mut expr = expr;
        let (outer, bound, inner) = {
            let (outer, bound, inner) = parts(&expr);
            (outer, bound.to_vec(), inner)
        };
        let mut copies = BTreeMap::new();
        for part in outer {
            let copy = self.copy(from, part, replace);
            copies.insert(part.place(), copy);
        }
        let depth = self.scope.len();
        let renamed: Vec<Box<str>> = bound.iter().map(|name| self.fresh(name, replace)).collect();
        if replace {
            self.scope.extend(bound.iter().cloned().zip(renamed.iter().cloned()));
        }
        for part in inner {
            let copy = self.copy(from, part, replace);
            copies.insert(part.place(), copy);
        }
        self.scope.truncate(depth);
        rename(&mut expr, renamed);
        put(&mut expr, |part| copies.get(&part.place()).copied().unwrap_or(ExprId::NONE));
        self.into.add(expr, span, at)
    }

    fn fresh(&self, name: &str, replace: bool) -> Box<str> {
        let mut fresh = name.to_owned();
        while replace && self.taken.contains(&fresh) {
            fresh.push('_');
        }
        fresh.into()
    }

    fn variable(&mut self, name: &str, span: Span, at: u32) -> ExprId {
        let bound = self.scope.iter().rev().find(|(old, _)| **old == *name).map(|(_, new)| new.clone());
        if let Some(name) = bound {
            return self.into.add(Expr::Identifier { name, absolute: false }, span, at);
        }
        match self.replacements.get(name) {
            Some((tree, root)) => self.copy(tree, *root, false),
            None => self.into.add(Expr::Identifier { name: name.into(), absolute: false }, span, at),
        }
    }
}

fn rename(expr: &mut Expr, names: Vec<Box<str>>) {
    match expr {
        Expr::Fold { variables, .. } => *variables = names.into(),
        Expr::Bind { variable, .. } | Expr::OptionalMap { variable, .. } => {
            if let Some(name) = names.into_iter().next() {
                *variable = name;
            }
        }
        _ => (),
    }
}

/// Puts other parts in the places of an expression's parts.
fn put(expr: &mut Expr, new: impl Fn(ExprId) -> ExprId) {
    let change = |id: &mut ExprId| *id = new(*id);
    match expr {
        Expr::Literal(_) | Expr::Identifier { .. } | Expr::Missing => {}
        Expr::Select { operand, .. } | Expr::Unary { operand, .. } => change(operand),
        Expr::Index { operand, index, .. } => [operand, index].into_iter().for_each(change),
        Expr::Call { target, arguments, .. } => target.iter_mut().chain(arguments).for_each(change),
        Expr::Chain { first, links } => {
            change(first);
            links.iter_mut().for_each(|Link { right, .. }| change(right));
        }
        Expr::Logic { terms, .. } => terms.iter_mut().for_each(change),
        Expr::Conditional { condition, yes, no } => [condition, yes, no].into_iter().for_each(change),
        Expr::List(items) => items.iter_mut().for_each(|Item { value, .. }| change(value)),
        Expr::Map(entries) => {
            entries
                .iter_mut()
                .for_each(|Entry { key, value, .. }| [key, value].into_iter().for_each(change));
        }
        Expr::Message { fields, .. } => fields.iter_mut().for_each(|(_, value, _)| change(value)),
        Expr::Fold { range, filter, body, .. } => {
            [Some(range), filter.as_mut(), Some(body)].into_iter().flatten().for_each(change);
        }
        Expr::Bind { value, body, .. } => [value, body].into_iter().for_each(change),
        Expr::OptionalMap { target, body, .. } => [target, body].into_iter().for_each(change),
        Expr::Block { slots, body } => slots.iter_mut().chain([body]).for_each(change),
    }
}

#[cfg(test)]
mod tests {
    use crate::Env;
    use std::collections::BTreeMap;

    #[test]
    fn variables_are_replaced_where_they_are_free() {
        let replacements = BTreeMap::from([
            ("self".to_owned(), "u.item".to_owned()),
            ("sum".to_owned(), "u.a + u.b".to_owned()),
        ]);
        let cases = [
            ("self.a", "u.item.a"),
            ("has(self.?a.b)", "has(u.item.?a.b)"),
            ("sum * 2", "(u.a + u.b) * 2"),
            ("[1].all(self, self > 0) && self.b", "[1].all(self, self > 0) && u.item.b"),
            // The macro's variable would capture that of the replacement.
            ("self.list.exists(u, u == self.a)", "u.item.list.exists(u_, u_ == u.item.a)"),
            ("other.self", "other.self"),
            ("self.?a.optMap(u, u + sum).orValue(0)", "u.item.?a.optMap(u_, u_ + u.a + u.b).orValue(0)"),
        ];
        let env = Env::kubernetes(35);
        for (source, wanted) in cases {
            let found = env.substitute(source, &replacements).unwrap();
            // Brackets that change nothing but the grouping of a sum are kept.
            assert_eq!(found.replace("u_ + (u.a + u.b)", "u_ + u.a + u.b"), wanted, "{source}");
        }
        assert!(env.substitute("self +", &replacements).is_err());
    }

    #[test]
    fn free_variables_are_named() {
        let names = Env::kubernetes(35).free_variables("self.a.exists(x, x == value) || x").unwrap();
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["self", "value", "x"]);
    }
}
