//! Operators, selections, macros, conversions: what the conformance cases do not say of documents and of
//! error texts.

use super::check;
use crate::Env;

const POD: &str = "
metadata: {name: web, labels: {app: web, app.kubernetes.io/name: shop}, none: null}
spec:
  hostNetwork: true
  priority: 10
  ratio: 0.5
  huge: 18446744073709551615
  containers:
  - {name: a, image: 'nginx:1', ports: [{containerPort: 80}, {containerPort: 443, hostPort: 443}]}
  - {name: b, image: 'redis:7', resources: {limits: {memory: 64Mi}}}
  empty: []
";

#[test]
fn documents() {
    check(
        &Env::kubernetes(35),
        &[
            ("self.metadata.name", POD, "\"web\""),
            ("self.spec.hostNetwork", POD, "true"),
            ("self.spec.priority + 1", POD, "11"),
            ("self.spec.ratio * 4.0", POD, "2.0"),
            ("self.spec.huge == 18446744073709551615.0", POD, "true"),
            ("type(self.spec.huge)", POD, "double"),
            ("self.metadata.none == null", POD, "true"),
            ("has(self.metadata.none)", POD, "true"),
            ("has(self.metadata.gone)", POD, "false"),
            ("has(self.gone.gone)", POD, "error: no such key: gone"),
            ("self.metadata.gone", POD, "error: no such key: gone"),
            ("self.metadata.name.gone", POD, "error: no such key: gone"),
            ("has(self.metadata.name.gone)", POD, "false"),
            ("self.metadata.labels['app.kubernetes.io/name']", POD, "\"shop\""),
            ("self.metadata.labels['gone']", POD, "error: no such key: gone"),
            ("self['metadata']['name']", POD, "\"web\""),
            ("self.spec.containers[1].name", POD, "\"b\""),
            ("self.spec.containers[2].name", POD, "error: index out of bounds: 2"),
            ("self.spec.containers[-1]", POD, "error: index out of bounds: -1"),
            ("self.spec.containers['a']", POD, "error: unsupported index type 'string' in list"),
            ("self.spec.containers[dyn(1.0)].name", POD, "\"b\""),
            ("size(self.spec.containers)", POD, "2"),
            ("self.spec.empty == []", POD, "true"),
            (
                "self.spec.containers[0].ports == [{'containerPort': 80}, {'hostPort': 443, 'containerPort': 443}]",
                POD,
                "true",
            ),
            ("self.metadata.labels == {'app': 'web'}", POD, "false"),
            ("'app' in self.metadata.labels", POD, "true"),
            ("'gone' in self.metadata.labels", POD, "false"),
            ("1 in self.metadata.labels", POD, "false"),
            ("{'containerPort': 80} in self.spec.containers[0].ports", POD, "true"),
            ("'a' in self.metadata.name", POD, "error: no such overload"),
            (
                "self.spec.containers + [1]",
                POD,
                "[{\"name\": \"a\", \"image\": \"nginx:1\", \"ports\": [{\"containerPort\": 80}, {\"containerPort\": 443, \"hostPort\": 443}]}, {\"name\": \"b\", \"image\": \"redis:7\", \"resources\": {\"limits\": {\"memory\": \"64Mi\"}}}, 1]",
            ),
            ("self.metadata.?gone.orValue('x')", POD, "\"x\""),
            ("self.metadata.?name.orValue('x')", POD, "\"web\""),
            ("self.?gone.gone.gone.hasValue()", POD, "false"),
            ("self.spec.containers[?5].hasValue()", POD, "false"),
            ("self.spec.containers[?1].name.value()", POD, "\"b\""),
        ],
    );
}

