//! What must hold for any input; the fuzz targets call these.

mod libraries;

use std::sync::Arc;

use crate::budget::Budget;
use crate::check::types::StaticType;
use crate::env::{Env, Limits};
use crate::error::{ErrorKind, EvalError};
use crate::estimate::Sizes;
use crate::value::{Duration, Map, Timestamp, Value};

pub use libraries::{fuzz_cidr, fuzz_format, fuzz_quantity, fuzz_regex, fuzz_semver, fuzz_url};

/// A budget small enough to run out within a moment.
const BUDGET: u64 = 100_000;

/// Any text is an expression or a clear error; what is an expression can be written, and what was written
/// is the same expression.
pub fn fuzz_parse(data: &[u8]) {
    let Ok(source) = std::str::from_utf8(data) else {
        return;
    };
    for env in [Env::conformance().unchecked(), Env::kubernetes(35).with_patches().unchecked()] {
        if let Err(error) = env.compile(source) {
            assert!(!error.message.is_empty(), "a mistake has a sentence");
            assert!(error.span.start <= error.span.end && error.span.end <= source.len(), "{:?}", error.span);
            let _ = error.excerpt(source);
        }
        let Ok(text) = env.rewrite(source) else { continue };
        // Escapes make text longer.
        let limits = Limits { code_points: usize::MAX, ..Limits::default() };
        let again = env.with_limits(limits).rewrite(&text);
        assert_eq!(again.as_ref(), Ok(&text), "{source:?} was written as {text:?}");
    }
}

/// Any text is checked within a moment; what is sound over typed variables never fails, when those hold
/// what they should, because a function or operator does not take its arguments.
///
/// Nothing is promised of what goes through `dyn`, and of parts of literals that differ in type.
pub fn fuzz_check(data: &[u8]) {
    let Ok(source) = std::str::from_utf8(data) else {
        return;
    };
    let mut env = Env::kubernetes(35).with_patches();
    let mut values = Vec::new();
    for (name, kind, value) in typed_variables() {
        env = env.with_typed_variable(name, kind);
        values.push((name.to_owned(), value));
    }
    let program = match env.compile(source) {
        Ok(program) => program,
        Err(error) => {
            assert!(!error.message.is_empty(), "a mistake has a sentence");
            assert!(error.span.start <= error.span.end && error.span.end <= source.len(), "{:?}", error.span);
            return;
        }
    };
    let estimate = |size| env.estimate(source, &AtMost(size)).ok().flatten();
    if let (Some(small), Some(large)) = (estimate(2), estimate(1_000)) {
        assert!(small.least <= small.most && small.most <= large.most, "{source:?}: {small:?}, {large:?}");
    }
    let Err(error) = program.eval(&values, &mut Budget::new(BUDGET)) else { return };
    let is_type_error = matches!(error.kind(), ErrorKind::NoSuchOverload(_));
    assert!(!is_type_error || program.is_dynamic(), "{source:?} was sound, and then: {error}");
}

/// Every field has at most so many parts.
struct AtMost(u64);

impl Sizes for AtMost {
    fn most(&self, _: &[Box<str>]) -> Option<u64> {
        Some(self.0)
    }
}

/// Variables with a value of the type of each.
pub(crate) fn typed_variables() -> Vec<(&'static str, StaticType, Value<'static>)> {
    let text = || Value::text("a1");
    let mut map = Map::new();
    map.set("a", Value::Int(1));
    map.set("b", Value::Int(2));
    let moment = Timestamp::new(1_700_000_000, 0).map_or(Value::Null, Value::Timestamp);
    vec![
        ("flag", StaticType::Bool, Value::Bool(true)),
        ("whole", StaticType::Int, Value::Int(3)),
        ("count", StaticType::UInt, Value::UInt(3)),
        ("ratio", StaticType::Double, Value::Double(1.5)),
        ("text", StaticType::String, text()),
        ("raw", StaticType::Bytes, Value::Bytes((*b"a1").into())),
        ("span", StaticType::Duration, Value::Duration(Duration(90_000_000_000))),
        ("moment", StaticType::Timestamp, moment),
        ("wholes", StaticType::list(StaticType::Int), Value::list(vec![Value::Int(1), Value::Int(2)])),
        ("texts", StaticType::list(StaticType::String), Value::list(vec![text(), text()])),
        ("map", StaticType::map(StaticType::String, StaticType::Int), map.into()),
        ("maybe", StaticType::optional(StaticType::Int), Value::some(Value::Int(1))),
        ("none", StaticType::optional(StaticType::String), Value::Optional(None)),
    ]
}

/// An evaluation ends within its budget, and over a document it gives what it gives over plain values.
///
/// The data is an expression, a zero byte, and a YAML or JSON document bound to `self`.
pub fn fuzz_eval(data: &[u8]) {
    let split = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    let (source, document) = data.split_at_checked(split).unwrap_or((data, &[]));
    let (Ok(source), Ok(document)) = (std::str::from_utf8(source), std::str::from_utf8(document)) else {
        return;
    };
    let env = Env::conformance().unchecked().with_variable("self").with_variable("request");
    let Ok(program) = env.compile(source) else { return };
    let text: Arc<str> = document.trim_start_matches('\0').into();
    let mut documents = bulkhead_document::read(text, &bulkhead_document::Limits::default());
    let tree = documents.find_map(Result::ok);
    let node = tree.as_ref().map_or(Value::Null, |tree| Value::Node(tree.root()));
    let request = Value::unknown("request");
    let run = |this: Value<'_>| {
        let mut budget = Budget::new(BUDGET);
        let variables = [("self", this), ("request", request.clone())];
        let result = program.eval(&variables, &mut budget).map(|value| value.to_string());
        (result, budget.used())
    };
    let plain = node.to_plain();
    let (over_nodes, over_plain) = (run(node), run(plain));
    assert_eq!(over_nodes, over_plain, "{source:?} over {document:?}");
    let (result, used) = over_nodes;
    if used > BUDGET {
        assert_eq!(result.map_err(|error| error.kind().clone()), Err(ErrorKind::CostExceeded));
    } else if let Err(error) = result {
        let _: EvalError = error;
    }
}
