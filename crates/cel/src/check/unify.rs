//! Unification: whether one type may stand for another, and what that says of types still to be found out.
//!
//! Types of hostile expressions can be exponentially large when they are written out, and as deep as one
//! likes. Work and depth are counted, and beyond [`Unifier::MOST_WORK`] or [`DEEPEST`] the expression is
//! refused; until the caller asks, the answer is the careful one.

use super::types::StaticType;

/// What is known of the types still to be found out.
#[derive(Debug, Default)]
pub(crate) struct Unifier {
    bindings: Vec<Option<StaticType>>,
    /// What was bound to a variable before, to take it back.
    trail: Vec<(u32, Option<StaticType>)>,
    work: u64,
    too_much: bool,
}

/// Types that nest deeper are refused: what walks them recurses.
const DEEPEST: u32 = 600;

/// A moment to which the bindings can be taken back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark(usize);

impl Unifier {
    /// So many steps may an expression take.
    const MOST_WORK: u64 = 4_000_000;

    /// Variables that nothing is known of; gives the number of the first.
    pub(crate) fn fresh(&mut self, count: usize) -> u32 {
        let first = u32::try_from(self.bindings.len()).unwrap_or(u32::MAX);
        self.bindings.resize(self.bindings.len().saturating_add(count), None);
        first
    }

    /// A type that nothing is known of.
    pub(crate) fn variable(&mut self) -> StaticType {
        StaticType::Variable(self.fresh(1))
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark(self.trail.len())
    }

    /// Forgets what was found out since.
    pub(crate) fn undo(&mut self, mark: Mark) {
        while self.trail.len() > mark.0 {
            if let Some((variable, before)) = self.trail.pop()
                && let Some(binding) = self.bindings.get_mut(variable as usize)
            {
                *binding = before;
            }
        }
    }

