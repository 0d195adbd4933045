//! YAML into a tree, as Kubernetes reads it.
//!
//! Kubernetes' tools read YAML through sigs.k8s.io/yaml, and that through go-yaml v2, a translation
//! of libyaml: YAML 1.1 with habits of its own. What an object is worth is what that reader makes of
//! it, so the grammar here is libyaml's too: the [scanner] makes tokens, the [parser] events, and the
//! composer a tree; [scalar] says what a plain word is worth. A parser for YAML 1.2, as the public
//! crates are, reads text differently that people do write:
//!
//! | text | saphyr-parser 0.3.3 | go-yaml v2, and here |
//! |---|---|---|
//! | a closing bracket, or a quoted scalar's next line, in the key's column | refused | fine |
//! | a block scalar at the end of the file, without a line break | `"text\n"` | `"text"` |
//! | `[-]` | refused | `["-"]` |
//! | `[a?b]`, `"\/"`, `[!a]`, a line that is a tab | read | refused |
//! | `&a: 1` | an anchor `a:` | an anchor `a` before `: 1` |
//! | NEL, LS and PS | characters | line breaks |
//!
//! Of 20,000 generated manifests it refused 1,005 that Kubernetes reads, and misread 131.
//!
//! Known differences from go-yaml v2, all on purpose:
//!
//! - Text after the end of a document's value (`''a''`) is ignored there; here too, but the tree says
//!   so ([`Tree::ignored`]).
//! - A byte order mark is skipped where the file begins, and is text elsewhere.
//! - `.inf`, `.nan` and null as a key are refused even where a later duplicate would hide them.
//! - Text that begins with a bracket is tried as JSON first, which allows `"\/"` and surrogate pairs.
//! - Limits are those of [`Limits`], not 10,000 levels and a ratio of aliases.
//! - A document that is empty but for comments is none, even after `---`.

mod compose;
mod parser;
mod scalar;
mod scanner;

use crate::limits::{Failure, Limits, Problem};
use crate::tree::{Span, Tree};

/// Reads the one document of the tree's extent; `None` where it holds no value.
pub(crate) fn parse(tree: Tree, limits: &Limits) -> Result<Option<Tree>, Failure> {
    let source = tree.source().clone();
    let mut part = tree.extent();
    check_characters(part.of(&source), part.start as usize)?;
    if part.start == 0 && part.of(&source).starts_with('\u{FEFF}') {
        part.start += 3;
    }
    let scanner = scanner::Scanner::new(&source, part);
    let composer = compose::Composer::new(&source, tree, limits);
    let Some(parsed) = parser::Parser::new(&source, scanner, composer).run()? else {
        return Ok(None);
    };
    let mut tree = parsed.composer.finish();
    if let (Some(tree), Some(start)) = (&mut tree, parsed.rest) {
        tree.set_ignored(Some(Span { start, end: part.end }));
    }
    Ok(tree)
}

/// YAML allows the printable characters, tab, LF, CR and NEL.
fn check_characters(text: &str, start: usize) -> Result<(), Failure> {
    let control = |byte: &u8| (*byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')) || *byte == 0x7F;
    let bytes = text.as_bytes();
    if bytes.is_ascii() && !bytes.iter().fold(false, |found, byte| found | control(byte)) {
        return Ok(());
    }
    let refused = |character: &char| {
        matches!(character, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{7F}'..='\u{84}')
            || matches!(character, '\u{86}'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}')
    };
    match text.char_indices().find(|(_, character)| refused(character)) {
        Some((at, character)) => Err(Failure::new(Problem::Control(character), start + at)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
