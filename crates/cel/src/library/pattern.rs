//! Patterns as the API server reads them (RE2: <https://github.com/google/re2/wiki/Syntax>), compiled by
//! a crate whose syntax is a little different.
//!
//! What differs is rewritten: `\d`, `\w`, `\s` mean ASCII; a brace that is no repetition, a bracket within a
//! class and `\<` are themselves; `\Q…\E` and octal escapes exist. What only the crate knows is refused.
//! Matching takes time linear in the text. `\B` knows all letters, where RE2 knows those of ASCII.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

use regex::{Regex, RegexBuilder};

use crate::error::EvalError;

/// The most times that something may be repeated.
const MOST_REPETITIONS: u32 = 1_000;

thread_local! {
    /// Patterns that were compiled lately: the checker looks at a literal and the planner keeps it, and
    /// policies share many.
    static LATELY: RefCell<HashMap<Box<str>, Regex>> = RefCell::default();
}

/// So many are remembered, of so many bytes each.
const REMEMBERED: usize = 128;
const LONGEST_REMEMBERED: usize = 256;

/// Compiles a pattern.
pub(crate) fn compile(pattern: &str) -> Result<Regex, EvalError> {
    if let Some(known) = LATELY.with_borrow(|known| known.get(pattern).cloned()) {
        return Ok(known);
    }
    let compiled = compile_anew(pattern)?;
    if pattern.len() <= LONGEST_REMEMBERED {
        LATELY.with_borrow_mut(|known| {
            if known.len() >= REMEMBERED {
                known.clear();
            }
            known.insert(pattern.into(), compiled.clone());
        });
    }
    Ok(compiled)
}

fn compile_anew(pattern: &str) -> Result<Regex, EvalError> {
    let failed = |why: &str| EvalError::invalid(format!("error parsing regexp: {why}"));
    let translated = Translator::of(pattern).map_err(|why| failed(&why))?;
    let built = RegexBuilder::new(&translated).size_limit(1 << 20).dfa_size_limit(1 << 20).build();
    built.map_err(|error| {
        let text = error.to_string();
        let last = text.lines().last().unwrap_or_default();
        failed(last.trim_start_matches("error: "))
    })
}

struct Translator<'p> {
    rest: Peekable<Chars<'p>>,
    out: String,
}

type Translated<T = ()> = Result<T, String>;

impl<'p> Translator<'p> {
    fn of(pattern: &'p str) -> Translated<String> {
        let mut translator =
            Self { rest: pattern.chars().peekable(), out: String::with_capacity(pattern.len()) };
        translator.run()?;
        Ok(translator.out)
    }

    fn run(&mut self) -> Translated {
        // Whether what was read last repeats something, and cannot be repeated itself.
        let mut repeated = false;
        // Whether there is nothing yet that could be repeated: at the start, and behind `(` and `|`.
        let mut nothing = true;
        while let Some(letter) = self.rest.next() {
            let before = self.out.len();
            let is_repetition = match letter {
                '*' | '+' | '?' => {
                    self.out.push(letter);
                    true
                }
                '{' => self.braces()?,
                '\\' => {
                    self.escape()?;
                    false
                }
                '[' => {
                    self.class()?;
                    false
                }
                '(' => {
                    self.group()?;
                    false
                }
                letter => {
                    self.out.push(letter);
                    false
                }
            };
            if is_repetition {
                if repeated {
                    return Err(format!("invalid nested repetition operator: `{letter}`"));
                }
                // A question mark after it makes it lazy, and belongs to it.
                if self.rest.next_if_eq(&'?').is_some() {
                    self.out.push('?');
                }
                if nothing {
                    let operator = self.out.get(before..).unwrap_or_default();
                    return Err(format!("missing argument to repetition operator: `{operator}`"));
                }
            }
            repeated = is_repetition;
            nothing = matches!(letter, '(' | '|');
        }
        Ok(())
    }

    /// What follows an opening brace: a repetition, or the brace is itself.
    fn braces(&mut self) -> Translated<bool> {
        let mut ahead = self.rest.clone();
        let mut inner = String::new();
        let closed = loop {
            match ahead.next() {
                Some('}') => break true,
                Some(letter) if letter.is_ascii_digit() || letter == ',' => inner.push(letter),
                _ => break false,
            }
        };
        let (least, most) = match inner.split_once(',') {
            Some((least, most)) => (least, Some(most)),
            None => (&*inner, None),
        };
        let is_repetition = closed && !least.is_empty() && most.is_none_or(|most| !most.contains(','));
        if !is_repetition {
            self.out.push_str("\\{");
            return Ok(false);
        }
        let count = |digits: &str| digits.parse::<u32>().ok().filter(|count| *count <= MOST_REPETITIONS);
        let valid = match (count(least), most) {
            (Some(_), None | Some("")) => true,
            (Some(least), Some(most)) => count(most).is_some_and(|most| least <= most),
            (None, _) => false,
        };
        if !valid {
            return Err(format!("invalid repeat count: `{{{inner}}}`"));
        }
        self.out.push('{');
        self.out.push_str(&inner);
        self.out.push('}');
        self.rest = ahead;
        Ok(true)
    }

