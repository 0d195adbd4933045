//! Literals: the usual ones, and those at the edges.

use super::expr::{Item, Type};
use crate::Random;

const INTS: &[&str] = &[
    "0", "1", "2", "3", "-1", "7", "10", "42", "100", "-0", "9223372036854775807", "-9223372036854775808",
    "9223372036854775808", "4611686018427387904", "0x1F", "-0x10", "0x7fffffffffffffff", "2147483648",
    "253402300799", "1000000000", "9007199254740993",
];
const UINTS: &[&str] =
    &["0u", "1u", "2u", "3U", "42u", "18446744073709551615u", "9223372036854775808u", "0xFFu", "18446744073709551616u"];
const DOUBLES: &[&str] = &[
    "0.0", "1.0", "-1.5", "2.5", "1e3", "1.5e-3", "1e308", "1.7976931348623157e308", "5e-324", "-0.0", "1e400", "0.1",
    "9223372036854775807.0", "9223372036854775808.0", "18446744073709551615.0", "1e18", "123456789.0", ".5",
    "9007199254740993.0", "-9223372036854775808.0", "1e21", "1e-7", "100000.0", "0.30000000000000004",
];
const STRINGS: &[&str] = &[
    "''", "'a'", "'b'", "'abc'", "'ABC'", "'a b c'", "'a,b,c'", "'1'", "'-1'", "'1.5'", "'1e3'", "'true'", "'TRUE'", "'True'",
    "'t'", "'T'", "'0'", "'null'", "'NaN'", "'Inf'", "'-inf'", "'Infinity'", "'0x1F'", "'+1'", "' 1'", "'1_000'",
    "'9223372036854775808'", "'18446744073709551616'", "'é'", "'日本語'", "'\u{1F600}x'", "'a\u{301}'", "'ß'", "'İ'",
    "\"double\"", "'it\\'s'", "\"q\\\"q\"", "'\\n'", "'\\t\\\\'", "'\\u00e9'", "'\\x41'", "'\\101'", "r'\\n'", "R\"a\\b\"",
    "'''three'''", "'''a\n'b'''", "\"\"\"x\"y\"\"\"", "'\\U0001F600'", "'\\?'", "'\\`'", "'nginx'", "'app'", "'kube-'",
    "'.*'", "'^a'", "'a+'", "'[a-c]+'", "'(a|b)'", "'a{2}'", "'('", "'\\\\d+'", "'(?i)A'", "'%'", "' padded '",
    "'2024-01-31T23:59:59Z'", "'2024-02-30T00:00:00Z'", "'2024-01-31T23:59:59.123456789+01:00'", "'1h30m'", "'-1.5s'",
    "'0001-01-01T00:00:00Z'", "'9999-12-31T23:59:59.999999999Z'", "'10000-01-01T00:00:00Z'", "'1d'", "'1ms'", "'100us'",
    "'2024-01-31'", "'2024-01-31T23:59:59'", "'1ns'", "'300000000h'", "'1'", "'UTC'", "'America/New_York'", "'+01:00'",
    "'-08:30'", "'Europe/Berlin'", "'Mars/Olympus'", "'2024-01-31t23:59:59z'", "'2024-12-31T23:59:60Z'", "'aGk='", "'aGk'",
];
const BYTES: &[&str] =
    &["b''", "b'a'", "b'abc'", "b'\\xff'", "b'\\377'", "b'é'", "b'\\u00e9'", "rb'\\n'", "b\"x\"", "b'\\x00\\x01'", "B'ab'"];
const DURATIONS: &[&str] = &[
    "'0s'", "'1s'", "'1h'", "'1h30m'", "'-1.5s'", "'1ns'", "'24h'", "'1.000000001s'", "'9223372036s'", "'-2562047h'", "'1m1us'",
    "'8760h'", "'315576000000s'", "'1h1'", "'s'", "'.5s'", "'1.s'", "'+1s'", "'1µs'",
];
const TIMES: &[&str] = &[
    "'2024-01-31T23:59:59Z'", "'1970-01-01T00:00:00Z'", "'2024-02-29T12:00:00.5Z'", "'2000-12-31T23:00:00-05:00'",
    "'0001-01-01T00:00:00Z'", "'9999-12-31T23:59:59.999999999Z'", "'2023-03-12T07:30:00Z'", "'2024-01-31T23:59:59+14:00'",
    "'1969-12-31T23:59:59.000000001Z'", "'2024-01-31 23:59:59Z'", "'0000-01-01T00:00:00Z'", "'2024-13-01T00:00:00Z'",
    "'2024-01-31T24:00:00Z'", "'2024-1-31T00:00:00Z'", "'2024-01-31T23:59:59,5Z'",
];
const TYPES: &[&str] = &[
    "int", "uint", "double", "bool", "string", "bytes", "list", "map", "null_type", "type", "google.protobuf.Duration",
    "google.protobuf.Timestamp", "optional_type",
];

/// A literal of a simple type.
pub(super) fn literal(random: &mut Random, kind: Type) -> Option<String> {
    let choices = match kind {
        Type::Bool => &["true", "false"],
        Type::Int => INTS,
        Type::Uint => UINTS,
        Type::Double => DOUBLES,
        Type::String => STRINGS,
        Type::Bytes => BYTES,
        Type::Null => &["null"][..],
        Type::Type => TYPES,
        Type::Duration => return Some(format!("duration({})", random.choose(DURATIONS))),
        Type::Timestamp => return Some(format!("timestamp({})", random.choose(TIMES))),
        _ => return None,
    };
    // Edges are rare in life; half of all choices are plain.
    let bound = if random.percent(50) { choices.len().min(8) } else { choices.len() };
    Some((*random.choose(&choices[..bound])).to_owned())
}

/// What a failing expression is made small with.
pub(super) fn simplest(kind: Type) -> Option<&'static str> {
    Some(match kind {
        Type::Bool => "true",
        Type::Int => "1",
        Type::Uint => "1u",
        Type::Double => "1.5",
        Type::String => "'a'",
        Type::Bytes => "b'a'",
        Type::Null => "null",
        Type::Duration => "duration('1s')",
        Type::Timestamp => "timestamp('1970-01-01T00:00:00Z')",
        Type::Type => "int",
        Type::Dyn => "dyn(1)",
        Type::List(Item::Int) => "[1]",
        Type::List(Item::String) => "['a']",
        Type::Map(Item::Int) => "{'a': 1}",
        Type::Optional(Item::Int) => "optional.of(1)",
        _ => return None,
    })
}
