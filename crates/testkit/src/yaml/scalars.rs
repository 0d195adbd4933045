//! Scalars, by the spellings that readers of YAML disagree on.

use crate::Random;

/// Plain scalars: what each resolves to differs between YAML 1.1, YAML 1.2 and what Go's reader does.
pub const PLAIN: &[&str] = &[
    // Nothing, in all its forms.
    "~", "null", "Null", "NULL", "nULL", "nil", "None", "",
    // Truth, in all cases.
    "true", "True", "TRUE", "tRUE", "false", "False", "FALSE", "yes", "Yes", "YES", "yEs", "no", "No", "NO",
    "on", "On", "ON", "oN", "off", "Off", "OFF", "y", "Y", "n", "N", "t", "f",
    // Whole numbers, decimal.
    "0", "1", "-1", "+1", "-0", "+0", "00", "007", "08", "09", "0o8", "10", "12345", "-12345", "+12345",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
    "18446744073709551615", "18446744073709551616", "123456789012345678901234567890", "1_000", "1__0", "_1",
    "1_", "-1_0", "+_1", "0_7", "00_7", "1,000", "1 000",
    // Octal, hexadecimal, binary.
    "017", "0o17", "0O17", "-017", "-0o17", "+017", "+0o17", "0o", "0o_17", "01_7", "0777", "0644", "0o644",
    "00644", "0x1F", "0X1f", "0x", "-0x1F", "+0x1F", "0x_1F", "0x1_F", "0xFFFFFFFFFFFFFFFF",
    "0x10000000000000000", "0b101", "0B101", "-0b101", "+0b101", "0b102", "0b", "0b_1", "-0b1_0",
    "01777777777777777777777", "0o1777777777777777777777",
    // Floats.
    "1.0", "-1.0", "+1.0", "1.", "-1.", ".5", "-.5", "+.5", ".", "..", "1.5", "0.1", "00.5", "01.5", "1.50",
    "1e3", "1E3", "1e+3", "1e-3", "1.e3", "1.5e3", ".5e3", "-1e3", "+1e3", "1e", "e3", "1e400", "-1e400",
    "1e-400", "1_0.5", "1.5_0", "1_.5", "6.02e23", "1e20", "1e21", "1e22", "123456789.123456789", "1.0e0",
    "0.0", "-0.0", "1e1_0", "0x1p4", "0x1.8p1", "4.9e-324", "1.7976931348623157e308", "0e0", "1d3",
    "1.2.3", "1.2.3.4", "0.30000000000000004", "100000000000000000000.0", "1e15", "1e16", "123e-2",
    // Infinity and what is no number.
    ".inf", ".Inf", ".INF", "-.inf", "+.inf", "+.INF", ".nan", ".NaN", ".NAN", "-.nan", ".iNF", "inf", "Inf",
    "nan", "NaN", "infinity", "-Inf",
    // Base sixty.
    "1:30", "12:30:45", "-1:30", "1:30.5", "190:20:30", "0:0", "1:60", "80:80",
    // Timestamps.
    "2001-12-14", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.10 -5", "2001-12-15 2:59:43.10",
    "2001-12-14T21:59:43Z", "2001-12-14T21:59:43.123456789Z", "2001-1-1", "2001-13-01", "2001-02-30",
    "2001-12-14T21:59:43+01:00", "0001-01-01", "20011214", "2001-12-14 21:59:43", "2001-12-14t21:59Z",
    // Quantities and what objects hold.
    "100m", "1Gi", "1.5Gi", "0.5", "1e3Mi", "8080", "80/TCP", "10.0.0.1", "10.0.0.0/8", "::1", "2001:db8::1",
    "nginx:1.25", "registry.example:5000/a/b@sha256:0123", "apps/v1", "a.b/c", "25%", "1h30m",
    // Looks like something else.
    "<<", "=", "!", "-", "--", "---", "...", "?", ":", "::", "a:b", "a: b", "a :b", "a #b", "a#b", "#a", "-a",
    "- a", "?a", ":a", "@a", "`a", "%a", "&a", "*a", "|", ">", "|-", "a,b", "[a", "a]", "{a", "a}", "{}", "[]",
    "[ ]", "{ }", "'a", "\"a", "a'b", "a\"b", "''", "\"\"", "'it''s'", "\\", "\\n", "a\\nb", "$(A)", "${A}",
    "{{ .Values.a }}", "a\tb", "a  b", "äöü", "日本語", "é", "\u{1F600}", "a\u{a0}b", "\u{feff}a",
    "a\u{85}b", "a\u{2028}b", "tRue", "NULl", "x", "word", "two words", "under_score", "da-sh", "dot.ted",
    "a=b", "a;b", "a&b", "a*b", "a|b", "a>b", "a%b", "a@b", "a!b", "a?b", "http://a/b?c=d#e", "key", "0.",
    "-", "+", "+-1", "--1", "1-", "1+", "0x1G", "0xg", "1a", "a1", "1.a", "_", "__", "._", "_.5", "1._5",
];

