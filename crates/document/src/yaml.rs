//! YAML into a tree.

mod compose;
mod scalar;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use crate::limits::{Failure, Limits, Problem};
use crate::tree::{Span, Tree};
use compose::{Composer, Properties, Text};

/// Reads the one document of the tree's extent; `None` where it holds no value.
pub(crate) fn parse(tree: Tree, limits: &Limits) -> Result<Option<Tree>, Failure> {
    let source = tree.source().clone();
    let extent = tree.extent();
    let text = extent.of(&source);
    let text_start = extent.start as usize + (text.len() - text.trim_start_matches('\u{FEFF}').len());
    let text = text.trim_start_matches('\u{FEFF}');
    let offsets = Offsets::new(text, text_start);
    let mut composer = Composer::new(tree, limits);
    let mut depth = 0usize;
    let mut flow = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| Failure {
            problem: Problem::Syntax(error.info().to_owned().into()),
            offset: offsets.byte(error.marker().index()) as usize,
        })?;
        let span = Span {
            start: offsets.byte(span.start.index()),
            end: offsets.byte(span.end.index()),
        };
        match event {
            Event::Scalar(content, style, anchor, tag) => {
                let span = if content.is_empty() && style == ScalarStyle::Plain {
                    let at = composer.last_end();
                    Span { start: at, end: at }
                } else {
                    span
                };
                let inner = match style {
                    ScalarStyle::Plain => span,
                    _ => Span {
                        start: span.start + 1,
                        end: span.end.saturating_sub(1),
                    },
                };
                let scalar = if inner.of(&source) == content {
                    Text::Slice(inner)
                } else {
                    Text::Own(&content)
                };
                composer.scalar(
                    &scalar,
                    style == ScalarStyle::Plain,
                    properties(anchor, tag.as_deref()),
                    span,
                )?;
            }
            Event::Alias(anchor) => composer.alias(&anchor.to_string(), span)?,
            Event::SequenceStart(anchor, tag) => {
                depth += 1;
                flow.push(source.as_bytes().get(span.start as usize) == Some(&b'['));
                composer.begin_sequence(properties(anchor, tag.as_deref()), span.start)?;
            }
            Event::MappingStart(anchor, tag) => {
                depth += 1;
                flow.push(source.as_bytes().get(span.start as usize) == Some(&b'{'));
                composer.begin_mapping(properties(anchor, tag.as_deref()), span.start)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                depth -= 1;
                let end = flow.pop().unwrap_or(false).then_some(span.end);
                composer.end(end)?;
            }
            Event::DocumentEnd if depth == 0 => break,
            _ => (),
        }
    }
    Ok(composer.finish())
}

fn properties(anchor: usize, tag: Option<&Tag>) -> Properties {
    Properties {
        anchor: (anchor > 0).then(|| anchor.to_string()),
        tag: tag.map(|tag| format!("{}{}", tag.handle, tag.suffix)),
    }
}

/// Characters, which the parser counts, as bytes from the start of the file.
struct Offsets {
    base: usize,
    ascii: bool,
    bytes: Vec<u32>,
}

impl Offsets {
    fn new(text: &str, base: usize) -> Self {
        let ascii = text.is_ascii();
        let bytes = if ascii {
            Vec::new()
        } else {
            text.char_indices()
                .map(|(at, _)| at)
                .chain([text.len()])
                .map(|at| u32::try_from(at + base).unwrap_or(u32::MAX))
                .collect()
        };
        Self { base, ascii, bytes }
    }

    fn byte(&self, character: usize) -> u32 {
        if self.ascii {
            return u32::try_from(self.base + character).unwrap_or(u32::MAX);
        }
        self.bytes
            .get(character)
            .or(self.bytes.last())
            .copied()
            .unwrap_or(0)
    }
}
