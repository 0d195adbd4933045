//! Keys without a `?`: tokens that become keys if a `:` follows on their line.

use super::Scanner;
use crate::limits::Failure;

/// A token that becomes a key if a `:` follows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PossibleKey {
    pub(super) possible: bool,
    /// It stands where only a key can.
    pub(super) required: bool,
    /// The token does not wait for the `:`.
    pub(super) unheld: bool,
    /// The token's number, counted from the start.
    pub(super) token: usize,
    pub(super) start: u32,
    pub(super) character: usize,
    pub(super) column: i32,
    pub(super) line: u32,
}

impl Scanner<'_> {
    pub(super) fn front_may_be_key(&mut self) -> Result<bool, Failure> {
        while let Some(key) = self.keys.get(self.lowest_key) {
            if !key.possible || key.unheld {
                self.lowest_key += 1;
            } else if key.token != self.taken {
                return Ok(false);
            } else if self.still_possible(self.lowest_key)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn still_possible(&mut self, level: usize) -> Result<bool, Failure> {
        let (line, character) = (self.line, self.character());
        let Some(key) = self.keys.get_mut(level) else {
            return Ok(false);
        };
        if key.possible && (key.line < line || key.character + 1024 < character) {
            if key.required {
                return Err(no_colon(key));
            }
            key.possible = false;
        }
        Ok(key.possible)
    }

    /// Notes that the token that comes next may be a key.
    pub(super) fn save_key(&mut self) -> Result<(), Failure> {
        if !self.key_allowed {
            return Ok(());
        }
        self.forget_key()?;
        let level = self.keys.len().saturating_sub(1);
        let key = PossibleKey {
            possible: true,
            unheld: false,
            required: !self.in_flow() && self.indent == self.column(),
            token: self.taken + self.tokens.len(),
            start: self.offset(),
            character: self.character(),
            column: self.column(),
            line: self.line,
        };
        if let Some(place) = self.keys.get_mut(level) {
            *place = key;
        }
        self.lowest_key = self.lowest_key.min(level);
        Ok(())
    }

    /// The possible key of the innermost level turns out to be none.
    pub(super) fn forget_key(&mut self) -> Result<(), Failure> {
        match self.keys.last_mut() {
            Some(key) if key.possible && key.required => Err(no_colon(key)),
            Some(key) => {
                key.possible = false;
                Ok(())
            }
            None => Ok(()),
        }
    }

    pub(super) fn drop_key(&mut self, level: usize) {
        if let Some(key) = self.keys.get_mut(level) {
            key.possible = false;
        }
    }
}

fn no_colon(key: &PossibleKey) -> Failure {
    Failure::syntax(key.start as usize, "expected ':' after a key")
}