#[test]
fn macros_over_documents() {
    check(
        &Env::kubernetes(35),
        &[
            ("self.spec.containers.map(c, c.name)", POD, "[\"a\", \"b\"]"),
            ("self.spec.containers.filter(c, has(c.ports)).map(c, c.name)", POD, "[\"a\"]"),
            ("self.spec.containers.map(c, has(c.ports), c.name)", POD, "[\"a\"]"),
            ("self.spec.containers.all(c, c.name != '')", POD, "true"),
            (
                "self.spec.containers.exists(c, has(c.ports) && c.ports.exists(p, has(p.hostPort)))",
                POD,
                "true",
            ),
            ("self.spec.containers.exists_one(c, c.name == 'b')", POD, "true"),
            ("self.metadata.labels.all(k, k.startsWith('app'))", POD, "true"),
            ("self.metadata.labels.map(k, k)", POD, "[\"app\", \"app.kubernetes.io/name\"]"),
            ("self.metadata.labels.exists(k, v, k == 'app' && v == 'web')", POD, "true"),
            ("self.spec.containers.transformList(i, c, string(i) + c.name)", POD, "[\"0a\", \"1b\"]"),
            ("self.metadata.labels.transformMap(k, v, k == 'app', v + '!')", POD, "{\"app\": \"web!\"}"),
            ("self.spec.containers.transformMapEntry(i, c, {c.name: i})", POD, "{\"a\": 0, \"b\": 1}"),
            (
                "self.spec.containers.map(c, self.spec.containers.map(d, c.name + d.name))",
                POD,
                "[[\"aa\", \"ab\"], [\"ba\", \"bb\"]]",
            ),
            ("self.metadata.name.all(x, true)", POD, "error: got 'string', expected iterable type"),
            ("self.spec.containers.all(c, has(c.ports))", POD, "false"),
            ("self.spec.containers.all(c, c.ports.size() > 0)", POD, "error: no such key: ports"),
            ("self.spec.containers.exists(c, c.resources.limits.memory == '64Mi')", POD, "true"),
            ("self.metadata.?labels.optMap(l, l.app).orValue('')", POD, "\"web\""),
            ("self.metadata.?labels.optFlatMap(l, l.?gone).orValue('x')", POD, "\"x\""),
        ],
    );
}

#[test]
fn errors() {
    check(
        &Env::conformance(),
        &[
            ("1 / 0", "", "error: division by zero"),
            ("1u % 0u", "", "error: modulus by zero"),
            ("9223372036854775807 + 1", "", "error: integer overflow"),
            ("0u - 1u", "", "error: unsigned integer overflow"),
            ("-(-9223372036854775808)", "", "error: integer overflow"),
            ("dyn(duration('200000h')) * 2", "", "error: no such overload: _*_"),
            ("timestamp('9999-12-31T23:59:59Z') + duration('1s')", "", "error: timestamp overflow"),
            ("duration('2562047h') + duration('1h')", "", "error: integer overflow"),
            ("0.0 / 0.0 < 1.0", "", "error: NaN values cannot be ordered"),
            ("dyn(1) + 1u", "", "error: no such overload"),
            ("dyn('a') < 1", "", "error: no such overload"),
            ("{1: 1, 1u: 2}", "", "error: Failed with repeated key: 1"),
            ("{1.0: 1}", "", "error: unsupported key type: double"),
            ("'x'.matches('(')", "", "error: error parsing regexp: unclosed group"),
            ("int('x')", "", "error: type conversion error from 'string' to 'int'"),
            ("optional.none().value()", "", "error: optional.none() dereference"),
            ("{'a': dyn(1)}.a.b", "", "error: no such key: b"),
            ("[dyn(1)][0].b", "", "error: no such key: b"),
            (
                "timestamp('2023-02-30T00:00:00Z')",
                "",
                "error: type conversion error from 'string' to 'google.protobuf.Timestamp'",
            ),
            (
                "timestamp('2023-02-03T00:00:00Z').getHours('Nowhere/Town')",
                "",
                "error: unknown time zone Nowhere/Town",
            ),
        ],
    );
}

#[test]
fn mistakes() {
    check(
        &Env::conformance(),
        &[
            ("gone", "", "mistake: 1:1: undeclared reference to 'gone' (in container '')"),
            ("self.a\n  && gone.b", "", "mistake: 2:6: undeclared reference to 'gone' (in container '')"),
            ("self.gone()", "", "mistake: 1:10: undeclared reference to 'gone' (in container '')"),
            ("gone(1)", "", "mistake: 1:5: undeclared reference to 'gone' (in container '')"),
            (
                "'a'.startsWith()",
                "",
                "mistake: 1:15: found no matching overload for 'startsWith' applied to 'string.()'",
            ),
            ("size(1, 2)", "", "mistake: 1:5: found no matching overload for 'size' applied to '(int, int)'"),
            ("1 +", "", "mistake: 1:4: Syntax error: mismatched input '<EOF>' expecting an expression"),
            ("1 1", "", "mistake: 1:3: Syntax error: mismatched input '1' expecting <EOF>"),
            ("'abc", "", "mistake: 1:1: Syntax error: token recognition error at: ''abc'"),
            ("'\\q'", "", "mistake: 1:1: unable to unescape string"),
            ("'\\ud800'", "", "mistake: 1:1: invalid unicode code point"),
            ("9223372036854775808", "", "mistake: 1:1: invalid int literal"),
            ("1 # 2", "", "mistake: 1:3: Syntax error: token recognition error at: '#'"),
            ("for", "", "mistake: 1:1: reserved identifier: for"),
            ("has(self)", "", "mistake: 1:5: invalid argument to has() macro"),
            ("[1].all(1, true)", "", "mistake: 1:9: argument must be a simple name"),
            ("[1].map(self.a, true)", "", "mistake: 1:13: argument is not an identifier"),
            ("[1].all(x, x, true)", "", "mistake: 1:12: duplicate variable name: x"),
            (
                "[1].all(__result__, true)",
                "",
                "mistake: 1:9: iteration variable overwrites accumulator variable",
            ),
            ("Foo{a: 1}", "", "mistake: 1:4: undeclared reference to 'Foo' (in container '')"),
        ],
    );
}