    /// Flags and names of a group; of flags, those that RE2 has.
    fn group(&mut self) -> Translated {
        self.out.push('(');
        if self.rest.next_if_eq(&'?').is_none() {
            return Ok(());
        }
        self.out.push('?');
        if matches!(self.rest.peek(), Some('P' | '<')) {
            return Ok(());
        }
        for letter in self.rest.by_ref() {
            match letter {
                'i' | 'm' | 's' | 'U' | '-' => self.out.push(letter),
                ':' | ')' => {
                    self.out.push(letter);
                    return Ok(());
                }
                _ => break,
            }
        }
        Err("invalid or unsupported Perl syntax".to_owned())
    }

    /// What follows a backslash outside a class.
    fn escape(&mut self) -> Translated {
        match self.rest.next() {
            Some('d') => self.out.push_str("[0-9]"),
            Some('D') => self.out.push_str("[^0-9]"),
            Some('w') => self.out.push_str("[0-9A-Za-z_]"),
            Some('W') => self.out.push_str("[^0-9A-Za-z_]"),
            Some('s') => self.out.push_str("[\\t\\n\\f\\r ]"),
            Some('S') => self.out.push_str("[^\\t\\n\\f\\r ]"),
            Some('b') => self.out.push_str("(?-u:\\b)"),
            Some(letter @ ('B' | 'A' | 'z')) => {
                self.out.push('\\');
                self.out.push(letter);
            }
            Some('Q') => self.quoted(),
            Some(letter @ ('p' | 'P')) => self.property(letter),
            Some(letter) => {
                let code = self.code(letter)?;
                self.literal(code);
            }
            None => return Err("trailing backslash at end of expression: ``".to_owned()),
        }
        Ok(())
    }

    /// Text up to `\E` or the end, as it is.
    fn quoted(&mut self) {
        while let Some(letter) = self.rest.next() {
            let mut ahead = self.rest.clone();
            if letter == '\\' && ahead.next() == Some('E') {
                self.rest = ahead;
                return;
            }
            self.literal(letter);
        }
    }

    fn property(&mut self, letter: char) {
        self.out.push('\\');
        self.out.push(letter);
        if self.rest.next_if_eq(&'{').is_some() {
            self.out.push('{');
            for letter in self.rest.by_ref() {
                self.out.push(letter);
                if letter == '}' {
                    break;
                }
            }
        } else if let Some(name) = self.rest.next() {
            self.out.push(name);
        }
    }

    /// The character that an escape stands for.
    fn code(&mut self, letter: char) -> Translated<char> {
        let invalid = || format!("invalid escape sequence: `\\{letter}`");
        let code = match letter {
            'a' => 0x07,
            'f' => 0x0c,
            'n' => 0x0a,
            'r' => 0x0d,
            't' => 0x09,
            'v' => 0x0b,
            'x' => self.hexadecimal().ok_or_else(invalid)?,
            '0'..='7' => self.octal(letter).ok_or_else(invalid)?,
            letter if letter.is_ascii() && !letter.is_ascii_alphanumeric() => u32::from(letter),
            _ => return Err(invalid()),
        };
        char::from_u32(code).ok_or_else(invalid)
    }

    fn hexadecimal(&mut self) -> Option<u32> {
        let mut code: u32 = 0;
        if self.rest.next_if_eq(&'{').is_some() {
            let mut digits = 0_u32;
            loop {
                match self.rest.next()? {
                    '}' => return (digits > 0).then_some(code),
                    letter => code = code.checked_mul(16)?.checked_add(letter.to_digit(16)?)?,
                }
                digits = digits.saturating_add(1);
            }
        }
        for _ in 0..2 {
            code = code.checked_mul(16)?.checked_add(self.rest.next()?.to_digit(16)?)?;
        }
        Some(code)
    }

    /// One digit other than zero alone would refer back to a group, which RE2 cannot.
    fn octal(&mut self, first: char) -> Option<u32> {
        if first != '0' && !matches!(self.rest.peek(), Some('0'..='7')) {
            return None;
        }
        let mut code = first.to_digit(8)?;
        for _ in 0..2 {
            let Some(digit) = self.rest.next_if(|letter| ('0'..='7').contains(letter)) else { break };
            code = code.checked_mul(8)?.checked_add(digit.to_digit(8)?)?;
        }
        Some(code)
    }

    fn literal(&mut self, letter: char) {
        self.out.push_str(&regex::escape(letter.encode_utf8(&mut [0; 4])));
    }

