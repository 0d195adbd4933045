//! What holds for every expression: over the conformance cases, and over text made of their pieces.

use crate::fuzz::typed_variables;
use crate::{Env, Program, fuzz_check, fuzz_eval, fuzz_parse};

/// Programs are planned once and run anywhere.
#[test]
fn programs_are_shared() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Program>();
    shared::<Env>();
}

/// Spellings that must come out as they went in.
#[test]
fn rewriting() {
    let env = Env::conformance();
    for source in [
        "a + b - c * (d + e)",
        "(a == b) == c",
        "a ? b : c ? d : e",
        "(a ? b : c) ? d : e",
        "(a || b) && !c",
        "-(5)",
        "-5",
        "-(-5)",
        "-(-4.a)",
        "-(4[0].b())",
        "!-4.a",
        "-a.b",
        "(-a).b",
        "[1, 2u, 3.0, \"x\", b\"\\xff\", null, true]",
        "{?a: b, \"c\": d}.?e[?f].g",
        "has(a.b.c)",
        "a.all(x, x > 1).b",
        "a.map(x, y, z)",
        "a.transformMap(k, v, k != v, v)",
        "a.optMap(x, x + 1)",
        "cel.bind(x, 1, x + x)",
        "cel.block([1, cel.index(0)], cel.index(1))",
        ".a.b",
        "a.`b-c`",
        "\"\\n\\\"\\\\\\u0007\"",
        "a in b",
        "(a, b)",
    ] {
        let Ok(text) = env.rewrite(source) else {
            assert_eq!(source, "(a, b)");
            continue;
        };
        assert_eq!(text, source);
    }
    assert_eq!(env.rewrite("( ( a ) )+ (b*c)").as_deref(), Ok("a + b * c"));
}

/// A small generator of numbers, so that each run sees the same text (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0.checked_rem(limit as u64).unwrap()).unwrap()
    }
}

const PIECES: &[&str] = &[
    "self",
    "request",
    ".a",
    ".?b",
    "[0]",
    "[?1]",
    "['a']",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    " ? ",
    " : ",
    " + ",
    " - ",
    " * ",
    " / ",
    " % ",
    " == ",
    " != ",
    " < ",
    " >= ",
    " in ",
    " && ",
    " || ",
    "!",
    "-",
    "1",
    "2u",
    "3.5",
    "'x'",
    "b'y'",
    "true",
    "null",
    ".all(x, ",
    ".exists(x, ",
    ".map(x, ",
    ".filter(x, ",
    ".map(k, v, ",
    ".transformMap(k, v, ",
    "x",
    "k",
    "v",
    "has(",
    ".size()",
    "size(",
    "string(",
    "int(",
    "dyn(",
    "type(",
    "'%s'.format([",
    "])",
    ".orValue(",
    "optional.of(",
    "cel.bind(x, ",
    "timestamp(",
    ".getHours()",
    "duration('1h')",
    ".matches('a+')",
    ".split('')",
    ".join()",
    "\\",
    "\"",
    "'",
    "r'''",
    "\u{e9}",
    "\n",
    "//",
    "0x",
    "1e",
];

/// What the fuzz targets check, over text made of pieces of expressions.
#[test]
fn pieces() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let document = "\0a: {a: 1, b: [1, x, {a: null}]}\nb: [true, 2.5, 18446744073709551615]\n";
    for _ in 0..30_000 {
        let mut text = String::new();
        for _ in 0..=numbers.below(14) {
            text.push_str(PIECES.get(numbers.below(PIECES.len())).unwrap());
        }
        fuzz_parse(text.as_bytes());
        text.push_str(document);
        fuzz_eval(text.as_bytes());
    }
}

/// Shapes of expressions; other expressions stand in the places of `$`.
const SHAPES: &[&str] = &[
    "($ + $)",
    "($ - $)",
    "($ * $)",
    "($ / $)",
    "($ % $)",
    "-$",
    "($ == $)",
    "($ != $)",
    "($ < $)",
    "($ >= $)",
    "($ in $)",
    "($ && $)",
    "($ || $)",
    "!$",
    "($ ? $ : $)",
    "[$]",
    "[$, $]",
    "{$: $}",
    "{'a': $, 'b': $}",
    "$[$]",
    "$[?$]",
    "$.a",
    "$.?a",
    "has($.a)",
    "size($)",
    "$.size()",
    "int($)",
    "uint($)",
    "double($)",
    "string($)",
    "bytes($)",
    "bool($)",
    "duration($)",
    "timestamp($)",
    "type($)",
    "$.startsWith($)",
    "$.contains($)",
    "$.matches($)",
    "$.getHours()",
    "$.getFullYear($)",
    "$.split($)",
    "$.join($)",
    "$.substring($)",
    "$.indexOf($, $)",
    "$.replace($, $)",
    "'%s and %d'.format([$, $])",
    "optional.of($)",
    "optional.ofNonZeroValue($)",
    "$.hasValue()",
    "$.value()",
    "$.or($)",
    "$.orValue($)",
    "$.optMap(x, $)",
    "$.optFlatMap(x, $)",
    "$.all(x, $)",
    "$.exists_one(x, $)",
    "$.map(x, $)",
    "$.map(x, $, $)",
    "$.filter(x, $)",
    "$.transformMap(k, x, $)",
    "$.transformList(k, x, $, $)",
];

/// What is checked over typed variables and is nowhere dynamic never fails because of a type.
#[test]
fn what_is_checked_fits() {
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    let names: Vec<&str> =
        typed_variables().iter().map(|(name, ..)| *name).chain(["x", "k", "1", "'a1'"]).collect();
    let env = typed_variables()
        .into_iter()
        .fold(Env::kubernetes(35), |env, (name, kind, _)| env.with_typed_variable(name, kind));
    let (mut sound, mut pool) = (0, Vec::<String>::new());
    for _ in 0..60_000 {
        let mut text = String::new();
        for letter in SHAPES.get(numbers.below(SHAPES.len())).unwrap().chars() {
            match letter {
                '$' if pool.len() > 20 && numbers.below(3) == 0 => {
                    text.push_str(pool.get(numbers.below(pool.len())).unwrap());
                }
                '$' => text.push_str(names.get(numbers.below(names.len())).unwrap()),
                letter => text.push(letter),
            }
        }
        fuzz_check(text.as_bytes());
        let Ok(program) = env.compile(&text) else { continue };
        if program.is_dynamic() {
            continue;
        }
        sound += 1;
        // Sound ones are parts of larger ones.
        if text.len() < 60 && pool.len() < 500 {
            pool.push(text);
        }
    }
    assert!(sound > 2_000, "{sound}");
}

/// Types that double with every step, or nest without end, are refused within a moment.
#[test]
fn types_do_not_explode() {
    let env = Env::conformance();
    let doubling = format!("[1]{}", ".map(x, {x: x})".repeat(100));
    assert!(env.compile(&doubling).unwrap_err().message.contains("too large"));
    let bound =
        (0..200).fold("{}".to_owned(), |inner, _| format!("cel.bind(x, {{1: [x, {inner}]}}, {{2: x}})"));
    drop(env.with_variable("x").compile(&bound));
    let empty = format!("[{}]", vec!["{'a': [[], []]}"; 5_000].join(", "));
    assert!(Env::kubernetes(35).compile(&empty).is_ok());
    let joined = format!("[]{}", " + [[]] + []".repeat(5_000));
    drop(Env::conformance().compile(&joined));
}
