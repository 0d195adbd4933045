//! Tokens into events: the grammar of libyaml's `parser.c`, as a machine with a stack of states.
//!
//! ```text
//! document      ::= directive* '---'? node?
//! block node    ::= alias | properties? (block collection | flow node | indentless sequence)
//! block mapping ::= start ((Key node?)? (Value node?)?)* end
//! flow sequence ::= '[' (node | Key node? (Value node?)?) % ',' ']'
//! flow mapping  ::= '{' (node | Key node? (Value node?)?) % ',' '}'
//! ```

mod block;
mod flow;

use super::compose::{Composer, Properties, Text};
use super::scanner::{Form, Scanner, Tag, Token};
use crate::limits::{Failure, Problem};
use crate::tree::Span;

/// What the machine does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    BlockNode,
    BlockNodeOrIndentless,
    FlowNode,
    BlockSequenceEntry { first: bool },
    IndentlessSequenceEntry,
    BlockMappingKey { first: bool },
    BlockMappingValue,
    FlowSequenceEntry { first: bool },
    FlowSequencePairKey,
    FlowSequencePairValue,
    FlowSequencePairEnd,
    FlowMappingKey { first: bool },
    FlowMappingValue { empty: bool },
}

/// Feeds one document to a composer.
pub(super) struct Parser<'s, 'l> {
    source: &'s str,
    scanner: Scanner<'s>,
    composer: Composer<'s, 'l>,
    states: Vec<State>,
    handles: Vec<Tag>,
    /// Where the last token with text ended: an empty scalar stands there.
    last_end: u32,
}

/// A document that was read.
pub(super) struct Parsed<'s, 'l> {
    pub(super) composer: Composer<'s, 'l>,
    /// Where text begins that follows the document's value and is no part of it.
    pub(super) rest: Option<u32>,
}

impl<'s, 'l> Parser<'s, 'l> {
    pub(super) fn new(source: &'s str, scanner: Scanner<'s>, composer: Composer<'s, 'l>) -> Self {
        Self { source, scanner, composer, states: Vec::new(), handles: Vec::new(), last_end: 0 }
    }

    /// Reads the document; `None` where there is no value.
    pub(super) fn run(mut self) -> Result<Option<Parsed<'s, 'l>>, Failure> {
        if !self.document_start()? {
            return Ok(None);
        }
        self.states.push(State::BlockNode);
        while let Some(state) = self.states.pop() {
            self.step(state)?;
        }
        let token = self.scanner.peek()?;
        let rest = (token.form != Form::StreamEnd).then_some(token.span.start);
        Ok(Some(Parsed { composer: self.composer, rest }))
    }

    /// Directives and the `---`; whether a value follows.
    fn document_start(&mut self) -> Result<bool, Failure> {
        let mut version = false;
        let mut token = self.scanner.peek()?;
        let mut explicit = false;
        loop {
            let wrong = |message| Err(Failure::syntax(token.span.start as usize, message));
            match token.form {
                Form::Version { major: 1, minor: 1 } if !version => version = true,
                Form::Version { .. } if version => return wrong("a second %YAML directive"),
                Form::Version { .. } => return wrong("Kubernetes reads YAML 1.1 alone"),
                Form::TagDirective => {
                    let tag = self.scanner.take_tag();
                    if self.handles.iter().any(|other| other.handle == tag.handle) {
                        return wrong("a second %TAG directive for this handle");
                    }
                    self.handles.push(tag);
                }
                _ => break,
            }
            explicit = true;
            self.scanner.take();
            token = self.scanner.peek()?;
        }
        for (handle, suffix) in [("!", "!"), ("!!", "tag:yaml.org,2002:")] {
            if !self.handles.iter().any(|tag| tag.handle == handle) {
                self.handles.push(Tag { handle: handle.to_owned(), suffix: suffix.to_owned() });
            }
        }
        if token.form == Form::DocumentStart {
            self.take(&token);
            token = self.scanner.peek()?;
        } else if explicit {
            return Err(Failure::syntax(token.span.start as usize, "expected '---' after directives"));
        }
        Ok(!matches!(
            token.form,
            Form::StreamEnd
                | Form::DocumentEnd
                | Form::DocumentStart
                | Form::Version { .. }
                | Form::TagDirective
        ))
    }