/// Quoted scalars, escapes and all.
const QUOTED: &[&str] = &[
    "'a'", "''", "'it''s'", "'a\\nb'", "'true'", "'1'", "'~'", "'a: b'", "' a '", "'#'", "'日本'", "\"a\"",
    "\"\"", "\"true\"", "\"017\"", "\"a\\nb\"", "\"a\\tb\"", "\"\\\\\"", "\"\\\"\"", "\"\\/\"", "\"\\u00e9\"",
    "\"\\U0001F600\"", "\"\\x41\"", "\"\\0\"", "\"\\a\\b\\e\\f\\v\\r\"", "\"\\N\\_\\L\\P\"", "\"\\ud83d\\ude00\"",
    "\"\\ud800\"", "\"\\q\"", "\"\\x4\"", "\"\\u12\"", "\"\\UFFFFFFFF\"", "\"a\\ b\"", "\" a \"", "\"a#b\"",
    "\"a: b\"", "\"\\u0000\"", "\"\\u2028\"", "\"null\"", "\"\\t\"", "\"'\"", "'\"'", "\"\\uFFFE\"",
];

/// Tags, with a scalar that suits them or not.
const TAGS: &[&str] = &[
    "!!str", "!!int", "!!float", "!!bool", "!!null", "!!binary", "!!timestamp", "!!merge", "!!map", "!!seq",
    "!!set", "!!omap", "!custom", "!", "!<tag:yaml.org,2002:str>", "!<tag:yaml.org,2002:int>", "!a!b", "!!unknown",
];

/// A plain scalar of the table, or a random number in a random spelling.
pub(super) fn plain(random: &mut Random) -> String {
    if random.percent(75) { (*random.choose(PLAIN)).to_owned() } else { number(random) }
}

/// Any scalar of one line; it may not be fit for where it is put.
pub(super) fn any(random: &mut Random) -> String {
    let text = match random.below(20) {
        0..=10 => plain(random),
        11..=14 => (*random.choose(QUOTED)).to_owned(),
        15 => double_quoted(random),
        16 => single_quoted(random),
        _ => (*random.choose(&["a", "b", "name", "value", "some text", "nginx"])).to_owned(),
    };
    if random.percent(4) { format!("{} {text}", random.choose(TAGS)) } else { text }
}

fn number(random: &mut Random) -> String {
    let sign = *random.choose(&["", "", "", "-", "+"]);
    let bits = random.bits() >> random.below(64);
    let digits = match random.below(8) {
        0 => format!("0{bits:o}"),
        1 => format!("0o{bits:o}"),
        2 => format!("0x{bits:x}"),
        3 => format!("0b{bits:b}"),
        4 => format!("{}.{}", bits % 1000, random.below(1000)),
        5 => format!("{}e{}", bits % 1000, random.between(-30, 30)),
        6 => format!("{}.{}E{}", bits % 10, random.below(100_000), random.between(-320, 310)),
        _ => bits.to_string(),
    };
    let mut text = format!("{sign}{digits}");
    if random.percent(10) {
        let at = random.below(text.len() + 1);
        text.insert(at, *random.choose(&['_', '.', '-', ':', 'e', '0', 'x', ' ']));
    }
    text
}

const PIECES: &[&str] =
    &["a", "b c", " ", "  ", "\t", "'", "\"", "\\n", "#", ": ", ", ", "é", "日", "-", "[", "}", "\\", "&x", "%"];

fn double_quoted(random: &mut Random) -> String {
    let mut text = String::from('"');
    for _ in 0..random.below(6) {
        match *random.choose(PIECES) {
            "\"" => text.push_str("\\\""),
            "\\" => text.push_str(*random.choose(&["\\\\", "\\t", "\\x20", "\\u0041", "\\ "])),
            piece => text.push_str(piece),
        }
    }
    text.push('"');
    text
}

fn single_quoted(random: &mut Random) -> String {
    let mut text = String::from('\'');
    for _ in 0..random.below(6) {
        match *random.choose(PIECES) {
            "'" => text.push_str("''"),
            piece => text.push_str(piece),
        }
    }
    text.push('\'');
    text
}
