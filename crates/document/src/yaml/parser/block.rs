//! Collections by indentation.

use super::{Parser, State};
use crate::limits::Failure;
use crate::yaml::scanner::Form;

impl Parser<'_, '_> {
    pub(super) fn block_sequence_entry(&mut self, first: bool) -> Result<(), Failure> {
        if first {
            self.scanner.take();
        }
        let token = self.scanner.peek()?;
        match token.form {
            Form::BlockEntry => {
                self.take(&token);
                let next = self.scanner.peek()?;
                self.states.push(State::BlockSequenceEntry { first: false });
                if matches!(next.form, Form::BlockEntry | Form::BlockEnd) {
                    return self.empty(None);
                }
                self.states.push(State::BlockNode);
                Ok(())
            }
            Form::BlockEnd => {
                self.scanner.take();
                self.composer.end(None)
            }
            _ => Err(Failure::syntax(token.span.start as usize, "expected '-' or the end of the sequence")),
        }
    }

    pub(super) fn indentless_sequence_entry(&mut self) -> Result<(), Failure> {
        let token = self.scanner.peek()?;
        if token.form != Form::BlockEntry {
            return self.composer.end(None);
        }
        self.take(&token);
        let next = self.scanner.peek()?;
        self.states.push(State::IndentlessSequenceEntry);
        if matches!(next.form, Form::BlockEntry | Form::Key | Form::Value | Form::BlockEnd) {
            return self.empty(None);
        }
        self.states.push(State::BlockNode);
        Ok(())
    }

    pub(super) fn block_mapping_key(&mut self, first: bool) -> Result<(), Failure> {
        if first {
            self.scanner.take();
        }
        let token = self.scanner.peek()?;
        match token.form {
            Form::Key => {
                self.take(&token);
                let next = self.scanner.peek()?;
                self.states.push(State::BlockMappingValue);
                if matches!(next.form, Form::Key | Form::Value | Form::BlockEnd) {
                    return self.empty(None);
                }
                self.states.push(State::BlockNodeOrIndentless);
                Ok(())
            }
            Form::BlockEnd => {
                self.scanner.take();
                self.composer.end(None)
            }
            _ => Err(Failure::syntax(token.span.start as usize, "expected a key or the end of the mapping")),
        }
    }

    pub(super) fn block_mapping_value(&mut self) -> Result<(), Failure> {
        let token = self.scanner.peek()?;
        self.states.push(State::BlockMappingKey { first: false });
        if token.form == Form::Value {
            self.take(&token);
            let next = self.scanner.peek()?;
            if !matches!(next.form, Form::Key | Form::Value | Form::BlockEnd) {
                self.states.push(State::BlockNodeOrIndentless);
                return Ok(());
            }
        }
        self.empty(None)
    }
}
