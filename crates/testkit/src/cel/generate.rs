//! Makes expressions, from a table of what yields which type.

use serde_json::Value;

use super::expr::{Expr, Item, Item as I, Type, Type as T};
use super::rows::{self, Row};
use super::{libraries, literals, object};
use crate::Random;

/// Which libraries an expression may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// What an API server has, without Kubernetes' own libraries.
    Kubernetes,
    /// The same, mostly made of Kubernetes' own libraries.
    Libraries,
    /// The language with all its extensions.
    Conformance,
}

/// An expression of any type over an object.
pub fn any(random: &mut Random, object: &Value, dialect: Dialect) -> Expr {
    let wrong = if random.percent(30) { 4 } else { 0 };
    let mut maker =
        Maker { random, places: object::places(object), dialect, bound: Vec::new(), wrong, names: 0 };
    let depth = 1 + maker.random.below(5);
    let kind = match maker.random.below(10) {
        0..=4 if dialect != Dialect::Libraries => Type::Bool,
        0 | 1 => Type::Bool,
        _ => maker.any_type(),
    };
    maker.make(kind, depth)
}

const ITEMS: &[Item] = &[I::Bool, I::Int, I::Double, I::String, I::Dyn];

struct Maker<'a> {
    random: &'a mut Random,
    places: Vec<(String, Type)>,
    dialect: Dialect,
    /// Variables of the macros around.
    bound: Vec<(String, Type)>,
    /// How many of a hundred parts get another type than they should have.
    wrong: usize,
    names: usize,
}

