//! What an expression may cost: rows that the API server's own estimate gives (the testkit compares many more), and
//! that no estimate is below what an evaluation costs or falls when fields may be larger.

use super::tree;
use crate::check::types::StaticType;
use crate::fuzz::typed_variables;
use crate::{Budget, Env, Estimate, Sizes, Value};

/// Every list, map and text has at most so many parts.
struct AtMost(u64);

impl Sizes for AtMost {
    fn most(&self, _: &[Box<str>]) -> Option<u64> {
        Some(self.0)
    }
}

fn env() -> Env {
    let of = StaticType::list(StaticType::String);
    Env::kubernetes(35).with_typed_variable("self", of).with_variable("other")
}

#[test]
fn rows() {
    let mut wrong = Vec::new();
    for (expression, most, least_wanted, most_wanted) in [
        ("1 + 2", 10, 1, 1),
        ("'abcdefghijk' == 'b'", 10, 1, 1),
        ("self.size() > 3", 10, 3, 3),
        ("self.all(x, x.startsWith('a'))", 10, 2, 52),
        ("self.exists(x, x == 'a')", 10, 2, 62),
        ("self.map(x, x + 'b')", 10, 12, 162),
        ("self.filter(x, x.matches('^a+$'))", 10, 12, 172),
        ("self.join(',')", 10, 1, 12),
        ("has(other.a) ? 'a' : 'b'", 10, 1, 1),
    ] {
        let found = env().estimate(expression, &AtMost(most)).unwrap().unwrap();
        wrong.extend(
            (found != Estimate { least: least_wanted, most: most_wanted }).then_some((expression, found)),
        );
    }
    assert_eq!(wrong, []);
    let unbounded = env().estimate("self.all(x, x == 'a')", &()).unwrap().unwrap();
    assert_eq!(unbounded.most, u64::MAX);
}

#[test]
fn larger_fields_cost_no_less() {
    let mut env = Env::kubernetes(35);
    for (name, of, _) in typed_variables() {
        env = env.with_typed_variable(name, of);
    }
    let expressions = [
        "texts.all(x, texts.exists(y, x.contains(y) && y.matches('^a')))",
        "text.split('').map(x, x.upperAscii()).join('-').size() > whole",
        "wholes.filter(x, x in wholes).size() == wholes.size()",
        "map.all(k, k.replace('a', text) < text)",
        "raw == bytes(text) || string(raw).endsWith(text)",
        "texts.isSorted() && wholes.sum() > 3 && texts.map(x, [x, text]).size() > 2",
        "maybe.orValue(3) > 2 && texts[?1].hasValue() ? text + text == text : flag",
    ];
    for expression in expressions {
        let mut before = Estimate { least: 0, most: 0 };
        for size in [0, 1, 2, 10, 1_000, 1_000_000, u64::MAX] {
            let found = env.estimate(expression, &AtMost(size)).unwrap().unwrap();
            assert!(found.most >= before.most && found.least <= found.most, "{expression}: {found:?}");
            before = found;
        }
    }
}

/// What is estimated for fields of such a size is enough for an evaluation over fields that are not larger.
#[test]
fn an_evaluation_costs_no_more_than_was_told() {
    let tree = tree("[alpha, beta, gamma-1]");
    let this = Value::Node(tree.root());
    for expression in [
        "self.all(x, x.startsWith('a'))",
        "self.map(x, x + '-').filter(x, x.matches('[a-z]+-')).size() > 1",
        "self.exists_one(x, x == 'beta') && self.join(', ').contains('beta')",
        "self.all(x, self.exists(y, y <= x)) || self.isSorted()",
    ] {
        let told = env().estimate(expression, &AtMost(7)).unwrap().unwrap();
        let program = env().compile(expression).unwrap();
        let mut budget = Budget::default();
        program.eval(&[("self", this.clone())], &mut budget).unwrap();
        assert!((told.least..=told.most).contains(&budget.used()), "{expression}: {told}, {}", budget.used());
    }
}

#[test]
fn what_is_too_deep_is_not_told() {
    let env = Env::conformance();
    let sum = vec!["1"; 1_500].join(" + ");
    assert_eq!(env.estimate(&sum, &()).unwrap(), None);
}
