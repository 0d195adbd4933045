//! Bytes into text.
//!
//! Manifests are UTF-8; go-yaml also takes UTF-16 with a byte order mark, which some Windows tools
//! write. A byte that fits neither costs the document it stands in, not the file: it is replaced, and
//! its place is kept for the reader.

use std::sync::Arc;

/// Text, with the places where bytes were replaced.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub(crate) text: Arc<str>,
    /// Offsets in the text, rising.
    pub(crate) damage: Arc<[u32]>,
}

pub(crate) fn decode(bytes: &[u8]) -> Text {
    let (text, damage) = match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => {
                return Text { text: text.into(), damage: Arc::default() };
            }
            Err(_) => utf8(bytes),
        },
    };
    Text { text: text.into(), damage: damage.into() }
}

fn utf8(bytes: &[u8]) -> (String, Vec<u32>) {
    let mut text = String::with_capacity(bytes.len());
    let mut damage = Vec::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            replace(&mut text, &mut damage);
        }
    }
    (text, damage)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> (String, Vec<u32>) {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len());
    let mut damage = Vec::new();
    for character in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match character {
            Ok(character) => text.push(character),
            Err(_) => replace(&mut text, &mut damage),
        }
    }
    if !rest.is_empty() {
        replace(&mut text, &mut damage);
    }
    (text, damage)
}

fn replace(text: &mut String, damage: &mut Vec<u32>) {
    damage.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
    text.push(char::REPLACEMENT_CHARACTER);
}
