//! Text that is borrowed from a document or shared by reference count.

use std::ops::Deref;
use std::sync::Arc;

/// Text of a value.
#[derive(Clone)]
pub enum Text<'a> {
    /// A slice of a document.
    Borrowed(&'a str),
    /// Text that an expression or a caller made.
    Shared(Arc<str>),
}

impl<'a> Text<'a> {
    /// A part of it, which stays borrowed where the whole was; the range must lie on character borders,
    /// or nothing is left.
    pub(crate) fn part(&self, start: usize, end: usize) -> Text<'a> {
        match self {
            Self::Borrowed(text) => Self::Borrowed(text.get(start..end).unwrap_or("")),
            Self::Shared(text) => Self::Shared(text.get(start..end).unwrap_or("").into()),
        }
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl std::fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(&**self, f)
    }
}
