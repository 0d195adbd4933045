//! The strings extension: searching, cutting and joining text by characters.
//!
//! Places are counted in characters (code points), never in bytes.

mod format;

pub(crate) use format::{Dialect, format_verbs};

use super::{Args, Failure, Function, Host, Library, cost};
use crate::error::EvalError;
use crate::value::{Text, Value};

type Answer<'a> = Result<Value<'a>, Failure>;

/// The version from which on a place beyond the end is an error for `indexOf` and `lastIndexOf`; before, it
/// was answered by -1.
const STRICT: u32 = 5;

pub(crate) static LIBRARY: Library = Library {
    name: "strings",
    kubernetes: &[(0, 0), (29, 2)],
    kubernetes_only: false,
    functions: &[
        Function::method("charAt", 1, char_at).overloads(&["string.(int) -> string"]).text(),
        Function::method("indexOf", 1, index_of)
            .overloads(&["string.(string) -> int"])
            .costs(cost::first_rounded_down),
        Function::method("indexOf", 2, index_of_from)
            .overloads(&["string.(string, int) -> int"])
            .costs(cost::first_rounded_down)
            .until(STRICT),
        Function::method("indexOf", 2, index_of_within)
            .overloads(&["string.(string, int) -> int"])
            .costs(cost::first_rounded_down)
            .since(STRICT),
        Function::method("lastIndexOf", 1, last_index_of)
            .overloads(&["string.(string) -> int"])
            .costs(cost::first_rounded_down),
        Function::method("lastIndexOf", 2, last_index_of_from)
            .overloads(&["string.(string, int) -> int"])
            .costs(cost::first_rounded_down)
            .until(STRICT),
        Function::method("lastIndexOf", 2, last_index_of_within)
            .overloads(&["string.(string, int) -> int"])
            .costs(cost::first_rounded_down)
            .since(STRICT),
        Function::method("join", 0, join)
            .overloads(&["list(string).() -> string", "list(string).(string) -> string"])
            .optionally(1)
            .costs(cost::result_twice)
            .text(),
        Function::method("lowerAscii", 0, lower_ascii)
            .overloads(&["string.() -> string"])
            .costs(cost::first)
            .text(),
        Function::method("upperAscii", 0, upper_ascii)
            .overloads(&["string.() -> string"])
            .costs(cost::first)
            .text(),
        Function::method("replace", 2, replace)
            .overloads(&["string.(string, string) -> string", "string.(string, string, int) -> string"])
            .optionally(1)
            .costs(cost::first_twice)
            .text(),
        Function::method("split", 1, split)
            .overloads(&["string.(string) -> list(string)", "string.(string, int) -> list(string)"])
            .optionally(1)
            .costs(cost::first_twice),
        Function::method("substring", 1, substring)
            .overloads(&["string.(int) -> string", "string.(int, int) -> string"])
            .optionally(1)
            .costs(cost::first)
            .text(),
        Function::method("trim", 0, trim)
            .overloads(&["string.() -> string"])
            .costs(cost::first)
            .text(),
        Function::method("format", 1, format::english)
            .overloads(&["string.(list(dyn)) -> string"])
            .since(1)
            .until(4)
            .costs(cost::first)
            .text(),
        Function::method("format", 1, format::neutral)
            .overloads(&["string.(list(dyn)) -> string"])
            .since(4)
            .costs(cost::first)
            .text(),
        Function::global("strings.quote", 1, quote)
            .overloads(&["(string) -> string"])
            .since(1)
            .costs(cost::first)
            .text(),
        Function::method("reverse", 0, reverse)
            .overloads(&["string.() -> string"])
            .since(3)
            .text(),
    ],
    types: &[],
    macros: &[],
};

fn out_of_range(place: i64) -> Failure {
    Failure::Error(EvalError::invalid(format!("index out of range: {place}")))
}

/// The byte at which a character starts; one beyond the last is the end.
fn byte_of(text: &str, place: i64) -> Option<usize> {
    let place = usize::try_from(place).ok()?;
    let starts = text.char_indices().map(|(start, _)| start).chain([text.len()]);
    starts.into_iter().nth(place)
}

fn place_of(text: &str, byte: usize) -> i64 {
    let before = text.get(..byte).map_or(0, |before| before.chars().count());
    i64::try_from(before).unwrap_or(i64::MAX)
}

fn length(text: &str) -> i64 {
    place_of(text, text.len())
}

fn char_at<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let (text, place) = (arguments.text(0)?, arguments.int(1)?);
    let start = byte_of(text, place).ok_or_else(|| out_of_range(place))?;
    let letter = text.get(start..).and_then(|rest| rest.chars().next());
    let end = start.saturating_add(letter.map_or(0, char::len_utf8));
    Ok(Value::String(text.part(start, end)))
}

/// The first place from a byte on at which a text holds another.
fn find(text: &str, wanted: &str, start: usize) -> i64 {
    let found = text.get(start..).and_then(|rest| rest.find(wanted));
    found.map_or(-1, |at| place_of(text, start.saturating_add(at)))
}

fn index_of<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    Ok(Value::Int(find(arguments.text(0)?, arguments.text(1)?, 0)))
}

fn index_of_from<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let (text, wanted, place) = (arguments.text(0)?, arguments.text(1)?, arguments.int(2)?);
    if wanted.is_empty() {
        return Ok(Value::Int(place));
    }
    if place < 0 {
        return Err(out_of_range(place));
    }
    Ok(Value::Int(byte_of(text, place).map_or(-1, |start| find(text, wanted, start))))
}