#[test]
fn names() {
    let env = Env::kubernetes(35).with_variable("variables.ports").with_variable("variables");
    let program = env.compile("variables.ports[0] + variables.count").unwrap();
    assert_eq!(program.variables(), ["variables.ports", "variables"]);
    let shadowed = env.compile("[{'ports': 1}].map(variables, variables.ports)").unwrap();
    assert!(shadowed.variables().is_empty());
}

#[test]
fn references() {
    let env = Env::kubernetes(35)
        .with_variable("self")
        .with_variable("namespace")
        .with_variable("value");
    let program = env
        .compile("self.ports.all(p, p.x == namespace.metadata.labels['a']) && has(self.a[0].b) && self[value].c == self")
        .unwrap();
    let paths: Vec<String> = program.paths().iter().map(ToString::to_string).collect();
    assert_eq!(paths, ["self.ports", "namespace.metadata.labels.a", "self.a[0].b", "value", "self"]);
    assert_eq!(program.variables(), ["self", "namespace", "value"]);
}

#[test]
fn mistakes_show_their_place() {
    let source = "true &&\n  gone.field";
    let error = Env::kubernetes(35).compile(source).unwrap_err();
    assert_eq!((error.line, error.column, error.span.clone()), (2, 3, 10..14));
    assert_eq!(error.excerpt(source), " |   gone.field\n | ..^");
}

#[test]
fn run_time_errors_know_their_place() {
    let source = "true && self.a.b.c == 1";
    let program = Env::kubernetes(35).with_variable("self").compile(source).unwrap();
    let tree = super::tree("{a: {}}");
    let error = program
        .eval(&[("self", crate::Value::Node(tree.root()))], &mut crate::Budget::default())
        .unwrap_err();
    assert_eq!(error.span().and_then(|span| source.get(span)), Some("self.a.b"));
}

#[test]
fn parts_of_lists() {
    super::check(
        &Env::conformance(),
        &[
            ("[1, 2, 3, 4].slice(1, 3)", "", "[2, 3]"),
            ("[1].slice(0, 2)", "", "error: cannot slice(0, 2), list is length 1"),
            (
                "[1].slice(1, 0)",
                "",
                "error: cannot slice(1, 0), start index must be less than or equal to end index",
            ),
            ("[1].slice(-1, 0)", "", "error: cannot slice(-1, 0), negative indexes not supported"),
            ("[[1], [2, 3]].flatten()", "", "[1, 2, 3]"),
            ("self.flatten() + self.flatten(2)", "[[1, [2]], 3]", "[1, [2], 3, 1, 2, 3]"),
            ("[dyn(1)].flatten(-1)", "", "error: level must be non-negative"),
            ("[3, 1, 2].sort() + ['b', 'a'].sort().map(s, size(s))", "", "[1, 2, 3, 1, 1]"),
            ("[dyn(1), 'a'].sort()", "", "error: list elements must have the same type"),
            ("[[1]].map(x, dyn(x)).sort()", "", "error: list elements must be comparable"),
            ("self.sortBy(c, c.name).map(c, c.port)", "[{name: b, port: 1}, {name: a, port: 2}]", "[2, 1]"),
            ("['ccc', 'a', 'bb'].sortBy(s, -size(s))", "", "[\"ccc\", \"bb\", \"a\"]"),
            (
                "{'a': 1}.sortBy(x, x)",
                "",
                "mistake: 1:1: sortBy can only be applied to a list, identifier, comprehension, call or select expression",
            ),
            ("lists.range(3) + lists.range(-3)", "", "[0, 1, 2]"),
            ("[1, 2].reverse() == [2, 1] && 'ab'.reverse() == 'ba'", "", "true"),
            ("[dyn(1), 1.0, 'a', 1u, 'a'].distinct()", "", "[1, \"a\"]"),
            ("lists.range(1000000000)", "", "error: operation cancelled: actual cost limit exceeded"),
        ],
    );
}
