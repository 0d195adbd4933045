//! What cannot be known yet, and the attributes it stands for.
//!
//! A scan of files knows no request, and a part of a cluster does not know every namespace. Such a
//! variable is bound to an unknown value; whatever depends on it is unknown in turn, and the result
//! names what would have to be known.

use std::fmt;

/// A variable with a path of selections, such as `request.userInfo.username`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttributePath {
    /// The variable, by its full name.
    pub variable: Box<str>,
    /// What was selected from it, outermost first.
    pub qualifiers: Vec<Qualifier>,
}

/// One selection of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Qualifier {
    /// `.name` or `["name"]`
    Field(Box<str>),
    /// `[1]`
    Index(i64),
}

impl AttributePath {
    /// A variable as a whole.
    pub fn of(variable: &str) -> Self {
        Self { variable: variable.into(), qualifiers: Vec::new() }
    }

    /// Reads names joined by dots; the first is the variable.
    pub fn parse(path: &str) -> Self {
        let mut names = path.split('.');
        let variable = names.next().unwrap_or_default().into();
        Self { variable, qualifiers: names.map(|name| Qualifier::Field(name.into())).collect() }
    }

    /// The path with one selection more.
    #[must_use]
    pub fn with(&self, qualifier: Qualifier) -> Self {
        let mut path = self.clone();
        path.qualifiers.push(qualifier);
        path
    }
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.variable)?;
        for qualifier in &self.qualifiers {
            match qualifier {
                Qualifier::Field(name) if is_name(name) => write!(f, ".{name}")?,
                Qualifier::Field(name) => write!(f, "[{name:?}]")?,
                Qualifier::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
}

/// The attributes that an unknown value stands for: at least one, sorted, each once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Unknown {
    attributes: Vec<AttributePath>,
}

impl Unknown {
    /// One attribute.
    pub fn of(attribute: AttributePath) -> Self {
        Self { attributes: vec![attribute] }
    }

    /// What would have to be known.
    pub fn attributes(&self) -> &[AttributePath] {
        &self.attributes
    }

    /// Both sets in one.
    #[must_use]
    pub fn merged(&self, other: &Self) -> Self {
        let mut attributes = self.attributes.clone();
        attributes.extend(other.attributes.iter().cloned());
        attributes.sort();
        attributes.dedup();
        Self { attributes }
    }

    /// The same selection made from each attribute.
    #[must_use]
    pub fn select(&self, qualifier: &Qualifier) -> Self {
        Self { attributes: self.attributes.iter().map(|path| path.with(qualifier.clone())).collect() }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, attribute) in self.attributes.iter().enumerate() {
            if place > 0 {
                f.write_str(", ")?;
            }
            attribute.fmt(f)?;
        }
        Ok(())
    }
}
