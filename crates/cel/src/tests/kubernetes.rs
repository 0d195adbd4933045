//! What which version of the API server has.

use crate::{Env, StaticType};

/// An expression, and the first minor version that accepts it in a new policy.
const SINCE: &[(&str, u32)] = &[
    ("self.all(x, true)", 0),
    ("self.existsOne(x, true)", 0),
    ("'a'.charAt(0)", 0),
    ("'a'.split(',').join()", 0),
    ("timestamp('2020-01-01T00:00:00Z').getHours()", 0),
    ("self.?a", 29),
    ("self[?0]", 29),
    ("[?self]", 29),
    ("optional.of(1).optMap(x, x)", 29),
    ("optional.of(1).optFlatMap(x, optional.of(x))", 29),
    ("'%s'.format([1])", 30),
    ("strings.quote('')", 30),
    ("sets.contains([1], [1])", 30),
    ("self.all(i, x, true)", 33),
    ("self.transformList(i, x, x)", 33),
    ("self.transformMapEntry(i, x, {i: x})", 33),
    ("url('/a').getHost() == '' && isURL('/a')", 0),
    ("quantity('1').isInteger()", 29),
    ("ip('::1').family() == 6 && type(self) == net.IP", 31),
    ("cidr('::1/8').masked() == self", 31),
    ("format.uri().validate('/a').hasValue()", 32),
    ("semver('1.2.3', true).major()", 34),
    ("[2, 1].sort().slice(0, 1) == [1, 1].distinct()", 35),
    ("lists.range(3).reverse().sortBy(x, -x) == [[2]].flatten()", 35),
    ("'a'.reverse()", u32::MAX),
    ("math.abs(1)", u32::MAX),
    ("base64.encode(b'')", u32::MAX),
    ("cel.bind(x, 1, x)", u32::MAX),
    ("self.`a-b`", u32::MAX),
];

/// What begins the expressions that use what only Kubernetes has.
const OF_KUBERNETES: &[&str] = &["url", "quantity", "format", "semver"];

/// Permissions are asked for through variables, and by selectors since 1.31.
#[test]
fn versions_of_permissions() {
    let rows =
        [("self.check('get').allowed()", 28), ("self.labelSelector('a=b').check('list').allowed()", 32)];
    for (expression, since) in rows {
        for minor in 25..40 {
            let env = Env::kubernetes(minor).with_typed_variable("self", StaticType::resource_check());
            let accepted = env.compile(expression);
            assert_eq!(accepted.is_ok(), minor >= since, "{expression} in 1.{minor}: {accepted:?}");
        }
    }
}

#[test]
fn versions() {
    for (expression, since) in SINCE {
        for minor in 25..40 {
            let accepted = Env::kubernetes(minor).with_variable("self").compile(expression);
            assert_eq!(accepted.is_ok(), minor >= *since, "{expression} in 1.{minor}: {accepted:?}");
        }
        if OF_KUBERNETES.iter().any(|own| expression.starts_with(own)) {
            continue;
        }
        assert!(Env::conformance().with_variable("self").compile(expression).is_ok(), "{expression}");
    }
}

/// What the language's own extensions lack.
#[test]
fn lists_and_patterns() {
    super::check(
        &Env::kubernetes(35),
        &[
            ("[1, 2, 2].isSorted() && !['b', 'a'].isSorted()", "", "true"),
            (
                "[1, 2, 3].sum() == 6 && [0.5, 0.5].sum() == 1.0 && [duration('1s')].sum() == duration('1s')",
                "",
                "true",
            ),
            ("[3, 1, 2].min() == 1 && ['a', 'c'].max() == 'c'", "", "true"),
            (
                "[1, 2, 1].indexOf(1) == 0 && [1, 2, 1].lastIndexOf(1) == 2 && [1].indexOf(5) == -1",
                "",
                "true",
            ),
            ("[1].filter(x, false).min()", "", "error: min called on empty list"),
            ("'abc 123 x9'.find('[0-9]+')", "", "\"123\""),
            ("'1 22 333'.findAll('[0-9]+', 2) == ['1', '22'] && 'x'.findAll('y') == []", "", "true"),
            (
                "sets.contains([1, 2, 3], [2]) && !sets.equivalent([1], [1, 2]) && sets.intersects([1], [1, 2])",
                "",
                "true",
            ),
        ],
    );
}

#[test]
fn format_speaks_english() {
    super::check(
        &Env::kubernetes(35),
        &[
            ("'%s'.format([1234.5])", "", "\"1234.5\""),
            ("'%.3f'.format([1234567.1234])", "", "\"1,234,567.123\""),
            ("'%e'.format([1052.032911275])", "", "\"1.052033×10⁰³\""),
            ("'%d'.format([12345])", "", "\"12345\""),
            (
                "'%s'.format([['a', dyn(1.5), dyn(duration('1s'))]])",
                "",
                "\"[\\\"a\\\", 1.500000, duration(\\\"1s\\\")]\"",
            ),
            ("'%s'.format([{'b': 1, 'a': 2}])", "", "\"{\\\"a\\\":2, \\\"b\\\":1}\""),
            (
                "'%d'.format([dyn('a')])",
                "",
                "error: error during formatting: decimal clause can only be used on integers, was given string",
            ),
        ],
    );
}

#[test]
fn places_beyond_the_end() {
    let rows = [("'abc'.indexOf('a', 30)", "", "-1"), ("'abc'.lastIndexOf('a', 30)", "", "-1")];
    super::check(&Env::kubernetes(35), &rows);
    super::check(&Env::conformance(), &[("'abc'.indexOf('a', 30)", "", "error: index out of range: 30")]);
}
