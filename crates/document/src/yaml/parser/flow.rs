//! Collections in brackets.

use super::{Parser, State};
use crate::limits::Failure;
use crate::yaml::scanner::Form;

impl Parser<'_, '_> {
    pub(super) fn flow_sequence_entry(&mut self, first: bool) -> Result<(), Failure> {
        let mut token = self.scanner.peek()?;
        if !first && token.form == Form::FlowEntry {
            self.take(&token);
            token = self.scanner.peek()?;
        } else if !first && token.form != Form::FlowSequenceEnd {
            return Err(Failure::syntax(token.span.start as usize, "expected ',' or ']'"));
        }
        match token.form {
            Form::FlowSequenceEnd => {
                self.take(&token);
                self.composer.end(Some(token.span.end))
            }
            Form::Key => {
                self.composer.begin_mapping(None, token.span.start)?;
                self.take(&token);
                self.states.push(State::FlowSequencePairKey);
                Ok(())
            }
            _ => {
                self.states.push(State::FlowSequenceEntry { first: false });
                self.states.push(State::FlowNode);
                Ok(())
            }
        }
    }

    pub(super) fn flow_sequence_pair_key(&mut self) -> Result<(), Failure> {
        let token = self.scanner.peek()?;
        self.states.push(State::FlowSequencePairValue);
        if matches!(token.form, Form::Value | Form::FlowEntry | Form::FlowSequenceEnd) {
            return self.empty(None);
        }
        self.states.push(State::FlowNode);
        Ok(())
    }

    pub(super) fn flow_sequence_pair_value(&mut self) -> Result<(), Failure> {
        let token = self.scanner.peek()?;
        self.states.push(State::FlowSequencePairEnd);
        if token.form == Form::Value {
            self.take(&token);
            let next = self.scanner.peek()?;
            if !matches!(next.form, Form::FlowEntry | Form::FlowSequenceEnd) {
                self.states.push(State::FlowNode);
                return Ok(());
            }
        }
        self.empty(None)
    }

    pub(super) fn flow_mapping_key(&mut self, first: bool) -> Result<(), Failure> {
        let mut token = self.scanner.peek()?;
        if !first && token.form == Form::FlowEntry {
            self.take(&token);
            token = self.scanner.peek()?;
        } else if !first && token.form != Form::FlowMappingEnd {
            return Err(Failure::syntax(token.span.start as usize, "expected ',' or '}'"));
        }
        match token.form {
            Form::FlowMappingEnd => {
                self.take(&token);
                self.composer.end(Some(token.span.end))
            }
            Form::Key => {
                self.take(&token);
                let next = self.scanner.peek()?;
                self.states.push(State::FlowMappingValue { empty: false });
                if matches!(next.form, Form::Value | Form::FlowEntry | Form::FlowMappingEnd) {
                    return self.empty(None);
                }
                self.states.push(State::FlowNode);
                Ok(())
            }
            _ => {
                self.states.push(State::FlowMappingValue { empty: true });
                self.states.push(State::FlowNode);
                Ok(())
            }
        }
    }

    pub(super) fn flow_mapping_value(&mut self, empty: bool) -> Result<(), Failure> {
        let token = self.scanner.peek()?;
        self.states.push(State::FlowMappingKey { first: false });
        if !empty && token.form == Form::Value {
            self.take(&token);
            let next = self.scanner.peek()?;
            if !matches!(next.form, Form::FlowEntry | Form::FlowMappingEnd) {
                self.states.push(State::FlowNode);
                return Ok(());
            }
        }
        self.empty(None)
    }
}