impl Maker<'_> {
    fn any_type(&mut self) -> Type {
        if self.dialect == Dialect::Libraries && self.random.percent(65) {
            return T::Library(*self.random.choose(libraries::VALUES));
        }
        match self.random.below(17) {
            0 | 1 => T::Bool,
            2 | 3 => T::Int,
            4 => T::Uint,
            5 => T::Double,
            6 | 7 => T::String,
            8 => T::Bytes,
            9 => T::Duration,
            10 => T::Timestamp,
            11 => T::Type,
            12 => T::List(*self.random.choose(ITEMS)),
            13 => T::Map(*self.random.choose(ITEMS)),
            14 => T::Optional(*self.random.choose(&[I::Int, I::String, I::Dyn])),
            15 => T::Null,
            _ => T::Dyn,
        }
    }

    fn make(&mut self, wanted: Type, depth: usize) -> Expr {
        let kind = if self.random.percent(self.wrong) { self.any_type() } else { wanted };
        if depth == 0 || self.random.percent(12) {
            return self.leaf(kind);
        }
        let general = self.random.below(100);
        match kind {
            T::Library(_) if libraries::is_text(kind) && general < 85 => self.leaf(kind),
            T::Bool if general < 30 => self.comparison(depth),
            T::Bool if general < 48 => self.quantifier(depth),
            T::Bool if general < 56 => self.presence(),
            T::List(item) if general < 45 => self.list_macro(item, depth),
            T::Map(item) if general < 35 => self.map_macro(item, depth),
            T::Optional(item) if general < 25 => self.optional_macro(item, depth),
            _ if general > 92 && self.dialect == Dialect::Conformance => self.binding(kind, depth),
            _ => self.row(kind, depth),
        }
    }

    fn row(&mut self, kind: Type, depth: usize) -> Expr {
        if self.dialect == Dialect::Conformance && self.random.percent(20) {
            let rows = rows::of_conformance(kind);
            if !rows.is_empty() {
                let row = *self.random.choose(&rows);
                return self.fill(kind, row, depth);
            }
        }
        let of_libraries = libraries::of(kind);
        if self.dialect == Dialect::Libraries && !of_libraries.is_empty() && self.random.percent(70) {
            let row = *self.random.choose(of_libraries);
            return self.fill(kind, row, depth);
        }
        let rows = rows::of(kind);
        if rows.is_empty() {
            return Expr::leaf(kind, "null");
        }
        let row = *self.random.choose(rows);
        self.fill(kind, row, depth)
    }

    fn fill(&mut self, kind: Type, (template, places): Row, depth: usize) -> Expr {
        let children = places.iter().map(|place| self.make(*place, depth - 1)).collect();
        Expr::node(kind, template, children)
    }

    fn leaf(&mut self, kind: Type) -> Expr {
        let fits = |known: Type| known == kind || kind == T::Dyn;
        if self.random.percent(50) {
            let bound: Vec<String> = self
                .bound
                .iter()
                .filter(|(_, known)| fits(*known))
                .map(|(name, _)| name.clone())
                .collect();
            if !bound.is_empty() {
                return Expr::leaf(kind, self.random.choose(&bound).clone());
            }
        }
        if self.random.percent(40) {
            let places: Vec<String> = self
                .places
                .iter()
                .filter(|(_, known)| fits(*known))
                .map(|(path, _)| path.clone())
                .collect();
            if !places.is_empty() {
                return Expr::leaf(kind, self.random.choose(&places).clone());
            }
        }
        match literals::literal(self.random, kind) {
            Some(text) => Expr::leaf(kind, text),
            None => self.container(kind),
        }
    }

    fn container(&mut self, kind: Type) -> Expr {
        let (item, template): (Item, &[&str]) = match kind {
            T::List(item) => (item, &["[~]", "[~, ~]", "[~, ~, ~]"]),
            T::Map(item) => (item, &["{'a': ~}", "{'a': ~, 'b': ~}", "{'x y': ~}"]),
            T::Optional(item) => (item, &["optional.of(~)"]),
            T::Library(_) => {
                let row = *self.random.choose(libraries::of(kind).get(..1).unwrap_or(&[]));
                let children = row.1.iter().map(|place| self.leaf(*place)).collect();
                return Expr::node(kind, row.0, children);
            }
            _ => {
                let kind = *self.random.choose(&[T::Int, T::String, T::Bool, T::Double, T::Null]);
                return self.leaf(kind);
            }
        };
        let template = *self.random.choose(template);
        let children = template.chars().filter(|char| *char == '~').map(|_| self.leaf(item.of())).collect();
        Expr::node(kind, template, children)
    }

    fn comparison(&mut self, depth: usize) -> Expr {
        let operator =
            self.random.pick(&["$ == $", "$ != $", "$ < $", "$ <= $", "$ > $", "$ >= $", "$ == $"]);
        let ordered =
            [T::Int, T::Uint, T::Double, T::String, T::Bytes, T::Duration, T::Timestamp, T::Bool, T::Int];
        let kind = if operator.contains("= $") && !operator.contains(['<', '>']) {
            self.any_type()
        } else {
            *self.random.choose(&ordered)
        };
        let children = vec![self.make(kind, depth - 1), self.make(kind, depth - 1)];
        Expr::node(T::Bool, operator, children)
    }

    fn presence(&mut self) -> Expr {
        let fields: Vec<&String> =
            self.places.iter().map(|(path, _)| path).filter(|path| !path.ends_with(']')).collect();
        let mut path = if fields.len() < 2 {
            "object.spec".to_owned()
        } else {
            (*self.random.choose(&fields[..fields.len() - 1])).clone()
        };
        if self.random.percent(40) {
            path.push_str(self.random.pick(&[".nope", ".name", ".nope.nope", ".?a", "['a']"]));
        }
        Expr::leaf(T::Bool, format!("has({path})"))
    }

    fn variable(&mut self) -> String {
        self.names += 1;
        // Some hide another, or `object` itself.
        self.random.pick(&["x", "y", "z", "i", "c", "k", "v", "object", "e"]).to_owned()
    }

    fn with_bound(&mut self, names: &[(&str, Type)], kind: Type, depth: usize) -> Expr {
        let before = self.bound.len();
        self.bound.extend(names.iter().map(|(name, kind)| ((*name).to_owned(), *kind)));
        let made = self.make(kind, depth - 1);
        self.bound.truncate(before);
        made
    }

    fn range(&mut self, depth: usize) -> (Expr, Type, Type) {
        let item = *self.random.choose(&[I::Int, I::String, I::Dyn, I::Int]);
        if self.random.percent(65) {
            (self.make(T::List(item), depth - 1), T::Int, item.of())
        } else {
            (self.make(T::Map(item), depth - 1), T::String, item.of())
        }
    }

    fn quantifier(&mut self, depth: usize) -> Expr {
        let (range, key, item) = self.range(depth);
        let one = if key == T::Int { item } else { key };
        if self.random.percent(70) {
            let name = self.variable();
            let body = self.with_bound(&[(&name, one)], T::Bool, depth);
            let macros = ["all", "exists", "exists_one", "all", "exists"];
            let template = format!("$.{}({name}, ~)", self.random.choose(&macros));
            return Expr::node(T::Bool, &template, vec![range, body]);
        }
        let (first, second) = (self.variable(), self.variable());
        let body = self.with_bound(&[(&first, key), (&second, item)], T::Bool, depth);
        let macros = ["all", "exists", "existsOne", "exists_one"];
        let template = format!("$.{}({first}, {second}, ~)", self.random.choose(&macros));
        Expr::node(T::Bool, &template, vec![range, body])
    }

    fn list_macro(&mut self, item: Item, depth: usize) -> Expr {
        let kind = T::List(item);
        let name = self.variable();
        match self.random.below(5) {
            0 => {
                let list = self.make(kind, depth - 1);
                let body = self.with_bound(&[(&name, item.of())], T::Bool, depth);
                Expr::node(kind, &format!("$.filter({name}, ~)"), vec![list, body])
            }
            1 | 2 => {
                let (range, key, held) = self.range(depth);
                let one = if key == T::Int { held } else { key };
                let body = self.with_bound(&[(&name, one)], item.of(), depth);
                Expr::node(kind, &format!("$.map({name}, ~)"), vec![range, body])
            }
            3 => {
                let (range, key, held) = self.range(depth);
                let one = if key == T::Int { held } else { key };
                let condition = self.with_bound(&[(&name, one)], T::Bool, depth);
                let body = self.with_bound(&[(&name, one)], item.of(), depth);
                Expr::node(kind, &format!("$.map({name}, ~, ~)"), vec![range, condition, body])
            }
            _ => {
                let (range, key, held) = self.range(depth);
                let second = self.variable();
                let bound: &[(&str, Type)] = &[(&name, key), (&second, held)];
                let body = self.with_bound(bound, item.of(), depth);
                if self.random.percent(50) {
                    return Expr::node(
                        kind,
                        &format!("$.transformList({name}, {second}, ~)"),
                        vec![range, body],
                    );
                }
                let condition = self.with_bound(bound, T::Bool, depth);
                Expr::node(
                    kind,
                    &format!("$.transformList({name}, {second}, ~, ~)"),
                    vec![range, condition, body],
                )
            }
        }
    }

    fn map_macro(&mut self, item: Item, depth: usize) -> Expr {
        let kind = T::Map(item);
        let (range, key, held) = self.range(depth);
        let (first, second) = (self.variable(), self.variable());
        let bound: &[(&str, Type)] = &[(&first, key), (&second, held)];
        if self.random.percent(60) {
            let body = self.with_bound(bound, item.of(), depth);
            return Expr::node(kind, &format!("$.transformMap({first}, {second}, ~)"), vec![range, body]);
        }
        let entry_key = self.with_bound(bound, T::String, depth);
        let body = self.with_bound(bound, item.of(), depth);
        let template = format!("$.transformMapEntry({first}, {second}, {{~: ~}})");
        Expr::node(kind, &template, vec![range, entry_key, body])
    }

    fn optional_macro(&mut self, item: Item, depth: usize) -> Expr {
        let from = *self.random.choose(&[I::Int, I::String, I::Dyn]);
        let optional = self.make(T::Optional(from), depth - 1);
        let name = self.variable();
        if self.random.percent(50) {
            let body = self.with_bound(&[(&name, from.of())], item.of(), depth);
            return Expr::node(T::Optional(item), &format!("$.optMap({name}, ~)"), vec![optional, body]);
        }
        let body = self.with_bound(&[(&name, from.of())], T::Optional(item), depth);
        Expr::node(T::Optional(item), &format!("$.optFlatMap({name}, ~)"), vec![optional, body])
    }

    fn binding(&mut self, kind: Type, depth: usize) -> Expr {
        let bound = self.any_type();
        let name = self.variable();
        let value = self.make(bound, depth - 1);
        let body = self.with_bound(&[(&name, bound)], kind, depth);
        Expr::node(kind, &format!("cel.bind({name}, ~, ~)"), vec![value, body])
    }
}
