//! What can be told of literals once all types are known: patterns, times, texts of `format`, and whether
//! the parts of lists and maps are of one type.

use super::Checked;
use super::types::StaticType;
use crate::env::Env;
use crate::library::{FormatVerbs, compile_pattern, format_verbs};
use crate::syntax::{Ast, Entry, Expr, ExprId, Item, Literal, Mistake};
use crate::value::{Duration, Timestamp};

/// Looks at literals and calls, in the order in which the API server does.
pub(super) fn validate(ast: &Ast, env: &Env, checked: &Checked, noted: Vec<ExprId>) -> Result<(), Mistake> {
    let mut noted = noted;
    // Parts come before the whole, as they do in the tree.
    noted.sort_by_key(|id| id.place());
    let validator = Validator { ast, checked };
    if env.rules().homogeneous {
        noted.iter().try_for_each(|id| validator.list(*id))?;
        noted.iter().try_for_each(|id| validator.map(*id))?;
    }
    if env.rules().literals {
        for function in ["duration", "timestamp", "matches"] {
            noted.iter().try_for_each(|id| validator.argument(*id, function))?;
        }
    }
    match env.rules().format {
        Some(verbs) => noted.iter().try_for_each(|id| validator.format(*id, verbs)),
        None => Ok(()),
    }
}

struct Validator<'v> {
    ast: &'v Ast,
    checked: &'v Checked,
}

impl Validator<'_> {
    /// The first argument of a call of a function, when it is a literal. Of `matches(text, pattern)` the
    /// API server looks at the text.
    fn argument(&self, id: ExprId, wanted: &str) -> Result<(), Mistake> {
        let Expr::Call { function, arguments, .. } = self.ast.expr(id) else { return Ok(()) };
        let Some(argument) = arguments.first().filter(|_| **function == *wanted) else { return Ok(()) };
        let Expr::Literal(literal) = self.ast.expr(*argument) else { return Ok(()) };
        let is_sound = match (wanted, literal) {
            ("duration", Literal::String(text)) => Duration::parse(text).is_some(),
            ("duration", Literal::Int(_)) => false,
            ("timestamp", Literal::String(text)) => Timestamp::parse(text).is_some(),
            ("timestamp", Literal::Int(seconds)) => Timestamp::new(*seconds, 0).is_some(),
            ("matches", Literal::String(pattern)) => compile_pattern(pattern).is_ok(),
            _ => true,
        };
        if is_sound {
            return Ok(());
        }
        Err(Mistake::of(format!("invalid {wanted} argument"), self.ast, *argument))
    }

    fn list(&self, id: ExprId) -> Result<(), Mistake> {
        let Expr::List(items) = self.ast.expr(id) else { return Ok(()) };
        let parts = items.iter().map(|Item { value, optional }| (*value, *optional));
        self.alike(parts)
    }

    fn map(&self, id: ExprId) -> Result<(), Mistake> {
        let Expr::Map(entries) = self.ast.expr(id) else { return Ok(()) };
        for place in 1..=entries.len() {
            let pair = |entry: &Entry| [(entry.key, false), (entry.value, entry.optional)];
            let (Some(first), Some(next)) = (entries.first(), entries.get(place)) else { continue };
            for (first, next) in pair(first).into_iter().zip(pair(next)) {
                self.alike([first, next].into_iter())?;
            }
        }
        Ok(())
    }

    /// Whether all parts are of the type of the first.
    fn alike(&self, parts: impl Iterator<Item = (ExprId, bool)>) -> Result<(), Mistake> {
        let mut parts = parts.map(|(id, optional)| (id, self.held(id, optional)));
        let Some((_, wanted)) = parts.next() else { return Ok(()) };
        match parts.find(|(_, found)| !found.is_same(wanted)) {
            None => Ok(()),
            Some((id, found)) => {
                let message = format!("expected type '{wanted}' but found '{found}'");
                Err(Mistake::of(message, self.ast, id))
            }
        }
    }

    fn held(&self, id: ExprId, optional: bool) -> &StaticType {
        let found = self.checked.type_of(id);
        if optional { found.as_optional().unwrap_or(&StaticType::Dyn) } else { found }
    }

    /// `'…'.format([…])`
    fn format(&self, id: ExprId, verbs: FormatVerbs) -> Result<(), Mistake> {
        let Expr::Call { target: Some(target), function, arguments } = self.ast.expr(id) else {
            return Ok(());
        };
        let (Expr::Literal(Literal::String(text)), [list]) = (self.ast.expr(*target), &**arguments) else {
            return Ok(());
        };
        let Expr::List(items) = self.ast.expr(*list) else { return Ok(()) };
        if **function != *"format" {
            return Ok(());
        }
        let mut count = 0_usize;
        for verb in format_verbs(text) {
            if verb == Ok(None) {
                return Err(Mistake::of("unexpected end of string", self.ast, id));
            }
            let Some(item) = items.get(count) else {
                return Err(Mistake::of(format!("index {count} out of range"), self.ast, id));
            };
            let verb = verb.map_err(|error| Mistake::of(error.to_string(), self.ast, id))?;
            self.fits(verb.unwrap_or('s'), item.value, verbs)?;
            count = count.saturating_add(1);
        }
        if items.len() > count {
            let given = items.len();
            let message =
                format!("too many arguments supplied to string.format (expected {count}, got {given})");
            return Err(Mistake::of(message, self.ast, id));
        }
        Ok(())
    }

    fn fits(&self, verb: char, item: ExprId, verbs: FormatVerbs) -> Result<(), Mistake> {
        if verb == 's' {
            return self.fits_text(item);
        }
        let found = self.checked.type_of(item);
        match verbs.why_not(verb, found.unwrapped()) {
            None => Ok(()),
            Some(why) => Err(self.unformattable(why, found, item)),
        }
    }

    fn unformattable(&self, why: &str, found: &StaticType, item: ExprId) -> Mistake {
        let found = found.unwrapped().to_string();
        let name = found.split('(').next().unwrap_or_default();
        let message = format!("error during formatting: {why}, was given {name}");
        Mistake::of(message, self.ast, item)
    }

    /// What `%s` takes; of literals all parts.
    fn fits_text(&self, item: ExprId) -> Result<(), Mistake> {
        let found = self.checked.type_of(item);
        if matches!(found, StaticType::Opaque(..) | StaticType::Object(_) | StaticType::Any) {
            let why = "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, \
                       types, durations, and timestamps";
            return Err(self.unformattable(why, found, item));
        }
        match self.ast.expr(item) {
            Expr::List(items) => items.iter().try_for_each(|item| self.fits_text(item.value)),
            Expr::Map(entries) => entries.iter().try_for_each(|entry| {
                self.fits_text(entry.key)?;
                self.fits_text(entry.value)
            }),
            _ => Ok(()),
        }
    }
}
