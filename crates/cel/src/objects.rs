//! Object types: which fields the objects of Kubernetes have, and of which types, as the API server tells
//! its checker.
//!
//! Names of properties that are no identifiers, or are words of the language, are written escaped
//! (`__namespace__`, `x__dash__y`); an object within another is named by the way to it
//! (`Deployment.spec.template`, with `@idx` for the items of a list and `@elem` for the values of a map).

mod kinds;
mod patch;
mod schema;

pub use kinds::KindTypes;
pub(crate) use patch::PatchTypes;
pub use schema::SchemaTypes;

/// Words that name no field as they are.
const WORDS: &[&str] = &[
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// The escaped name that a selection means: words of the language are known as they are, too.
fn selected(field: &str) -> String {
    if WORDS.contains(&field) { format!("__{field}__") } else { field.to_owned() }
}

/// The name under which an expression selects a property; `None` when it cannot.
fn escaped(property: &str) -> Option<String> {
    if WORDS.contains(&property) {
        return Some(format!("__{property}__"));
    }
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "_.-/".contains(letter);
    let starts_well = property.starts_with(|first: char| is_letter(first) && !first.is_ascii_digit());
    if !starts_well || !property.chars().all(is_letter) {
        return None;
    }
    let escaped = property.replace("__", "__underscores__");
    Some(escaped.replace('.', "__dot__").replace('-', "__dash__").replace('/', "__slash__"))
}
