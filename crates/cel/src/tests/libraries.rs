//! Kubernetes' libraries with types of their own.

use std::sync::Arc;

use super::Row;
use crate::{AccessRequest, AccessResource, Authorizer, Budget, Decision, Env, StaticType, Target, Value};

/// Rows under an environment that has every library.
fn holds(rows: &[Row]) {
    super::check(&Env::kubernetes(35), rows);
}

#[test]
fn a_value_stays_small() {
    assert_eq!(size_of::<Value<'_>>(), 24);
}

#[test]
fn urls() {
    holds(&[
        (
            "url('https://user:p%20w@Example.com:80/a b?q=1&q=2#f')",
            "",
            "url(\"https://user:p%20w@Example.com:80/a%20b?q=1&q=2#f\")",
        ),
        ("url('https://example.com:80/').getScheme()", "", "\"https\""),
        ("url('HTTP://example.com:80/').getHost()", "", "\"example.com:80\""),
        (
            "url('https://[::1]:80/').getHost() + ' ' + url('https://[::1]:80/').getHostname()",
            "",
            "\"[::1]:80 ::1\"",
        ),
        ("url('https://example.com:80/').getPort() + url('/a').getPort()", "", "\"80\""),
        ("url('https://example.com/a b/%7e').getEscapedPath()", "", "\"/a%20b/~\""),
        ("url('https://example.com/a%2fb').getEscapedPath()", "", "\"/a%2fb\""),
        (
            "url('/p?k1=a&k2=b&k2=c+d&x;y&%zz=1').getQuery()",
            "",
            "{\"k1\": [\"a\"], \"k2\": [\"b\", \"c d\"]}",
        ),
        (
            "isURL('/a') && isURL('mailto:a@b') && !isURL('a/b') && !isURL('') && !isURL('http://a b/')",
            "",
            "true",
        ),
        (
            "url('a')",
            "",
            "error: URL parse error during conversion from string: parse \"a\": invalid URI for request",
        ),
        (
            "url('http://a:b/')",
            "",
            "error: URL parse error during conversion from string: parse \"http://a:b/\": invalid port \":b\" after host",
        ),
        (
            "url('http://[1.2.3.4]/')",
            "",
            "error: URL parse error during conversion from string: parse \"http://[1.2.3.4]/\": invalid IP-literal",
        ),
        (
            "url('http://a%41/')",
            "",
            "error: URL parse error during conversion from string: parse \"http://a%41/\": invalid URL escape \"%41\"",
        ),
        ("url('/a') == url('/a') && url('/a') != url('/b')", "", "true"),
        ("url('/a') == dyn('/a')", "", "error: no such overload"),
        ("dyn('/a') == url('/a')", "", "false"),
        ("url('/a') in [url('/b'), url('/a')] && [url('/a')] == [url('/a')]", "", "true"),
        ("type(url('/a')) == type(url('/b')) && type(url('/a')) != string", "", "true"),
        ("url(request)", "", "unknown(request)"),
        ("url(1)", "", "mistake: 1:4: found no matching overload for 'url' applied to '(int)'"),
    ]);
}

#[test]
fn addresses() {
    holds(&[
        ("ip('192.168.0.1')", "", "ip(\"192.168.0.1\")"),
        ("string(ip('2001:DB8::0:1'))", "", "\"2001:db8::1\""),
        ("ip('::1').family() + ip('1.2.3.4').family()", "", "10"),
        ("ip.isCanonical('2001:db8::abcd') && !ip.isCanonical('2001:DB8::ABCD')", "", "true"),
        ("isIP('1.2.3.4') && !isIP('1.2.3') && !isIP('01.2.3.4') && !isIP('::ffff:1.2.3.4')", "", "true"),
        ("ip('0.0.0.0').isUnspecified() && ip('::').isUnspecified()", "", "true"),
        ("ip('127.0.0.1').isLoopback() && ip('::1').isLoopback()", "", "true"),
        ("ip('224.0.0.1').isLinkLocalMulticast() && !ip('224.0.1.1').isLinkLocalMulticast()", "", "true"),
        ("ip('169.254.1.1').isLinkLocalUnicast() && ip('fe80::1').isLinkLocalUnicast()", "", "true"),
        ("ip('10.0.0.1').isGlobalUnicast() && !ip('255.255.255.255').isGlobalUnicast()", "", "true"),
        ("ip('fe80::1%eth0')", "", "error: IP address \"fe80::1%eth0\" with zone value is not allowed"),
        ("ip('::ffff:1.2.3.4')", "", "error: IPv4-mapped IPv6 address \"::ffff:1.2.3.4\" is not allowed"),
        (
            "ip('1.2.3.256')",
            "",
            "error: IP Address \"1.2.3.256\" parse error during conversion from string: ParseAddr(\"1.2.3.256\"): \
             IPv4 field has value >255",
        ),
        ("ip('1.2.3.4') == ip('1.2.3.4') && ip('::1') != ip('::2')", "", "true"),
        ("type(ip('::1')) == net.IP && type(cidr('::1/8')) == net.CIDR", "", "true"),
    ]);
}

#[test]
fn networks() {
    holds(&[
        ("cidr('192.168.1.7/24')", "", "cidr(\"192.168.1.7/24\")"),
        ("string(cidr('2001:DB8::/32'))", "", "\"2001:db8::/32\""),
        (
            "isCIDR('10.0.0.0/8') && !isCIDR('10.0.0.0/33') && !isCIDR('10.0.0.0') && !isCIDR('::/08')",
            "",
            "true",
        ),
        ("cidr('192.168.0.0/24').containsIP('192.168.0.7')", "", "true"),
        ("cidr('192.168.0.9/24').containsIP(ip('192.168.1.7'))", "", "false"),
        ("cidr('::/0').containsIP('1.2.3.4')", "", "false"),
        (
            "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && !cidr('10.1.0.0/16').containsCIDR(cidr('10.0.0.0/8'))",
            "",
            "true",
        ),
        ("cidr('192.168.1.7/24').ip()", "", "ip(\"192.168.1.7\")"),
        ("cidr('192.168.1.7/24').masked()", "", "cidr(\"192.168.1.0/24\")"),
        ("cidr('::1/0').masked().prefixLength()", "", "0"),
        (
            "cidr('10.0.0.0/8/')",
            "",
            "error: network address parse error during conversion from string: network address parse error during \
             conversion from string: netip.ParsePrefix(\"10.0.0.0/8/\"): ParseAddr(\"10.0.0.0/8\"): unexpected \
             character (at \"/8\")",
        ),
        (
            "cidr('10.0.0.0/8').containsIP(1)",
            "",
            "mistake: 1:30: found no matching overload for 'containsIP' applied to 'net.CIDR.(int)'",
        ),
    ]);
}

#[test]
fn quantities() {
    holds(&[
        ("quantity('1.5Gi').isGreaterThan(quantity('1G'))", "", "true"),
        (
            "quantity('200M').compareTo(quantity('0.2G')) + quantity('50M').compareTo(quantity('50Mi'))",
            "",
            "-1",
        ),
        (
            "isQuantity('1.3Gi') && isQuantity('.') && isQuantity('+') && !isQuantity('') && !isQuantity('1.3ki')",
            "",
            "true",
        ),
        ("quantity('50000000G').isInteger() && !quantity('50.3').isInteger()", "", "true"),
        ("quantity('50k').asInteger() + quantity('1Ki').asInteger()", "", "51024"),
        ("quantity('9999999999999999999999').asInteger()", "", "error: cannot convert value to integer"),
        ("quantity('50.703k').asApproximateFloat()", "", "50703.0"),
        ("sign(quantity('-1')) + sign(quantity('0')) + sign(quantity('1m'))", "", "0"),
        ("quantity('50k').add(quantity('20k')) == quantity('70k')", "", "true"),
        ("quantity('50k').add(20).sub(quantity('100k')).sub(-50000)", "", "quantity(\"20\")"),
        ("quantity('0').add(quantity('1536Mi'))", "", "quantity(\"1536Mi\")"),
        ("quantity('1536Mi').add(0).add(quantity('512Mi'))", "", "quantity(\"2Gi\")"),
        ("quantity('9223372036854775807').add(1)", "", "quantity(\"9223372036854775808\")"),
        ("quantity('0.1n').add(quantity('0'))", "", "quantity(\"1n\")"),
        ("quantity('1e21').add(1)", "", "quantity(\"1000000000000000000001\")"),
        ("quantity('12e6').add(quantity('1e3'))", "", "quantity(\"12001e3\")"),
        ("quantity('2') == quantity('1').add(1)", "", "error: no such overload"),
        ("quantity('1').add(1) == quantity('2')", "", "true"),
        (
            "quantity('x')",
            "",
            "error: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        ),
        ("quantity('1ee')", "", "error: unable to parse quantity's suffix"),
        (
            "quantity('1').sign()",
            "",
            "mistake: 1:19: found no matching overload for 'sign' applied to 'kubernetes.Quantity.()'",
        ),
    ]);
}

#[test]
fn versions() {
    holds(&[
        ("semver('1.2.3-rc.1+build.5')", "", "semver(\"1.2.3-rc.1+build.5\")"),
        ("semver('v01.02', true)", "", "semver(\"1.2.0\")"),
        (
            "isSemver('1.0.0') && !isSemver('v1.0.0') && isSemver('v1.0', true) && !isSemver('1.0-a', true)",
            "",
            "true",
        ),
        ("semver('1.2.3').major() * 100 + semver('1.2.3').minor() * 10 + semver('1.2.3').patch()", "", "123"),
        (
            "semver('1.2.3-alpha').isLessThan(semver('1.2.3')) && semver('1.2.3').isGreaterThan(semver('1.2.3-1'))",
            "",
            "true",
        ),
        (
            "semver('1.0.0-1').compareTo(semver('1.0.0-a')) + semver('1.0.0-a').compareTo(semver('1.0.0-a.1'))",
            "",
            "-2",
        ),
        ("semver('1.0.0+a') == semver('1.0.0+b')", "", "true"),
        ("semver('1.2')", "", "error: No Major.Minor.Patch elements found"),
        ("semver('01.2.3')", "", "error: Major number must not contain leading zeroes \"01\""),
        ("semver('1.2.')", "", "error: strconv.ParseUint: parsing \"\": invalid syntax"),
    ]);
}

#[test]
fn formats() {
    holds(&[
        ("format.dns1123Label().validate('my-name')", "", "optional.none()"),
        ("format.dns1123Label().validate('a.b')", "", "optional.of([\"must not contain dots\"])"),
        (
            "format.named('dns1035Label').value().validate('1a').value()[0]",
            "",
            "\"a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic \
             character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for \
             validation is '[a-z]([-a-z0-9]*[a-z0-9])?')\"",
        ),
        ("format.named('nope')", "", "optional.none()"),
        ("format.dns1123LabelPrefix().validate('my-name-')", "", "optional.none()"),
        (
            "format.qualifiedName().validate('/')",
            "",
            "optional.of([\"prefix part must be non-empty\", \"name part must be non-empty\", \"name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')\"])",
        ),
        ("format.labelValue().validate('')", "", "optional.none()"),
        ("format.uri().validate('a').value()", "", "[\"parse \\\"a\\\": invalid URI for request\"]"),
        ("format.uuid().validate('123e4567-E89B-12d3-a456-426614174000')", "", "optional.none()"),
        (
            "format.byte().validate('aGVsbG8=').hasValue() || !format.byte().validate('').hasValue()",
            "",
            "false",
        ),
        (
            "format.date().validate('2024-02-29').hasValue() || !format.date().validate('2023-02-29').hasValue()",
            "",
            "false",
        ),
        ("format.datetime().validate('2021-01-01T00:00:00Z')", "", "optional.none()"),
        ("format.datetime().validate('2021-01-01T24:00:00Z')", "", "optional.of([\"invalid datetime\"])"),
        ("format.date() == format.named('date').value()", "", "true"),
    ]);
}

/// One who allows all that is read, and says what was asked.
#[derive(Debug)]
struct Reader;

impl Authorizer for Reader {
    fn authorize(&self, asked: &AccessRequest<'_>) -> Decision {
        let on = match asked.target {
            Target::Path(path) => path.to_owned(),
            Target::Resource(of) => {
                let AccessResource { group, resource, subresource, namespace, name, .. } = of;
                let selectors = format!("{}|{}", of.field_selector, of.label_selector);
                format!("{group}/{resource}/{subresource} {namespace}/{name} {selectors}")
            }
        };
        let error = (asked.verb == "watch").then(|| "not now".to_owned());
        Decision {
            allowed: asked.verb == "get",
            reason: format!("{} {} {on}", asked.user, asked.verb),
            error,
        }
    }
}

#[test]
fn permissions() {
    let rows: &[(&str, &str)] = &[
        ("authorizer.path('/healthz').check('get').allowed()", "true"),
        ("authorizer.path('/healthz').check('get').reason()", "\"eve get /healthz\""),
        (
            "authorizer.group('apps').resource('deployments').subresource('scale').namespace('shop').name('web')\
             .fieldSelector('a=b').labelSelector('c').check('update').reason()",
            "\"eve update apps/deployments/scale shop/web a=b|c\"",
        ),
        ("authorizer.requestResource.name('other').check('list').allowed()", "false"),
        (
            "authorizer.serviceAccount('shop', 'web').path('/a').check('get').reason()",
            "\"system:serviceaccount:shop:web get /a\"",
        ),
        ("authorizer.serviceAccount('shop', 'We')", "error: Invalid service account name"),
        ("authorizer.path(' ')", "error: path must not be empty"),
        ("authorizer.group('').resource('')", "error: resource must not be empty"),
        (
            "authorizer.path('/a').check('watch').errored() && authorizer.path('/a').check('get').error() == ''",
            "true",
        ),
        ("authorizer.path('/a').check('watch').error()", "\"not now\""),
        ("authorizer == authorizer", "error: no such overload"),
        (
            "[1, 2, 3].all(x, !authorizer.path('/a').check('put').allowed())",
            "error: operation cancelled: actual cost limit exceeded",
        ),
    ];
    let env = Env::kubernetes(35)
        .with_typed_variable("authorizer", StaticType::authorizer())
        .with_typed_variable("authorizer.requestResource", StaticType::resource_check());
    let web = AccessResource { resource: "pods".into(), ..AccessResource::default() };
    let reader = Arc::new(Reader);
    let given = [
        ("authorizer", Value::authorizer(reader.clone(), "eve")),
        ("authorizer.requestResource", Value::resource_check(reader, "eve", web)),
    ];
    for (expression, wanted) in rows {
        let program = env.compile(expression).unwrap();
        let found = program.eval(&given, &mut Budget::new(1_000_000)).map(|value| value.to_string());
        assert_eq!(found.unwrap_or_else(|error| format!("error: {error}")), *wanted, "{expression}");
    }
    let unknown = [("authorizer", Value::unknown("authorizer"))];
    let program = env.compile("authorizer.path('/a').check('get').allowed()").unwrap();
    let found = program.eval(&unknown, &mut Budget::default()).unwrap();
    assert_eq!(found.to_string(), "unknown(authorizer)");
}

/// What is made ready once gives and costs the same as what is made each time.
#[test]
fn literals_are_read_once_and_cost_as_before() {
    let pairs = [
        ("cidr('10.0.0.0/8').containsIP('10.1.2.3')", "cidr(text).containsIP('10.1.2.3')", "10.0.0.0/8"),
        ("ip('::1').isLoopback()", "ip(text).isLoopback()", "::1"),
        (
            "quantity('1500m').isGreaterThan(quantity('1'))",
            "quantity(text).isGreaterThan(quantity('1'))",
            "1500m",
        ),
        ("semver('1.2.3').major()", "semver(text).major()", "1.2.3"),
        ("url('https://a.b/c').getHost()", "url(text).getHost()", "https://a.b/c"),
        ("'one two three'.find('t[a-z]+')", "'one two three'.find(text)", "t[a-z]+"),
        ("'one two three'.findAll('t[a-z]+')", "'one two three'.findAll(text)", "t[a-z]+"),
        ("'one two three'.findAll('t[a-z]+', 1)", "'one two three'.findAll(text, 1)", "t[a-z]+"),
        ("'one two three'.findAll('t[a-z]+', -1)", "'one two three'.findAll(text, -1)", "t[a-z]+"),
    ];
    let env = Env::kubernetes_stored(35).with_typed_variable("text", StaticType::String);
    for (literal, variable, text) in pairs {
        let run = |source: &str| {
            let mut budget = Budget::default();
            let program = env.compile(source).unwrap_or_else(|error| panic!("{source}: {error}"));
            let value = program.eval(&[("text", Value::from(text))], &mut budget).unwrap();
            (value.to_string(), budget.used())
        };
        let (value, cost) = run(variable);
        // Reading a variable costs one, a literal nothing.
        assert_eq!(run(literal), (value, cost - 1), "{literal}");
    }
}
