//! Tokens.

use crate::tree::Span;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::yaml) enum Form {
    StreamEnd,
    /// `%YAML` with its version.
    Version {
        major: u8,
        minor: u8,
    },
    /// `%TAG`; its handle and prefix are the scanner's next tag.
    TagDirective,
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias,
    Anchor,
    /// Its handle and suffix are the scanner's next tag.
    Tag,
    Scalar {
        plain: bool,
        own: bool,
    },
}

/// A token, where it stands, and its text: that of a scalar, or a name without its `&` or `*`.
#[derive(Debug, Clone, Copy)]
pub(in crate::yaml) struct Token {
    pub(in crate::yaml) form: Form,
    pub(in crate::yaml) span: Span,
    /// In the source, or in the scanner's text where the scalar has its own.
    pub(in crate::yaml) text: Span,
}

impl Token {
    pub(super) fn new(form: Form, start: u32, end: u32) -> Self {
        Self { form, span: Span { start, end }, text: Span::default() }
    }
}