    /// Whether the expression takes more work than it may.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.too_much
    }

    fn step(&mut self, depth: u32) -> bool {
        self.work = self.work.saturating_add(1);
        self.too_much |= self.work > Self::MOST_WORK || depth > DEEPEST;
        !self.too_much
    }

    fn bound(&self, variable: u32) -> Option<&StaticType> {
        self.bindings.get(variable as usize).and_then(Option::as_ref)
    }

    fn bind(&mut self, variable: u32, to: StaticType) {
        if let Some(binding) = self.bindings.get_mut(variable as usize) {
            self.trail.push((variable, binding.replace(to)));
        }
    }

    /// Whether a value of the second type will do where one of the first is asked for, and the other way
    /// round as far as either is unknown. When not, nothing is found out.
    pub(crate) fn assignable(&mut self, wanted: &StaticType, given: &StaticType) -> bool {
        let mark = self.mark();
        let fits = self.fits(wanted, given, 0);
        if !fits {
            self.undo(mark);
        }
        fits
    }

    fn fits(&mut self, left: &StaticType, right: &StaticType, depth: u32) -> bool {
        if !self.step(depth) {
            return true;
        }
        if let StaticType::Variable(variable) = right {
            match self.stands_for(left, *variable, depth) {
                (true, _) => return true,
                (false, true) => return false,
                (false, false) => {}
            }
        }
        if let StaticType::Variable(variable) = left {
            return self.stands_for(right, *variable, depth).0;
        }
        match (left, right) {
            _ if left.is_dyn() || right.is_dyn() => true,
            (StaticType::Null, other) | (other, StaticType::Null) => is_nullable(other),
            (StaticType::Type(_), StaticType::Type(_)) => true,
            (StaticType::List(left), StaticType::List(right))
            | (StaticType::Map(left), StaticType::Map(right)) => {
                self.all_fit(left.types(), right.types(), depth)
            }
            (StaticType::Opaque(name, left), StaticType::Opaque(other, right)) => {
                name == other && self.all_fit(left.types(), right.types(), depth)
            }
            _ => left.unwrapped() == right.unwrapped(),
        }
    }

    fn all_fit(&mut self, left: &[StaticType], right: &[StaticType], depth: u32) -> bool {
        let deeper = depth.saturating_add(1);
        left.len() == right.len()
            && left.iter().zip(right).all(|(left, right)| self.fits(left, right, deeper))
    }

    /// Whether a type may be what a variable stands for, and whether the variable stood for something.
    fn stands_for(&mut self, found: &StaticType, variable: u32, depth: u32) -> (bool, bool) {
        if matches!(found, StaticType::Variable(other) if *other == variable) {
            return (true, true);
        }
        let deeper = depth.saturating_add(1);
        if let Some(known) = self.bound(variable).cloned() {
            if known.is_same(found) {
                return (true, true);
            }
            if !self.fits(found, &known, deeper) {
                return (false, true);
            }
            let general = most_general(found, &known).clone();
            if !self.occurs(variable, &general, deeper) {
                self.bind(variable, general);
            }
            return (true, true);
        }
        if self.occurs(variable, found, deeper) {
            return (false, false);
        }
        self.bind(variable, found.clone());
        (true, false)
    }

    /// Whether a variable is a part of a type, at once or by what its variables stand for.
    fn occurs(&mut self, variable: u32, within: &StaticType, depth: u32) -> bool {
        if !self.step(depth) {
            return true;
        }
        let deeper = depth.saturating_add(1);
        match within {
            StaticType::Variable(other) if *other == variable => true,
            StaticType::Variable(other) => {
                let known = self.bound(*other).cloned();
                known.is_some_and(|known| self.occurs(variable, &known, deeper))
            }
            _ => within.parts().iter().any(|part| self.occurs(variable, part, deeper)),
        }
    }

    /// The type with everything in it that was found out.
    pub(crate) fn resolved(&mut self, of: &StaticType) -> StaticType {
        self.substitute(of, false, 0)
    }

    /// The same, with what was not found out as `dyn`.
    pub(crate) fn settled(&mut self, of: &StaticType) -> StaticType {
        self.substitute(of, true, 0)
    }

    fn substitute(&mut self, of: &StaticType, settle: bool, depth: u32) -> StaticType {
        if !self.step(depth) {
            return StaticType::Dyn;
        }
        let deeper = depth.saturating_add(1);
        if let StaticType::Variable(variable) = of {
            return match self.bound(*variable).cloned() {
                Some(known) => self.substitute(&known, settle, deeper),
                None if settle => StaticType::Dyn,
                None => of.clone(),
            };
        }
        if of.is_ground() {
            return of.clone();
        }
        let parts = of.parts().iter().map(|part| self.substitute(part, settle, deeper));
        let parts = parts.collect();
        of.with_parts(parts)
    }
}

/// Whether null is one of its values.
fn is_nullable(of: &StaticType) -> bool {
    matches!(
        of,
        StaticType::Null
            | StaticType::Opaque(..)
            | StaticType::Object(_)
            | StaticType::Duration
            | StaticType::Timestamp
            | StaticType::Wrapper(_)
    )
}

/// The more general of two types that fit each other.
pub(crate) fn most_general<'t>(left: &'t StaticType, right: &'t StaticType) -> &'t StaticType {
    if is_as_general(left, right) { left } else { right }
}

/// Whether a type is the same as another or says less.
fn is_as_general(left: &StaticType, right: &StaticType) -> bool {
    if left.is_dyn() || matches!(left, StaticType::Variable(_)) {
        return true;
    }
    if right.is_dyn() || matches!(right, StaticType::Variable(_)) {
        return false;
    }
    let all = |left: &[StaticType], right: &[StaticType]| {
        left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_as_general(left, right))
    };
    match (left, right) {
        (StaticType::Type(_), StaticType::Type(_)) => true,
        (StaticType::List(left), StaticType::List(right))
        | (StaticType::Map(left), StaticType::Map(right)) => all(left.types(), right.types()),
        (StaticType::Opaque(name, left), StaticType::Opaque(other, right)) => {
            name == other && all(left.types(), right.types())
        }
        _ => left.unwrapped() == right.unwrapped(),
    }
}
