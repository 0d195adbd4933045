//! Yes, no, or unknown because of named things.

use std::collections::BTreeSet;

/// An answer that may be open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Truth {
    Yes,
    No,
    /// It hangs on these.
    Unknown(BTreeSet<String>),
}

impl Truth {
    /// Hangs on one thing.
    pub(crate) fn hangs_on(name: impl Into<String>) -> Self {
        Self::Unknown(BTreeSet::from([name.into()]))
    }

    /// Both hold.
    #[must_use]
    pub(crate) fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::No => Self::No,
            Self::Yes => other(),
            Self::Unknown(mut names) => match other() {
                Self::No => Self::No,
                Self::Yes => Self::Unknown(names),
                Self::Unknown(more) => {
                    names.extend(more);
                    Self::Unknown(names)
                }
            },
        }
    }

    /// Either holds.
    #[must_use]
    pub(crate) fn or(self, other: impl FnOnce() -> Self) -> Self {
        self.not().and(|| other().not()).not()
    }

    /// The opposite.
    #[must_use]
    pub(crate) fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            unknown @ Self::Unknown(_) => unknown,
        }
    }
}

impl From<bool> for Truth {
    fn from(known: bool) -> Self {
        if known { Self::Yes } else { Self::No }
    }
}

#[test]
fn what_is_known_decides() {
    let open = || Truth::hangs_on("a");
    assert_eq!(open().and(|| Truth::No), Truth::No);
    assert_eq!(open().or(|| Truth::Yes), Truth::Yes);
    assert_eq!(open().and(|| Truth::Yes), open());
    let both = Truth::Unknown(["a", "b"].map(str::to_owned).into());
    assert_eq!(open().or(|| Truth::hangs_on("b")), both);
    assert_eq!(Truth::No.or(|| Truth::No), Truth::No);
}