    fn step(&mut self, state: State) -> Result<(), Failure> {
        match state {
            State::BlockNode => self.node(true, false),
            State::BlockNodeOrIndentless => self.node(true, true),
            State::FlowNode => self.node(false, false),
            State::BlockSequenceEntry { first } => self.block_sequence_entry(first),
            State::IndentlessSequenceEntry => self.indentless_sequence_entry(),
            State::BlockMappingKey { first } => self.block_mapping_key(first),
            State::BlockMappingValue => self.block_mapping_value(),
            State::FlowSequenceEntry { first } => self.flow_sequence_entry(first),
            State::FlowSequencePairKey => self.flow_sequence_pair_key(),
            State::FlowSequencePairValue => self.flow_sequence_pair_value(),
            State::FlowSequencePairEnd => {
                self.composer.end(None)?;
                self.states.push(State::FlowSequenceEntry { first: false });
                Ok(())
            }
            State::FlowMappingKey { first } => self.flow_mapping_key(first),
            State::FlowMappingValue { empty } => self.flow_mapping_value(empty),
        }
    }

    /// Takes a token that stands in the text.
    fn take(&mut self, token: &Token) {
        self.last_end = token.span.end;
        self.scanner.take();
    }

    fn node(&mut self, block: bool, indentless: bool) -> Result<(), Failure> {
        let mut token = self.scanner.peek()?;
        if token.form == Form::Alias {
            self.composer.alias(token.text.of(self.source), token.span)?;
            self.take(&token);
            return Ok(());
        }
        let start = token.span.start as usize;
        let mut properties: Properties = None;
        loop {
            match token.form {
                Form::Anchor if properties.as_ref().is_none_or(|found| found.anchor.is_none()) => {
                    let anchor = token.text.of(self.source).to_owned();
                    properties.get_or_insert_default().anchor = Some(anchor);
                }
                Form::Tag if properties.as_ref().is_none_or(|found| found.tag.is_none()) => {
                    properties.get_or_insert_default().tag = Some(self.resolve_tag(&token)?);
                }
                _ => break,
            }
            self.take(&token);
            token = self.scanner.peek()?;
        }
        match token.form {
            Form::Scalar { plain, own } => {
                let text =
                    if own { Text::Own(self.scanner.own_text(&token)) } else { Text::Slice(token.text) };
                self.composer.scalar(&text, plain, properties, token.span)?;
                self.take(&token);
                Ok(())
            }
            Form::BlockEntry if indentless => {
                self.composer.begin_sequence(properties, token.span.start)?;
                self.states.push(State::IndentlessSequenceEntry);
                Ok(())
            }
            Form::FlowSequenceStart => {
                self.composer.begin_sequence(properties, token.span.start)?;
                self.take(&token);
                self.states.push(State::FlowSequenceEntry { first: true });
                Ok(())
            }
            Form::FlowMappingStart => {
                self.composer.begin_mapping(properties, token.span.start)?;
                self.take(&token);
                self.states.push(State::FlowMappingKey { first: true });
                Ok(())
            }
            Form::BlockSequenceStart if block => {
                self.composer.begin_sequence(properties, token.span.start)?;
                self.states.push(State::BlockSequenceEntry { first: true });
                Ok(())
            }
            Form::BlockMappingStart if block => {
                self.composer.begin_mapping(properties, token.span.start)?;
                self.states.push(State::BlockMappingKey { first: true });
                Ok(())
            }
            _ if properties.is_some() => self.empty(properties),
            Form::Alias => Err(Failure::syntax(start, "an alias cannot have an anchor or a tag")),
            _ => Err(Failure::syntax(token.span.start as usize, "expected a value")),
        }
    }

    fn empty(&mut self, properties: Properties) -> Result<(), Failure> {
        let span = Span { start: self.last_end, end: self.last_end };
        self.composer.scalar(&Text::Own(""), true, properties, span)
    }

    /// A tag in its full form.
    fn resolve_tag(&mut self, token: &Token) -> Result<String, Failure> {
        let Tag { handle, suffix } = self.scanner.take_tag();
        if handle.is_empty() {
            return Ok(suffix);
        }
        let Some(prefix) = self.handles.iter().find(|tag| tag.handle == handle) else {
            let problem = Problem::Syntax(format!("no %TAG directive for the tag handle '{handle}'").into());
            return Err(Failure::new(problem, token.span.start as usize));
        };
        Ok(format!("{}{suffix}", prefix.suffix))
    }
}