    /// A class from after its bracket on.
    fn class(&mut self) -> Translated {
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let letter = self.rest.next().ok_or_else(|| "missing closing ]".to_owned())?;
            match letter {
                ']' if !first => break,
                '[' if self.rest.peek() == Some(&':') && self.named_class() => {}
                _ => {
                    if let Some(low) = self.member(letter)? {
                        self.range(low)?;
                    }
                }
            }
            first = false;
        }
        self.out.push(']');
        Ok(())
    }

    /// `[:alpha:]` and its kin; false where there is no end to it, and the bracket is itself.
    fn named_class(&mut self) -> bool {
        let mut ahead = self.rest.clone();
        let mut name = String::from("[");
        let mut before = ' ';
        for letter in ahead.by_ref() {
            name.push(letter);
            if before == ':' && letter == ']' && name.len() > 3 {
                self.out.push_str(&name);
                self.rest = ahead;
                return true;
            }
            before = letter;
        }
        false
    }

    /// One character of a class; what stands for several is written at once.
    fn member(&mut self, letter: char) -> Translated<Option<char>> {
        if letter != '\\' {
            return Ok(Some(letter));
        }
        match self.rest.next() {
            Some('d') => self.out.push_str("0-9"),
            Some('D') => self.out.push_str("[^0-9]"),
            Some('w') => self.out.push_str("0-9A-Za-z_"),
            Some('W') => self.out.push_str("[^0-9A-Za-z_]"),
            Some('s') => self.out.push_str("\\t\\n\\f\\r "),
            Some('S') => self.out.push_str("[^\\t\\n\\f\\r ]"),
            Some(letter @ ('p' | 'P')) => self.property(letter),
            Some(letter) => return self.code(letter).map(Some),
            None => return Err("missing closing ]".to_owned()),
        }
        Ok(None)
    }

    /// A character of a class with what follows it, where that makes a range.
    fn range(&mut self, low: char) -> Translated {
        let mut ahead = self.rest.clone();
        self.code_point(low);
        if ahead.next() != Some('-') || ahead.peek().is_none_or(|letter| *letter == ']') {
            return Ok(());
        }
        let next = ahead.next().unwrap_or('-');
        self.rest = ahead;
        let high = self.member(next)?.filter(|high| low <= *high);
        let high = high.ok_or_else(|| "invalid character class range".to_owned())?;
        self.out.push('-');
        self.code_point(high);
        Ok(())
    }

    /// A character by its number: nothing that it could mean in a class.
    fn code_point(&mut self, letter: char) {
        // Writing to a string never fails.
        let _ = write!(self.out, "\\x{{{:x}}}", u32::from(letter));
    }
}

#[cfg(test)]
mod tests {
    use super::compile;

    /// A pattern, a text that it must match, and one that it must not.
    const ROWS: &[(&str, &str, &str)] = &[
        (r"^\d+$", "12", "١٢"),
        (r"^\w+$", "a_1", "é"),
        (r"^[\w-]+$", "a-1", "é"),
        (r"\s", "a b", "a\u{a0}b"),
        (r"^[^\d]$", "a", "1"),
        ("{", "{", "x"),
        ("^a{,2}$", "a{,2}", "aa"),
        ("^a{1,2}$", "aa", "aaa"),
        ("^[[]$", "[", "]"),
        ("^[]a]$", "]", "b"),
        ("^[a&&b]$", "&", "c"),
        ("^[a-c-e]$", "-", "d"),
        ("^[[:digit:]a]$", "7", "b"),
        (r"^\Qa.b\E.$", "a.bc", "axbc"),
        (r"^\<a\>$", "<a>", "a"),
        (r"^\101$", "A", "1"),
        (r"^\x{41}\x42$", "AB", "ab"),
        (r"(?i)^ab$", "AB", "ac"),
        (r"^a.c$", "abc", "a\nc"),
        (r"a$", "a", "a\n"),
        (r"^\pL$", "é", "1"),
        (r"\bfoo\b", "a foo b", "afoob"),
    ];

    #[test]
    fn rows() {
        for (pattern, matched, other) in ROWS {
            let compiled = compile(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
            assert!(compiled.is_match(matched), "{pattern} over {matched:?}: {compiled}");
            assert!(!compiled.is_match(other), "{pattern} over {other:?}: {compiled}");
        }
    }

    #[test]
    fn refused() {
        for pattern in [
            "(", "a**", "a{1001}", "a{2,1}", "[b-a]", "[a", r"\1", r"\u0041", r"\e", "(?x)a", "(?=a)", "a\\",
            "*", r"[\b]",
        ] {
            assert!(compile(pattern).is_err(), "{pattern}");
        }
        let error = compile("(a").unwrap_err().to_string();
        assert_eq!(error, "error parsing regexp: unclosed group");
    }
}
