//! Bytes in documents: standard base64 with padding (RFC 4648, section 4), read as loosely as Go reads it
//! and written as strictly as Go writes it.
//!
//! `encoding/json` skips line breaks within the text and takes no notice of the last letter's spare bits;
//! what the API server stores has neither.

use std::borrow::Cow;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The text of bytes.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut group = [0_u8; 3];
        for (to, from) in group.iter_mut().zip(chunk) {
            *to = *from;
        }
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for place in 0..4_usize {
            let index = (bits >> (18 - 6 * place) & 63) as usize;
            match ALPHABET.get(index).filter(|_| place <= chunk.len()) {
                Some(letter) => text.push(char::from(*letter)),
                None => text.push('='),
            }
        }
    }
    text
}

/// A text as it is stored; `None` where it is no base64.
pub(crate) fn canonical(text: &str) -> Option<Cow<'_, str>> {
    let text = if text.contains(['\r', '\n']) {
        Cow::Owned(text.replace(['\r', '\n'], ""))
    } else {
        Cow::Borrowed(text)
    };
    let letters = text.trim_end_matches('=');
    let padding = text.len() - letters.len();
    if padding > 2 || !text.len().is_multiple_of(4) || !letters.bytes().all(|byte| value(byte).is_some()) {
        return None;
    }
    // The last letter of a padded group has two or four bits that belong to no byte.
    let spare = [0, 0b11, 0b1111].get(padding).copied().unwrap_or(0);
    let Some(last) = letters.bytes().last().and_then(value).filter(|last| last & spare != 0) else {
        return Some(text);
    };
    let mut cleared = letters.get(..letters.len() - 1)?.to_owned();
    cleared.push(char::from(*ALPHABET.get(last & !spare)?));
    cleared.push_str(text.get(letters.len()..)?);
    Some(Cow::Owned(cleared))
}

fn value(letter: u8) -> Option<usize> {
    let from = |first: u8, offset: usize| Some(usize::from(letter - first) + offset);
    match letter {
        b'A'..=b'Z' => from(b'A', 0),
        b'a'..=b'z' => from(b'a', 26),
        b'0'..=b'9' => from(b'0', 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_as_in_rfc_4648() {
        for (text, wanted) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(encode(text.as_bytes()), wanted);
            assert_eq!(canonical(wanted).as_deref(), Some(wanted));
        }
    }

    #[test]
    fn reads_as_loosely_as_go() {
        for (text, wanted) in [("YW\nI=\r\n", "YWI="), ("YR==", "YQ=="), ("YWJ=", "YWI="), ("\n", "")] {
            assert_eq!(canonical(text).as_deref(), Some(wanted));
        }
        for wrong in ["YWI", "a b=", "Y=I=", "====", "=", "YQ===", "é==="] {
            assert_eq!(canonical(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_letter_has_its_value() {
        for (number, letter) in ALPHABET.iter().enumerate() {
            assert_eq!(value(*letter), Some(number));
        }
    }
}
