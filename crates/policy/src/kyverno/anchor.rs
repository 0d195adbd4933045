//! Anchors of a pattern's keys: `(key)`, `=(key)`, `^(key)`, `X(key)`, `<(key)`, `+(key)`.
//!
//! Source: Kyverno 1.17, `pkg/engine/anchor`.

/// What an anchor asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// `(key)`: the pattern is for what has it so.
    Condition,
    /// `<(key)`: the rule is for what has it so.
    Global,
    /// `X(key)`: must not be there.
    Negation,
    /// `+(key)`: means nothing where objects are only looked at.
    Add,
    /// `=(key)`: where it is there, it must be so.
    Equality,
    /// `^(key)`: one item at least must be so.
    Existence,
}

/// The anchor of a key, and the key in it.
pub(crate) fn parse(key: &str) -> Option<(Anchor, &str)> {
    let key = key.trim();
    let (anchor, rest) = match key.chars().next()? {
        '(' => (Anchor::Condition, key),
        '<' => (Anchor::Global, key.get(1..)?),
        'X' => (Anchor::Negation, key.get(1..)?),
        '+' => (Anchor::Add, key.get(1..)?),
        '=' => (Anchor::Equality, key.get(1..)?),
        '^' => (Anchor::Existence, key.get(1..)?),
        _ => return None,
    };
    let inner = rest.strip_prefix('(')?.strip_suffix(')')?;
    (!inner.is_empty() && !inner.contains('\n')).then_some((anchor, inner))
}

/// A key with the anchor of another.
pub(crate) fn spell(anchor: Anchor, key: &str) -> String {
    let sign = match anchor {
        Anchor::Condition => "",
        Anchor::Global => "<",
        Anchor::Negation => "X",
        Anchor::Add => "+",
        Anchor::Equality => "=",
        Anchor::Existence => "^",
    };
    format!("{sign}({key})")
}
