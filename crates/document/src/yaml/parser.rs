//! Tokens into events: the grammar of libyaml's `parser.c`, as a machine with a stack of states.
//!
//! ```text
//! document      ::= directive* '---'? node?
//! block node    ::= alias | properties? (block collection | flow node | indentless sequence)
//! block mapping ::= start ((Key node?)? (Value node?)?)* end
//! flow sequence ::= '[' (node | Key node? (Value node?)?) % ',' ']'
//! flow mapping  ::= '{' (node | Key node? (Value node?)?) % ',' '}'
//! ```

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
    composer: Composer<'l>,
    states: Vec<State>,
    handles: Vec<Tag>,
    /// Where the last token with text ended: an empty scalar stands there.
    last_end: u32,
}

/// A document that was read.
pub(super) struct Parsed<'l> {
    pub(super) composer: Composer<'l>,
    /// Where text begins that follows the document's value and is no part of it.
    pub(super) rest: Option<u32>,
}

impl<'s, 'l> Parser<'s, 'l> {
    pub(super) fn new(source: &'s str, scanner: Scanner<'s>, composer: Composer<'l>) -> Self {
        Self {
            source,
            scanner,
            composer,
            states: Vec::new(),
            handles: Vec::new(),
            last_end: 0,
        }
    }

    /// Reads the document; `None` where there is no value.
    pub(super) fn run(mut self) -> Result<Option<Parsed<'l>>, Failure> {
        if !self.document_start()? {
            return Ok(None);
        }
        self.states.push(State::BlockNode);
        while let Some(state) = self.states.pop() {
            self.step(state)?;
        }
        let token = self.scanner.peek()?;
        let rest = (token.form != Form::StreamEnd).then_some(token.span.start);
        Ok(Some(Parsed {
            composer: self.composer,
            rest,
        }))
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
                Form::TagDirective { index } => {
                    let tag = self.tag_text(index);
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
                self.handles.push(Tag {
                    handle: handle.to_owned(),
                    suffix: suffix.to_owned(),
                });
            }
        }
        if token.form == Form::DocumentStart {
            self.take(&token);
            token = self.scanner.peek()?;
        } else if explicit {
            return Err(Failure::syntax(
                token.span.start as usize,
                "expected '---' after directives",
            ));
        }
        Ok(!matches!(
            token.form,
            Form::StreamEnd
                | Form::DocumentEnd
                | Form::DocumentStart
                | Form::Version { .. }
                | Form::TagDirective { .. }
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
        let mut properties = Properties::default();
        loop {
            match token.form {
                Form::Anchor if properties.anchor.is_none() => {
                    properties.anchor = Some(token.text.of(self.source).to_owned());
                }
                Form::Tag { index } if properties.tag.is_none() => {
                    properties.tag = Some(self.resolve_tag(index, &token)?);
                }
                _ => break,
            }
            self.take(&token);
            token = self.scanner.peek()?;
        }
        match token.form {
            Form::Scalar { plain, own } => {
                let text = if own {
                    Text::Own(self.scanner.own_text(&token))
                } else {
                    Text::Slice(token.text)
                };
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
            _ if properties.anchor.is_some() || properties.tag.is_some() => self.empty(properties),
            Form::Alias => Err(Failure::syntax(start, "an alias cannot have an anchor or a tag")),
            _ => Err(Failure::syntax(token.span.start as usize, "expected a value")),
        }
    }

    fn empty(&mut self, properties: Properties) -> Result<(), Failure> {
        let span = Span {
            start: self.last_end,
            end: self.last_end,
        };
        self.composer.scalar(&Text::Own(""), true, properties, span)
    }

    fn block_sequence_entry(&mut self, first: bool) -> Result<(), Failure> {
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
                    return self.empty(Properties::default());
                }
                self.states.push(State::BlockNode);
                Ok(())
            }
            Form::BlockEnd => {
                self.scanner.take();
                self.composer.end(None)
            }
            _ => Err(Failure::syntax(
                token.span.start as usize,
                "expected '-' or the end of the sequence",
            )),
        }
    }

    fn indentless_sequence_entry(&mut self) -> Result<(), Failure> {
        let token = self.scanner.peek()?;
        if token.form != Form::BlockEntry {
            return self.composer.end(None);
        }
        self.take(&token);
        let next = self.scanner.peek()?;
        self.states.push(State::IndentlessSequenceEntry);
        if matches!(
            next.form,
            Form::BlockEntry | Form::Key | Form::Value | Form::BlockEnd
        ) {
            return self.empty(Properties::default());
        }
        self.states.push(State::BlockNode);
        Ok(())
    }

    fn block_mapping_key(&mut self, first: bool) -> Result<(), Failure> {
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
                    return self.empty(Properties::default());
                }
                self.states.push(State::BlockNodeOrIndentless);
                Ok(())
            }
            Form::BlockEnd => {
                self.scanner.take();
                self.composer.end(None)
            }
            _ => Err(Failure::syntax(
                token.span.start as usize,
                "expected a key or the end of the mapping",
            )),
        }
    }

    fn block_mapping_value(&mut self) -> Result<(), Failure> {
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
        self.empty(Properties::default())
    }

    fn flow_sequence_entry(&mut self, first: bool) -> Result<(), Failure> {
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
                self.composer
                    .begin_mapping(Properties::default(), token.span.start)?;
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

    fn flow_sequence_pair_key(&mut self) -> Result<(), Failure> {
        let token = self.scanner.peek()?;
        self.states.push(State::FlowSequencePairValue);
        if matches!(token.form, Form::Value | Form::FlowEntry | Form::FlowSequenceEnd) {
            return self.empty(Properties::default());
        }
        self.states.push(State::FlowNode);
        Ok(())
    }

    fn flow_sequence_pair_value(&mut self) -> Result<(), Failure> {
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
        self.empty(Properties::default())
    }

    fn flow_mapping_key(&mut self, first: bool) -> Result<(), Failure> {
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
                    return self.empty(Properties::default());
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

    fn flow_mapping_value(&mut self, empty: bool) -> Result<(), Failure> {
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
        self.empty(Properties::default())
    }

    fn tag_text(&self, index: u32) -> Tag {
        let tag = self.scanner.tags.get(index as usize).cloned();
        tag.unwrap_or(Tag {
            handle: String::new(),
            suffix: String::new(),
        })
    }

    /// A tag in its full form.
    fn resolve_tag(&self, index: u32, token: &Token) -> Result<String, Failure> {
        let Tag { handle, suffix } = self.tag_text(index);
        if handle.is_empty() {
            return Ok(suffix);
        }
        let Some(prefix) = self.handles.iter().find(|tag| tag.handle == handle) else {
            let problem = Problem::Syntax(format!("no %TAG directive for the tag handle '{handle}'").into());
            return Err(Failure {
                problem,
                offset: token.span.start as usize,
            });
        };
        Ok(format!("{}{suffix}", prefix.suffix))
    }
}