fn index_of_within<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let (text, place) = (arguments.text(0)?, arguments.int(2)?);
    byte_of(text, place).ok_or_else(|| out_of_range(place))?;
    index_of_from(host, arguments)
}

fn last_index_of<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let (text, wanted) = (arguments.text(0)?, arguments.text(1)?);
    Ok(Value::Int(text.rfind(&**wanted).map_or(-1, |at| place_of(text, at))))
}

fn last_index_of_from<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let (text, wanted, place) = (arguments.text(0)?, arguments.text(1)?, arguments.int(2)?);
    if wanted.is_empty() {
        return Ok(Value::Int(place));
    }
    if place < 0 {
        return Err(out_of_range(place));
    }
    if place >= length(text) {
        return Ok(Value::Int(-1));
    }
    let start = byte_of(text, place).unwrap_or(text.len());
    let before = text.char_indices().rev().map(|(at, _)| at).skip_while(|at| *at > start);
    let found = before
        .into_iter()
        .find(|at| text.get(*at..).is_some_and(|rest| rest.starts_with(&**wanted)));
    Ok(Value::Int(found.map_or(-1, |at| place_of(text, at))))
}

fn last_index_of_within<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let (text, place) = (arguments.text(0)?, arguments.int(2)?);
    byte_of(text, place).ok_or_else(|| out_of_range(place))?;
    last_index_of_from(host, arguments)
}

fn join<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let items = arguments.value(0).items().ok_or(Failure::Types)?;
    let separator = if arguments.len() > 1 { &**arguments.text(1)? } else { "" };
    let mut joined = String::new();
    for (place, item) in items.enumerate() {
        if item.as_unknown().is_some() {
            return Ok(item);
        }
        let Value::String(text) = &item else {
            return Err(Failure::Error(EvalError::invalid(format!("join: invalid input: {}", item.brief()))));
        };
        host.grow_text(text.len().saturating_add(separator.len()))?;
        if place > 0 {
            joined.push_str(separator);
        }
        joined.push_str(text);
    }
    Ok(Value::text(joined))
}

fn lower_ascii<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let text = arguments.text(0)?;
    host.grow_text(text.len())?;
    Ok(Value::text(text.to_ascii_lowercase()))
}

fn upper_ascii<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let text = arguments.text(0)?;
    host.grow_text(text.len())?;
    Ok(Value::text(text.to_ascii_uppercase()))
}

fn replace<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let (text, old, new) = (arguments.text(0)?, arguments.text(1)?, arguments.text(2)?);
    let most = if arguments.len() > 3 { arguments.int(3)? } else { -1 };
    // A negative count means all of them.
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let count = text.matches(&**old).take(most).count();
    host.grow_text(text.len().saturating_add(count.saturating_mul(new.len())))?;
    Ok(Value::text(text.replacen(&**old, new, count)))
}

fn split<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let (text, separator) = (arguments.text(0)?, arguments.text(1)?);
    let most = if arguments.len() > 2 { arguments.int(2)? } else { -1 };
    if most == 0 {
        return Ok(Value::list(Vec::new()));
    }
    // A negative count means all of them.
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut starts = Vec::new();
    if separator.is_empty() {
        let count = text.chars().count();
        host.grow(count)?;
        starts.extend(
            text.char_indices().map(|(start, _)| (start, start)).skip(1).take(most.saturating_sub(1)),
        );
        if text.is_empty() {
            return Ok(Value::list(Vec::new()));
        }
    } else {
        for (start, found) in text.match_indices(&**separator).take(most.saturating_sub(1)) {
            host.grow(1)?;
            starts.push((start, start.saturating_add(found.len())));
        }
    }
    if matches!(text, Text::Shared(_)) {
        host.grow_text(text.len())?;
    }
    let mut parts = Vec::with_capacity(starts.len().saturating_add(1));
    let mut place = 0;
    for (end, next) in starts {
        parts.push(Value::String(text.part(place, end)));
        place = next;
    }
    parts.push(Value::String(text.part(place, text.len())));
    Ok(Value::list(parts))
}

fn substring<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let (text, start) = (arguments.text(0)?, arguments.int(1)?);
    let end = if arguments.len() > 2 { arguments.int(2)? } else { length(text) };
    if arguments.len() > 2 && start > end {
        let message = format!("invalid substring range. start: {start}, end: {end}");
        return Err(Failure::Error(EvalError::invalid(message)));
    }
    let first = byte_of(text, start).ok_or_else(|| out_of_range(start))?;
    let last = byte_of(text, end).ok_or_else(|| out_of_range(end))?;
    host.grow_text(last.saturating_sub(first))?;
    Ok(Value::String(text.part(first, last)))
}

fn trim<'a>(_: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let text = arguments.text(0)?;
    let start = text.len().saturating_sub(text.trim_start().len());
    let end = start.saturating_add(text.trim().len());
    Ok(Value::String(text.part(start, end)))
}

fn reverse<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let text = arguments.text(0)?;
    host.grow_text(text.len())?;
    Ok(Value::text(text.chars().rev().collect::<String>()))
}

fn quote<'a>(host: &mut Host<'_>, arguments: &Args<'_, 'a>) -> Answer<'a> {
    let text = arguments.text(0)?;
    host.grow_text(text.len().saturating_mul(2))?;
    let mut quoted = String::with_capacity(text.len().saturating_add(2));
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '\u{07}' => quoted.push_str("\\a"),
            '\u{08}' => quoted.push_str("\\b"),
            '\u{0c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{0b}' => quoted.push_str("\\v"),
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    Ok(Value::text(quoted))
}
