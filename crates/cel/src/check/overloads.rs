//! Overloads: which signatures a call fits, and what type it then has.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::signature::Signature;
use super::types::StaticType;
use super::unify::Unifier;
use crate::env::Env;
use crate::library;

/// The signatures of all functions of all libraries, by their text: each is read once.
static SIGNATURES: LazyLock<BTreeMap<&'static str, Arc<Signature>>> = LazyLock::new(|| {
    let functions = library::ALL.iter().flat_map(|library| library.functions);
    let texts = functions.flat_map(|function| function.overloads).copied();
    // A test reads all of them: none is dropped here.
    texts.filter_map(|text| Some((text, Arc::new(text.parse().ok()?)))).collect()
});

/// The signatures of a library's function.
pub(crate) fn signatures_of(function: &library::Function) -> impl Iterator<Item = Arc<Signature>> {
    function.overloads.iter().filter_map(|text| SIGNATURES.get(text).cloned())
}

/// The operators, by the names that messages have for them.
pub(crate) static OPERATORS: LazyLock<BTreeMap<&'static str, Box<[Signature]>>> = LazyLock::new(|| {
    let rows = [ARITHMETIC, STRUCTURE].concat();
    let all = rows.iter().copied().chain(["_<_", "_<=_", "_>_", "_>=_"].map(|name| (name, ORDERED)));
    all.map(|(name, texts)| (name, read(texts))).collect()
});

/// The comparisons of numbers of different types.
pub(crate) static CROSS_TYPE: LazyLock<Box<[Signature]>> = LazyLock::new(|| {
    read(&[
        "(int, double) -> bool",
        "(int, uint) -> bool",
        "(uint, double) -> bool",
        "(uint, int) -> bool",
        "(double, int) -> bool",
        "(double, uint) -> bool",
    ])
});

fn read(texts: &[&str]) -> Box<[Signature]> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

type Row = (&'static str, &'static [&'static str]);

const ARITHMETIC: &[Row] = &[
    (
        "_+_",
        &[
            "(bytes, bytes) -> bytes",
            "(double, double) -> double",
            "(duration, duration) -> duration",
            "(duration, timestamp) -> timestamp",
            "(timestamp, duration) -> timestamp",
            "(int, int) -> int",
            "(list(A), list(A)) -> list(A)",
            "(string, string) -> string",
            "(uint, uint) -> uint",
        ],
    ),
    (
        "_-_",
        &[
            "(double, double) -> double",
            "(duration, duration) -> duration",
            "(int, int) -> int",
            "(timestamp, duration) -> timestamp",
            "(timestamp, timestamp) -> duration",
            "(uint, uint) -> uint",
        ],
    ),
    ("_*_", NUMBERS),
    ("_/_", NUMBERS),
    ("_%_", &["(int, int) -> int", "(uint, uint) -> uint"]),
    ("-_", &["(double) -> double", "(int) -> int"]),
];

const NUMBERS: &[&str] = &["(double, double) -> double", "(int, int) -> int", "(uint, uint) -> uint"];

const ORDERED: &[&str] = &[
    "(bool, bool) -> bool",
    "(int, int) -> bool",
    "(uint, uint) -> bool",
    "(double, double) -> bool",
    "(string, string) -> bool",
    "(bytes, bytes) -> bool",
    "(timestamp, timestamp) -> bool",
    "(duration, duration) -> bool",
];

const STRUCTURE: &[Row] = &[
    ("!_", &["(bool) -> bool"]),
    ("_?_:_", &["(bool, A, A) -> A"]),
    ("_==_", &["(A, A) -> bool"]),
    ("_!=_", &["(A, A) -> bool"]),
    ("@in", &["(A, list(A)) -> bool", "(A, map(A, B)) -> bool"]),
    ("_[_]", &["(list(A), int) -> A", "(map(A, B), A) -> B"]),
    // What optional values add to the one above.
    (
        "_[_] of optionals",
        &[
            "(optional_type(list(V)), int) -> optional_type(V)",
            "(optional_type(map(K, V)), K) -> optional_type(V)",
        ],
    ),
    (
        "_[?_]",
        &[
            "(list(V), int) -> optional_type(V)",
            "(optional_type(list(V)), int) -> optional_type(V)",
            "(map(K, V), K) -> optional_type(V)",
            "(optional_type(map(K, V)), K) -> optional_type(V)",
        ],
    ),
    // What macros build their results with.
    ("cel.@mapInsert", &["(map(K, V), K, V) -> map(K, V)", "(map(K, V), map(K, V)) -> map(K, V)"]),
];

/// The type of a call: that of the first signature that fits, and `dyn` when others fit as well and give
/// something else. `None` when none fits.
pub(crate) fn resolve<'s>(
    unifier: &mut Unifier,
    signatures: impl Iterator<Item = &'s Signature>,
    member: bool,
    arguments: &[StaticType],
) -> Option<StaticType> {
    let mut result: Option<StaticType> = None;
    for signature in signatures {
        if signature.member != member || signature.parameters.len() != arguments.len() {
            continue;
        }
        let first = unifier.fresh(signature.letters.len());
        let mark = unifier.mark();
        let fits = arguments.iter().zip(&signature.parameters).all(|(argument, parameter)| {
            unifier.assignable(argument, &parameter.instantiated(&signature.letters, first))
        });
        if !fits {
            unifier.undo(mark);
            continue;
        }
        let found = unifier.resolved(&signature.result.instantiated(&signature.letters, first));
        result = Some(match result {
            None => found,
            Some(known) if known.is_dyn() || known.is_same(&found) => known,
            Some(_) => StaticType::Dyn,
        });
    }
    result
}

/// The signatures that a call fits whose arguments have these types: what each takes, and the type of the whole.
pub(crate) fn overloads_of(
    env: &Env,
    name: &str,
    member: bool,
    arguments: &[StaticType],
) -> (Vec<Vec<StaticType>>, Option<StaticType>) {
    let own: &[Signature] = OPERATORS.get(name).map_or(&[], |own| own);
    let more: &[Signature] = match name {
        "_<_" | "_<=_" | "_>_" | "_>=_" if env.rules().cross_type => &CROSS_TYPE,
        "_[_]" if env.has_optionals() => OPERATORS.get("_[_] of optionals").map_or(&[], |more| more),
        _ => &[],
    };
    let declared = env.signatures(name).unwrap_or_default().iter().map(AsRef::as_ref);
    let all: Vec<&Signature> = own.iter().chain(more).chain(declared).collect();
    let mut unifier = Unifier::default();
    let result = resolve(&mut unifier, all.iter().copied(), member, arguments);
    let result = result.map(|result| unifier.settled(&result));
    let fits = |signature: &&&Signature| {
        let mut unifier = Unifier::default();
        resolve(&mut unifier, std::iter::once(**signature), member, arguments).is_some()
    };
    (all.iter().filter(fits).map(|signature| signature.parameters.to_vec()).collect(), result)
}

/// The types of a call as a message shows them: `(int, string)`, and `string.(int)` for a method.
pub(crate) fn shown(unifier: &mut Unifier, member: bool, arguments: &[StaticType]) -> String {
    let mut types = arguments.iter().map(|argument| unifier.settled(argument).to_string());
    let receiver = if member { types.next().map(|receiver| format!("{receiver}.")) } else { None };
    let list = types.collect::<Vec<_>>().join(", ");
    format!("{}({list})", receiver.unwrap_or_default())
}
