//! What a name means: a variable of a macro, a declared variable, a type or a function.
//!
//! A name is tried in the container and in each that surrounds it, then as it is; a leading dot skips the
//! containers. Of `a.b.c` the longest declared prefix is the variable, and the rest are selections.

use crate::value::Type;

/// The names that a name may stand for within a container, in the order in which they are tried.
pub(crate) fn candidates(container: &str, name: &str, absolute: bool) -> Vec<String> {
    let mut names = Vec::new();
    if !absolute {
        let mut prefix = container;
        while !prefix.is_empty() {
            names.push(format!("{prefix}.{name}"));
            prefix = prefix.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
    }
    names.push(name.to_owned());
    names
}

/// The type of the language that a name denotes.
pub(crate) fn type_named(name: &str) -> Option<Type> {
    Some(match name {
        "null_type" => Type::Null,
        "bool" => Type::Bool,
        "int" => Type::Int,
        "uint" => Type::UInt,
        "double" => Type::Double,
        "string" => Type::String,
        "bytes" => Type::Bytes,
        "list" => Type::List,
        "map" => Type::Map,
        "type" => Type::Type,
        "google.protobuf.Duration" => Type::Duration,
        "google.protobuf.Timestamp" => Type::Timestamp,
        _ => return None,
    })
}

/// The macros' variables that are in sight, innermost scope last.
#[derive(Debug, Default)]
pub(crate) struct Scopes {
    scopes: Vec<Vec<Box<str>>>,
}

impl Scopes {
    pub(crate) fn enter(&mut self, names: Vec<Box<str>>) {
        self.scopes.push(names);
    }

    pub(crate) fn leave(&mut self) {
        self.scopes.pop();
    }

    /// Adds a name to the innermost scope.
    pub(crate) fn declare(&mut self, name: Box<str>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.push(name);
        }
    }

    /// Where the nearest variable of a name is: so many scopes up, and which of that scope's.
    pub(crate) fn find(&self, name: &str) -> Option<super::Local> {
        for (up, scope) in self.scopes.iter().rev().enumerate() {
            if let Some(part) = scope.iter().position(|known| **known == *name) {
                return Some(super::Local { up: u32::try_from(up).ok()?, part: u32::try_from(part).ok()? });
            }
        }
        None
    }
}
