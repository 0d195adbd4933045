//! Expressions as trees, so that one that fails can be made smaller and stay an expression.

use std::fmt::Write as _;

/// What an expression is meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "CEL's own names")]
pub enum Type {
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Duration,
    Timestamp,
    Null,
    Type,
    Dyn,
    List(Item),
    Map(Item),
    Optional(Item),
    Library(Library),
}

/// The types of Kubernetes' own libraries, and the texts that they are read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the server's own names")]
pub enum Library {
    Url,
    UrlText,
    Ip,
    IpText,
    Cidr,
    CidrText,
    Quantity,
    QuantityText,
    Semver,
    SemverText,
    Format,
    FormatText,
    Authorizer,
    PathCheck,
    GroupCheck,
    ResourceCheck,
    Decision,
}

/// What a container is meant to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "CEL's own names")]
pub enum Item {
    Bool,
    Int,
    Double,
    String,
    Dyn,
}

impl Item {
    /// The type of what is held.
    pub fn of(self) -> Type {
        match self {
            Self::Bool => Type::Bool,
            Self::Int => Type::Int,
            Self::Double => Type::Double,
            Self::String => Type::String,
            Self::Dyn => Type::Dyn,
        }
    }
}

/// One expression: text with other expressions in between.
#[derive(Debug, Clone)]
pub struct Expr {
    kind: Type,
    template: String,
    children: Vec<Expr>,
}

/// Where a child stands in a template; the second kind is never put into parentheses.
pub(super) const HOLE: char = '\u{1}';
pub(super) const BARE: char = '\u{2}';

impl Expr {
    /// An expression without others in it.
    pub(super) fn leaf(kind: Type, text: impl Into<String>) -> Self {
        Self { kind, template: text.into(), children: Vec::new() }
    }

    /// `$` in the template is a child as an operand, `~` one that stands by itself.
    pub(super) fn node(kind: Type, template: &str, children: Vec<Expr>) -> Self {
        let template = template.replace('$', &HOLE.to_string()).replace('~', &BARE.to_string());
        Self { kind, template, children }
    }

    /// Its text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) {
        let mut children = self.children.iter();
        for char in self.template.chars() {
            if char != HOLE && char != BARE {
                text.push(char);
                continue;
            }
            let Some(child) = children.next() else { continue };
            if char == HOLE && !child.is_atom() {
                let _ = write!(text, "({})", child.text());
            } else {
                child.write(text);
            }
        }
    }

    /// Whether it may stand beside an operator as it is.
    fn is_atom(&self) -> bool {
        let plain = |char: char| char.is_alphanumeric() || "._'\"[]@".contains(char);
        self.children.is_empty() && self.template.chars().all(plain)
            || self.template.starts_with('(') && self.template.ends_with(')')
    }

    /// The same with one place made smaller, for each place: a part in place of the whole, or a literal.
    pub fn smaller(&self) -> Vec<Expr> {
        let mut all = Vec::new();
        let mut parts = Vec::new();
        self.parts(&mut parts);
        all.extend(
            parts.into_iter().filter(|part| part.kind == self.kind || self.kind == Type::Dyn).cloned(),
        );
        if let Some(simple) = super::literals::simplest(self.kind)
            && simple != self.template
        {
            all.push(Self::leaf(self.kind, simple));
        }
        for (place, child) in self.children.iter().enumerate() {
            for smaller in child.smaller() {
                let mut copy = self.clone();
                copy.children[place] = smaller;
                all.push(copy);
            }
        }
        all
    }

    fn parts<'a>(&'a self, into: &mut Vec<&'a Expr>) {
        for child in &self.children {
            into.push(child);
            child.parts(into);
        }
    }
}
