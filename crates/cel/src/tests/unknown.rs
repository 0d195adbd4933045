//! What is unknown stays unknown, is named, and hinders only what hangs on it. `request` and `other` are.

use super::check;
use crate::{Env, Value};

#[test]
fn logic() {
    check(
        &Env::conformance(),
        &[
            ("request", "", "unknown(request)"),
            ("request.userInfo.username", "", "unknown(request.userInfo.username)"),
            ("request.items[0]['a-b']", "", "unknown(request.items[0][\"a-b\"])"),
            ("has(request.userInfo)", "", "unknown(request.userInfo)"),
            ("false && request.a", "", "false"),
            ("request.a && false", "", "false"),
            ("true && request.a", "", "unknown(request.a)"),
            ("true || request.a", "", "true"),
            ("request.a || true", "", "true"),
            ("request.a || false", "", "unknown(request.a)"),
            ("request.a || other.b", "", "unknown(other.b, request.a)"),
            ("request.a && 1 / 0 == 1", "", "unknown(request.a)"),
            ("1 / 0 == 1 && request.a", "", "unknown(request.a)"),
            ("1 / 0 == 1 || request.a", "", "unknown(request.a)"),
            ("!request.a", "", "unknown(request.a)"),
            ("request.a ? 1 : 2", "", "unknown(request.a)"),
            ("true ? 1 : request.a", "", "1"),
            ("false ? 1 : request.a", "", "unknown(request.a)"),
        ],
    );
}

#[test]
fn functions() {
    check(
        &Env::conformance(),
        &[
            ("request.a + 1", "", "unknown(request.a)"),
            ("1 + request.a + other.b", "", "unknown(other.b, request.a)"),
            ("request.a == other.b", "", "unknown(other.b, request.a)"),
            ("request.a == 1", "", "unknown(request.a)"),
            // The left side decides, as on the API server.
            ("1 / 0 + request.a", "", "error: division by zero"),
            ("request.a + 1 / 0", "", "unknown(request.a)"),
            ("-request.a", "", "unknown(request.a)"),
            ("size(request.a)", "", "unknown(request.a)"),
            ("request.a.startsWith(other.b)", "", "unknown(other.b, request.a)"),
            ("'x'.matches(request.a)", "", "unknown(request.a)"),
            ("request.a.matches('x')", "", "unknown(request.a)"),
            ("request.a in [1, 2]", "", "unknown(request.a)"),
            ("1 in request.a", "", "unknown(request.a)"),
            ("[1, request.a]", "", "unknown(request.a)"),
            ("{'a': request.a}", "", "unknown(request.a)"),
            ("{request.a: 1}", "", "unknown(request.a)"),
            ("{'a': 1}[request.a]", "", "unknown(request.a)"),
            ("type(request.a)", "", "unknown(request.a)"),
            ("optional.of(request.a)", "", "unknown(request.a)"),
            ("request.?a.orValue(1)", "", "unknown(request.a)"),
            ("'%s'.format([1, 2] + request.a)", "", "unknown(request.a)"),
        ],
    );
}

#[test]
fn macros() {
    check(
        &Env::conformance(),
        &[
            ("request.a.all(x, x)", "", "unknown(request.a)"),
            ("request.a.map(x, x)", "", "unknown(request.a)"),
            ("[1, 2].all(x, x == request.a)", "", "unknown(request.a)"),
            ("[1, 2].all(x, x == 1 || false && request.a)", "", "false"),
            ("[1, 2].all(x, x == 2 ? false : request.a)", "", "false"),
            ("[1, 2].exists(x, x == 2 ? true : request.a)", "", "true"),
            ("[1, 2].exists(x, x == 2 ? 1 / 0 == 1 : request.a)", "", "unknown(request.a)"),
            ("[1, 2].exists(x, x == 1 ? request.a : other.b)", "", "unknown(other.b, request.a)"),
            ("[1, 2].exists_one(x, x == 1 ? true : request.a)", "", "unknown(request.a)"),
            ("[1, 2].map(x, x == 1 ? request.a : 1 / 0)", "", "unknown(request.a)"),
            ("[1, 2].map(x, x == 1 ? 1 / 0 : request.a)", "", "error: division by zero"),
            ("[1, 2].filter(x, x == 1 ? request.a : true)", "", "unknown(request.a)"),
            // The last condition that is neither true nor false is what the list is, as on the API server.
            ("[1, 2].filter(x, x == 1 ? request.a : 1 / 0 == 1)", "", "error: division by zero"),
            ("cel.bind(x, request.a, true || x)", "", "true"),
            ("cel.bind(x, request.a, x)", "", "unknown(request.a)"),
        ],
    );
}

#[test]
fn a_part_of_a_variable() {
    // A namespace of which the file says the name and nothing else.
    let mut metadata = crate::Map::new();
    metadata.set("name", Value::text("shop"));
    metadata.set("labels", Value::unknown("namespace.metadata.labels"));
    let mut namespace = crate::Map::new();
    namespace.set("metadata", metadata.into());
    let namespace = Value::from(namespace);
    let rows = [
        ("self.metadata.name == 'shop'", "true"),
        ("self.metadata.labels.team == 'a'", "unknown(namespace.metadata.labels.team)"),
        ("self.metadata.name == 'other' && self.metadata.labels.team == 'a'", "false"),
        ("has(self.metadata.labels)", "unknown(namespace.metadata.labels)"),
        ("self == {}", "false"),
        (
            "self == {'metadata': dyn({'name': dyn('shop'), 'labels': dyn({})})}",
            "unknown(namespace.metadata.labels)",
        ),
        ("self == {'metadata': dyn({'name': dyn('x'), 'labels': dyn({})})}", "false"),
        ("self.metadata.all(k, v, v != '')", "unknown(namespace.metadata.labels)"),
        ("'x' in [self.metadata]", "false"),
    ];
    for (expression, wanted) in rows {
        assert_eq!(super::run(&Env::kubernetes(35), expression, namespace.clone()), wanted, "{expression}");
    }
}
