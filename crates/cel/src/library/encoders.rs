//! Bytes as Base64 text (RFC 4648, section 4) and back.

use std::sync::Arc;

use super::{Args, Failure, Function, Host, Library};
use crate::error::EvalError;
use crate::value::Value;

pub(crate) static LIBRARY: Library = Library {
    name: "encoders",
    kubernetes: &[],
    kubernetes_only: false,
    functions: &[
        Function::global("base64.encode", 1, encode).overloads(&["(bytes) -> string"]),
        Function::global("base64.decode", 1, decode).overloads(&["(string) -> bytes"]),
    ],
    types: &[],
    macros: &[],
};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn encode<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    let Value::Bytes(bytes) = arguments.value(0) else {
        return Err(Failure::Types);
    };
    host.grow_text(bytes.len().saturating_mul(2))?;
    let mut text = String::with_capacity(bytes.len().div_ceil(3).saturating_mul(4));
    for group in bytes.chunks(3) {
        let part = |place: usize| u32::from(group.get(place).copied().unwrap_or(0));
        let bits = part(0) << 16 | part(1) << 8 | part(2);
        for place in 0..4_usize {
            let shift = [18, 12, 6, 0].get(place).copied().unwrap_or(0);
            let digit = ALPHABET.get((bits >> shift & 63) as usize).copied().unwrap_or(b'=');
            text.push(if place > group.len() { '=' } else { char::from(digit) });
        }
    }
    Ok(Value::text(text))
}

fn decode<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Result<Value<'a>, Failure> {
    let text = arguments.text(0)?;
    host.grow_text(text.len())?;
    let bytes = decoded(text).map_err(|place| {
        Failure::Error(EvalError::invalid(format!("illegal base64 data at input byte {place}")))
    })?;
    Ok(Value::Bytes(Arc::from(bytes)))
}

/// Decodes with or without padding; line ends are skipped, as the API server does. Gives the place of the
/// first wrong letter.
fn decoded(text: &str) -> Result<Vec<u8>, usize> {
    let letters = text.bytes().enumerate().filter(|(_, letter)| !matches!(letter, b'\r' | b'\n'));
    let mut digits = Vec::with_capacity(text.len());
    let mut padding = 0_usize;
    for (place, letter) in letters {
        match ALPHABET.iter().position(|known| *known == letter) {
            Some(digit) if padding == 0 => digits.push(u32::try_from(digit).unwrap_or(0)),
            None if letter == b'=' => padding = padding.saturating_add(1),
            _ => return Err(place),
        }
    }
    let left = digits.len() % 4;
    if left == 1 || padding > 0 && left.saturating_add(padding) != 4 {
        return Err(text.len());
    }
    let mut bytes = Vec::with_capacity(digits.len());
    for group in digits.chunks(4) {
        let bits = (0..4).fold(0, |bits, place| bits << 6 | group.get(place).copied().unwrap_or(0));
        let [_, first, second, third] = bits.to_be_bytes();
        bytes.extend([first, second, third].into_iter().take(group.len().saturating_sub(1)));
    }
    Ok(bytes)
}
