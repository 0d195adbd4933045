//! What the checker knows of `format`: which verbs a text has, and what they take.

use super::{Clause, Dialect};
use crate::check::types::StaticType;
use crate::error::EvalError;

/// The verbs of a text in their order; `None` where the text ends after a percent sign.
pub(crate) fn format_verbs(text: &str) -> impl Iterator<Item = Result<Option<char>, EvalError>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let after = rest.split_once('%')?.1;
            if let Some(after) = after.strip_prefix('%') {
                rest = after;
                continue;
            }
            rest = "";
            if after.is_empty() {
                return Some(Ok(None));
            }
            return Some(Clause::parse(after).map(|(clause, after)| {
                rest = after;
                Some(clause.verb)
            }));
        }
    })
}

impl Dialect {
    /// Why a verb does not take values of a type, unless it does.
    pub(crate) fn why_not(self, verb: char, given: &StaticType) -> Option<&'static str> {
        use StaticType::{Bool, Bytes, Double, Dyn, Int, String, UInt};
        let english = self == Self::English;
        let takes = match verb {
            _ if *given == Dyn => true,
            'd' => matches!(given, Int | UInt) || !english && *given == Double,
            'f' | 'e' => {
                *given == Double || if english { *given == String } else { matches!(given, Int | UInt) }
            }
            'b' => matches!(given, Int | UInt | Bool),
            'o' => matches!(given, Int | UInt),
            _ => matches!(given, Int | UInt | String | Bytes),
        };
        let why = match (verb, english) {
            _ if takes => return None,
            ('d', true) => "decimal clause can only be used on integers",
            ('d', false) => "decimal clause can only be used on ints, uints, and doubles",
            ('f', true) => "fixed-point clause can only be used on doubles",
            ('f', false) => "fixed-point clause can only be used on ints, uints, and doubles",
            ('e', true) => "scientific clause can only be used on doubles",
            ('e', false) => "scientific clause can only be used on ints, uints, and doubles",
            ('b', true) => "only integers and bools can be formatted as binary",
            ('b', false) => "only ints, uints, and bools can be formatted as binary",
            ('o', true) => "octal clause can only be used on integers",
            ('o', false) => "octal clause can only be used on ints and uints",
            (_, true) => "only integers, byte buffers, and strings can be formatted as hex",
            (_, false) => "only ints, uints, bytes, and strings can be formatted as hex",
        };
        Some(why)
    }
}
