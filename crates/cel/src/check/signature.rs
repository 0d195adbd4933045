//! Signatures: what a function takes and gives, read from text.
//!
//! `(list(A), A) -> bool` is a function, `string.(int) -> string` a method. A qualified name that the
//! language does not know is an opaque type.

use std::str::FromStr;

use super::types::StaticType;

/// One overload of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signature {
    /// Whether it is called on a value, which is then the first parameter.
    pub(crate) member: bool,
    pub(crate) parameters: Box<[StaticType]>,
    pub(crate) result: StaticType,
    /// The type parameters it names, in their order.
    pub(crate) letters: Box<[char]>,
}

/// Text that is no type or signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no type: {expected} expected at character {place}")]
pub struct NotAType {
    text: String,
    expected: &'static str,
    place: usize,
}

impl FromStr for Signature {
    type Err = NotAType;

    fn from_str(text: &str) -> Result<Self, NotAType> {
        let mut reader = Reader { text, place: 0, depth: 0 };
        let mut parameters = Vec::new();
        let member = !reader.peeks("(");
        if member {
            parameters.push(reader.read_type()?);
            reader.expect(".", "a dot")?;
        }
        reader.expect("(", "a bracket")?;
        parameters.extend(reader.list()?);
        reader.expect("->", "an arrow")?;
        let result = reader.read_type()?;
        reader.end()?;
        let mut letters = Vec::new();
        for found in parameters.iter().chain([&result]) {
            collect(found, &mut letters);
        }
        Ok(Self { member, parameters: parameters.into(), result, letters: letters.into() })
    }
}

impl FromStr for StaticType {
    type Err = NotAType;

    fn from_str(text: &str) -> Result<Self, NotAType> {
        let mut reader = Reader { text, place: 0, depth: 0 };
        let found = reader.read_type()?;
        reader.end()?;
        Ok(found)
    }
}

/// Gathers the type parameters of a type.
fn collect(within: &StaticType, letters: &mut Vec<char>) {
    match within {
        StaticType::Parameter(letter) if !letters.contains(letter) => letters.push(*letter),
        _ => within.parts().iter().for_each(|part| collect(part, letters)),
    }
}

struct Reader<'t> {
    text: &'t str,
    place: usize,
    depth: u32,
}

/// No type of anyone's nests deeper.
const DEEPEST: u32 = 32;

impl<'t> Reader<'t> {
    fn rest(&mut self) -> &'t str {
        let rest = self.text.get(self.place..).unwrap_or("");
        let trimmed = rest.trim_start();
        self.place = self.place.saturating_add(rest.len().saturating_sub(trimmed.len()));
        trimmed
    }

    fn peeks(&mut self, wanted: &str) -> bool {
        self.rest().starts_with(wanted)
    }

    fn takes(&mut self, wanted: &str) -> bool {
        let found = self.peeks(wanted);
        if found {
            self.place = self.place.saturating_add(wanted.len());
        }
        found
    }

    fn mistake(&self, expected: &'static str) -> NotAType {
        let text = self.text.chars().take(200).collect();
        NotAType { text, expected, place: self.place.saturating_add(1) }
    }

    fn expect(&mut self, wanted: &str, expected: &'static str) -> Result<(), NotAType> {
        if self.takes(wanted) { Ok(()) } else { Err(self.mistake(expected)) }
    }

    fn end(&mut self) -> Result<(), NotAType> {
        if self.rest().is_empty() { Ok(()) } else { Err(self.mistake("the end")) }
    }

    /// A name; a dot belongs to it when a letter follows.
    fn name(&mut self) -> &'t str {
        let rest = self.rest();
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '@');
        let end = rest.char_indices().find(|(at, letter)| {
            let next = rest.get(at.saturating_add(1)..).and_then(|after| after.chars().next());
            !(is_part(*letter) || *letter == '.' && *at > 0 && next.is_some_and(is_part))
        });
        let name = rest.get(..end.map_or(rest.len(), |(at, _)| at)).unwrap_or("");
        self.place = self.place.saturating_add(name.len());
        name
    }

    /// Types up to the closing bracket.
    fn list(&mut self) -> Result<Vec<StaticType>, NotAType> {
        let mut types = Vec::new();
        if self.takes(")") {
            return Ok(types);
        }
        loop {
            types.push(self.read_type()?);
            if self.takes(")") {
                return Ok(types);
            }
            self.expect(",", "a comma or a bracket")?;
        }
    }

    fn read_type(&mut self) -> Result<StaticType, NotAType> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > DEEPEST {
            return Err(self.mistake("less nesting"));
        }
        let start = self.place;
        let name = self.name();
        if name.is_empty() {
            return Err(self.mistake("a type"));
        }
        let parts = if self.takes("(") { self.list()? } else { Vec::new() };
        self.depth = self.depth.saturating_sub(1);
        named(name, parts).map_err(|expected| {
            self.place = start;
            self.mistake(expected)
        })
    }
}

/// The type of a name with its parts.
fn named(name: &str, parts: Vec<StaticType>) -> Result<StaticType, &'static str> {
    let plain = match name {
        "dyn" | "google.protobuf.Value" => StaticType::Dyn,
        "any" | "google.protobuf.Any" => StaticType::Any,
        "null" | "null_type" => StaticType::Null,
        "bool" => StaticType::Bool,
        "int" => StaticType::Int,
        "uint" => StaticType::UInt,
        "double" => StaticType::Double,
        "string" => StaticType::String,
        "bytes" => StaticType::Bytes,
        "duration" | "google.protobuf.Duration" => StaticType::Duration,
        "timestamp" | "google.protobuf.Timestamp" => StaticType::Timestamp,
        _ => return with_parts(name, parts),
    };
    if parts.is_empty() { Ok(plain) } else { Err("a type with parts") }
}

fn with_parts(name: &str, parts: Vec<StaticType>) -> Result<StaticType, &'static str> {
    let mut parts = parts.into_iter();
    Ok(match (name, parts.next(), parts.next(), parts.next()) {
        ("list", None, ..) => StaticType::list(StaticType::Dyn),
        ("list", Some(items), None, _) => StaticType::list(items),
        ("map", None, ..) => StaticType::map(StaticType::Dyn, StaticType::Dyn),
        ("map", Some(keys), Some(values), None) => StaticType::map(keys, values),
        ("type", None, ..) => StaticType::Type(None),
        ("type", Some(value), None, _) => StaticType::type_of(value),
        ("optional_type", Some(value), None, _) => StaticType::optional(value),
        ("wrapper", Some(value), None, _) if is_scalar(&value) => StaticType::wrapper(value),
        ("list" | "map" | "type" | "optional_type" | "wrapper", ..) => return Err("its parts"),
        (name, None, ..)
            if name.len() == 1 && name.starts_with(|letter: char| letter.is_ascii_uppercase()) =>
        {
            StaticType::Parameter(name.chars().next().unwrap_or('A'))
        }
        (name, first, second, third) => {
            let parts: Vec<_> = [first, second, third].into_iter().flatten().chain(parts).collect();
            StaticType::opaque(name, parts)
        }
    })
}

fn is_scalar(value: &StaticType) -> bool {
    use StaticType::{Bool, Bytes, Double, Int, String, UInt};
    matches!(value, Bool | Int | UInt | Double | String | Bytes)
}
