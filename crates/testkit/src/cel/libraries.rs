//! Expressions of Kubernetes' own libraries: what yields which of their types, and texts they are read from,
//! right ones and such with something wrong in them.

use super::expr::{Item as I, Library as L, Type, Type as T};
use super::rows::Row;
use crate::Random;

/// The types that a value can have.
pub(super) const VALUES: &[L] = &[
    L::Url,
    L::Ip,
    L::Cidr,
    L::Quantity,
    L::Quantity,
    L::Semver,
    L::Format,
    L::Authorizer,
    L::PathCheck,
    L::GroupCheck,
    L::ResourceCheck,
    L::Decision,
];

const URL: Type = T::Library(L::Url);
const URL_TEXT: Type = T::Library(L::UrlText);
const IP: Type = T::Library(L::Ip);
const IP_TEXT: Type = T::Library(L::IpText);
const CIDR: Type = T::Library(L::Cidr);
const CIDR_TEXT: Type = T::Library(L::CidrText);
const QUANTITY: Type = T::Library(L::Quantity);
const QUANTITY_TEXT: Type = T::Library(L::QuantityText);
const SEMVER: Type = T::Library(L::Semver);
const SEMVER_TEXT: Type = T::Library(L::SemverText);
const FORMAT: Type = T::Library(L::Format);
const FORMAT_TEXT: Type = T::Library(L::FormatText);
const AUTHORIZER: Type = T::Library(L::Authorizer);
const PATH_CHECK: Type = T::Library(L::PathCheck);
const GROUP_CHECK: Type = T::Library(L::GroupCheck);
const RESOURCE_CHECK: Type = T::Library(L::ResourceCheck);
const DECISION: Type = T::Library(L::Decision);

const BOOLS: &[Row] = &[
    ("isURL(~)", &[URL_TEXT]),
    ("isIP(~)", &[IP_TEXT]),
    ("ip.isCanonical(~)", &[IP_TEXT]),
    ("isCIDR(~)", &[CIDR_TEXT]),
    ("isQuantity(~)", &[QUANTITY_TEXT]),
    ("isSemver(~)", &[SEMVER_TEXT]),
    ("isSemver(~, ~)", &[SEMVER_TEXT, T::Bool]),
    ("isSemver(~, true)", &[SEMVER_TEXT]),
    ("$.isUnspecified()", &[IP]),
    ("$.isLoopback()", &[IP]),
    ("$.isLinkLocalMulticast()", &[IP]),
    ("$.isLinkLocalUnicast()", &[IP]),
    ("$.isGlobalUnicast()", &[IP]),
    ("$.containsIP(~)", &[CIDR, IP_TEXT]),
    ("$.containsIP(~)", &[CIDR, IP]),
    ("$.containsIP(dyn(~))", &[CIDR, IP_TEXT]),
    ("$.containsCIDR(~)", &[CIDR, CIDR_TEXT]),
    ("$.containsCIDR(~)", &[CIDR, CIDR]),
    ("dyn(~).containsCIDR(dyn(~))", &[CIDR, CIDR_TEXT]),
    ("$.isInteger()", &[QUANTITY]),
    ("$.isLessThan(~)", &[QUANTITY, QUANTITY]),
    ("$.isGreaterThan(~)", &[QUANTITY, QUANTITY]),
    ("dyn(~).isGreaterThan(~)", &[QUANTITY, QUANTITY]),
    ("$.isLessThan(~)", &[SEMVER, SEMVER]),
    ("$.isGreaterThan(~)", &[SEMVER, SEMVER]),
    ("dyn(~).isLessThan(dyn(~))", &[SEMVER, QUANTITY]),
    ("$.validate(~).hasValue()", &[FORMAT, FORMAT_TEXT]),
    ("format.named(~).hasValue()", &[FORMAT_TEXT]),
    ("$.allowed()", &[DECISION]),
    ("$.errored()", &[DECISION]),
    ("$ == $", &[QUANTITY, QUANTITY]),
    ("$ != $", &[CIDR, CIDR]),
    ("$ != $", &[IP, IP]),
    ("$ == $", &[URL, T::Dyn]),
    ("dyn(~) == $", &[IP, T::Dyn]),
    ("$ in [~, ~]", &[QUANTITY, QUANTITY, QUANTITY]),
    ("$ in [~]", &[URL, URL]),
    ("[~] == [~]", &[SEMVER, SEMVER]),
    ("{'a': ~} == {'a': ~}", &[CIDR, CIDR]),
    ("optional.of(~) == optional.of(~)", &[IP, IP]),
    ("$ == type(~)", &[T::Type, QUANTITY]),
    ("$ < $", &[QUANTITY, QUANTITY]),
    ("[~, ~].isSorted()", &[QUANTITY, QUANTITY]),
];
const INTS: &[Row] = &[
    ("$.family()", &[IP]),
    ("$.prefixLength()", &[CIDR]),
    ("$.asInteger()", &[QUANTITY]),
    ("$.compareTo(~)", &[QUANTITY, QUANTITY]),
    ("$.compareTo(~)", &[SEMVER, SEMVER]),
    ("sign(~)", &[QUANTITY]),
    ("$.sign()", &[QUANTITY]),
    ("$.major()", &[SEMVER]),
    ("$.minor()", &[SEMVER]),
    ("$.patch()", &[SEMVER]),
    ("[~, ~].indexOf(~)", &[QUANTITY, QUANTITY, QUANTITY]),
    ("size(~)", &[IP]),
    ("size(dyn(~))", &[CIDR]),
];
const DOUBLES: &[Row] = &[("$.asApproximateFloat()", &[QUANTITY])];
const STRINGS: &[Row] = &[
    ("$.getScheme()", &[URL]),
    ("$.getHost()", &[URL]),
    ("$.getHostname()", &[URL]),
    ("$.getPort()", &[URL]),
    ("$.getEscapedPath()", &[URL]),
    ("string(~)", &[IP]),
    ("string(~)", &[CIDR]),
    ("string(~)", &[QUANTITY]),
    ("string(dyn(~))", &[URL]),
    ("string(dyn(~))", &[IP]),
    ("$.validate(~).orValue(['']).join('|')", &[FORMAT, FORMAT_TEXT]),
    ("$.reason()", &[DECISION]),
    ("$.error()", &[DECISION]),
    ("'%s'.format([~])", &[QUANTITY]),
    ("'%s'.format([dyn(~)])", &[IP]),
];
const STRING_LISTS: &[Row] = &[
    ("$.validate(~).value()", &[FORMAT, FORMAT_TEXT]),
    ("$.getQuery()['a']", &[URL]),
    ("$.sort()", &[T::List(I::String)]),
    ("$.distinct()", &[T::List(I::String)]),
    ("$.sortBy(s, size(s))", &[T::List(I::String)]),
    ("$.reverse().slice(0, ~)", &[T::List(I::String), T::Int]),
];
const INT_LISTS: &[Row] = &[
    ("$.slice(~, ~)", &[T::List(I::Int), T::Int, T::Int]),
    ("$.sort()", &[T::List(I::Int)]),
    ("$.sort()", &[T::List(I::Dyn)]),
    ("$.reverse()", &[T::List(I::Int)]),
    ("$.distinct()", &[T::List(I::Int)]),
    ("[~, ~].flatten()", &[T::List(I::Int), T::List(I::Int)]),
    ("lists.range($ % 20)", &[T::Int]),
    ("lists.range(3)", &[]),
    ("$.sortBy(x, -x)", &[T::List(I::Int)]),
    ("$.sortBy(x, string(x))", &[T::List(I::Int)]),
    ("$.sortBy(x, ~)", &[T::List(I::Int), T::Dyn]),
];
const DYN_LISTS: &[Row] = &[
    ("$.reverse()", &[T::List(I::Dyn)]),
    ("$.distinct()", &[T::List(I::Dyn)]),
    ("$.sort()", &[T::List(I::Double)]),
    ("$.sort()", &[T::Dyn]),
    ("$.flatten()", &[T::Dyn]),
    ("$.flatten(~)", &[T::List(I::Dyn), T::Int]),
    ("object.spec.nested.flatten()", &[]),
    ("[[~], [[~]]].flatten(2)", &[T::Dyn, T::Dyn]),
    ("$.slice(0, 1)", &[T::List(I::Dyn)]),
    ("$.sortBy(x, x)", &[T::List(I::Dyn)]),
    ("$.sortBy(x, x)", &[T::Map(I::Int)]),
    ("$.sortBy(x, x.asInteger())", &[T::List(I::Dyn)]),
    ("[~, ~].sortBy(q, q.asApproximateFloat())", &[QUANTITY, QUANTITY]),
    ("[~, ~].distinct()", &[QUANTITY, QUANTITY]),
    ("[~, ~].sort()", &[IP, IP]),
];
const MAPS: &[Row] = &[("$.getQuery()", &[URL])];
const OPTIONALS: &[Row] = &[
    ("$.validate(~)", &[FORMAT, FORMAT_TEXT]),
    ("format.named(~)", &[T::String]),
    ("optional.ofNonZeroValue(~)", &[QUANTITY]),
    ("optional.of(~)", &[IP]),
];
const TYPES: &[Row] = &[
    ("type(~)", &[URL]),
    ("type(~)", &[IP]),
    ("type(~)", &[QUANTITY]),
    ("type(~)", &[FORMAT]),
    ("type(~)", &[RESOURCE_CHECK]),
    ("net.IP", &[]),
    ("net.CIDR", &[]),
    ("kubernetes.Quantity", &[]),
];
const DYNS: &[Row] = &[
    ("dyn(~)", &[URL]),
    ("dyn(~)", &[IP]),
    ("dyn(~)", &[CIDR]),
    ("dyn(~)", &[QUANTITY]),
    ("dyn(~)", &[SEMVER]),
    ("$.field", &[QUANTITY]),
    ("$.field", &[IP]),
    ("[~, ~].max()", &[QUANTITY, QUANTITY]),
    ("[~, ~].map(x, x)", &[QUANTITY, QUANTITY]),
    ("[~, ~].filter(x, x == ~)", &[QUANTITY, QUANTITY, QUANTITY]),
];
const URLS: &[Row] = &[
    ("url(~)", &[URL_TEXT]),
    ("url(~)", &[URL_TEXT]),
    ("url(dyn(~))", &[URL_TEXT]),
    ("$ ? $ : $", &[T::Bool, URL, URL]),
];
const IPS: &[Row] = &[
    ("ip(~)", &[IP_TEXT]),
    ("ip(~)", &[IP_TEXT]),
    ("ip(dyn(~))", &[IP_TEXT]),
    ("$.ip()", &[CIDR]),
    ("dyn(~).ip()", &[CIDR]),
];
const CIDRS: &[Row] = &[
    ("cidr(~)", &[CIDR_TEXT]),
    ("cidr(~)", &[CIDR_TEXT]),
    ("$.masked()", &[CIDR]),
    ("cidr(dyn(~))", &[CIDR_TEXT]),
];
const QUANTITIES: &[Row] = &[
    ("quantity(~)", &[QUANTITY_TEXT]),
    ("quantity(~)", &[QUANTITY_TEXT]),
    ("$.add(~)", &[QUANTITY, QUANTITY]),
    ("$.sub(~)", &[QUANTITY, QUANTITY]),
    ("$.add(~)", &[QUANTITY, T::Int]),
    ("$.sub(~)", &[QUANTITY, T::Int]),
    ("dyn(~).sub(dyn(~))", &[QUANTITY, T::Int]),
    ("[~, ~][1]", &[QUANTITY, QUANTITY]),
];
const SEMVERS: &[Row] = &[
    ("semver(~)", &[SEMVER_TEXT]),
    ("semver(~)", &[SEMVER_TEXT]),
    ("semver(~, ~)", &[SEMVER_TEXT, T::Bool]),
    ("semver(~, true)", &[SEMVER_TEXT]),
    ("semver(dyn(~))", &[SEMVER_TEXT]),
];
const FORMATS: &[Row] = &[
    ("format.dns1123Label()", &[]),
    ("format.dns1123Subdomain()", &[]),
    ("format.dns1035Label()", &[]),
    ("format.qualifiedName()", &[]),
    ("format.dns1123LabelPrefix()", &[]),
    ("format.dns1123SubdomainPrefix()", &[]),
    ("format.dns1035LabelPrefix()", &[]),
    ("format.labelValue()", &[]),
    ("format.uri()", &[]),
    ("format.uuid()", &[]),
    ("format.byte()", &[]),
    ("format.date()", &[]),
    ("format.datetime()", &[]),
    ("format.nope()", &[]),
    ("format.named('uri').value()", &[]),
    ("format.named(~).value()", &[T::String]),
    ("format.named('date').orValue(~)", &[FORMAT]),
];
const AUTHORIZERS: &[Row] =
    &[("authorizer", &[]), ("$.serviceAccount(~, ~)", &[AUTHORIZER, FORMAT_TEXT, FORMAT_TEXT])];
const PATH_CHECKS: &[Row] =
    &[("$.path(~)", &[AUTHORIZER, URL_TEXT]), ("$.path(~)", &[AUTHORIZER, T::String])];
const GROUP_CHECKS: &[Row] =
    &[("$.group(~)", &[AUTHORIZER, FORMAT_TEXT]), ("dyn(~).group(~)", &[AUTHORIZER, T::String])];
const RESOURCE_CHECKS: &[Row] = &[
    ("authorizer.requestResource", &[]),
    ("$.resource(~)", &[GROUP_CHECK, FORMAT_TEXT]),
    ("$.resource('secrets')", &[GROUP_CHECK]),
    ("$.subresource(~)", &[RESOURCE_CHECK, T::String]),
    ("$.namespace(~)", &[RESOURCE_CHECK, FORMAT_TEXT]),
    ("$.name(~)", &[RESOURCE_CHECK, T::String]),
    ("$.fieldSelector(~)", &[RESOURCE_CHECK, T::String]),
    ("$.labelSelector(~)", &[RESOURCE_CHECK, FORMAT_TEXT]),
];
const DECISIONS: &[Row] = &[
    ("$.check('get')", &[RESOURCE_CHECK]),
    ("$.check('watch')", &[RESOURCE_CHECK]),
    ("$.check('get')", &[PATH_CHECK]),
    ("$.check(~)", &[RESOURCE_CHECK, T::String]),
    ("dyn(~).check(~)", &[PATH_CHECK, T::String]),
];

/// The ways to make a type out of the libraries.
pub(super) fn of(kind: Type) -> &'static [Row] {
    match kind {
        T::Bool => BOOLS,
        T::Int => INTS,
        T::Double => DOUBLES,
        T::String => STRINGS,
        T::List(I::String) => STRING_LISTS,
        T::List(I::Int) => INT_LISTS,
        T::List(I::Dyn) => DYN_LISTS,
        T::Map(I::Dyn) => MAPS,
        T::Optional(I::Dyn) => OPTIONALS,
        T::Type => TYPES,
        T::Dyn => DYNS,
        T::Library(library) => match library {
            L::Url => URLS,
            L::Ip => IPS,
            L::Cidr => CIDRS,
            L::Quantity => QUANTITIES,
            L::Semver => SEMVERS,
            L::Format => FORMATS,
            L::Authorizer => AUTHORIZERS,
            L::PathCheck => PATH_CHECKS,
            L::GroupCheck => GROUP_CHECKS,
            L::ResourceCheck => RESOURCE_CHECKS,
            L::Decision => DECISIONS,
            _ => super::rows::of(T::String),
        },
        _ => &[],
    }
}

/// Whether it is text that one of the libraries reads.
pub(super) fn is_text(kind: Type) -> bool {
    matches!(kind, T::Library(library) if !VALUES.contains(&library))
}

const URL_TEXTS: &[&str] = &[
    "https://example.com/",
    "https://example.com:80/a/b?a=1&a=2&b=3",
    "http://user:pa%20ss@host:8080/p%2fq/r s?x#frag",
    "/path only/%7e?k=v",
    "mailto:someone@example.com",
    "https://[::1]:443/a",
    "https://[fe80::1%25en0]:80/a",
    "https://[1.2.3.4]/",
    "HTTPS://EXAMPLE.com",
    "file:///etc/passwd",
    "//host/path",
    "a/b",
    "*",
    "/a?a=%zz&b=%41+c;d=1&&=e&f",
    "http://a:b:1/",
    "http://a/%",
    "http://a%20b/",
    "http://a b/",
    "x:",
    "http:///a",
    "http:/a//b",
    "http://ü.de/ä?ö=ü#ß",
    "1a:b",
    "http://h/?",
    "http://h/a?b?c#d#e",
    "http://u:p:q@h/",
    "http://[::ffff:1.2.3.4]:x/",
    "ws://h,i:1/",
];
const IP_TEXTS: &[&str] = &[
    "127.0.0.1",
    "192.168.0.1",
    "10.0.0.255",
    "0.0.0.0",
    "255.255.255.255",
    "169.254.169.254",
    "224.0.0.1",
    "224.0.1.1",
    "::1",
    "::",
    "fe80::1",
    "ff02::1",
    "ff00::1",
    "fd00::1",
    "2001:db8::abcd",
    "2001:DB8:0:0:1::1",
    "::ffff:1.2.3.4",
    "::ffff:c0a8:1",
    "::1.2.3.4",
    "1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:1.2.3.4",
    "1::2::3",
    "fe80::1%eth0",
    "01.2.3.4",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "12345::",
    "1:2:3:4:5:6:7::",
    "::%",
    "%eth0",
    "1:2:0:0:5:0:0:8",
];
const CIDR_TEXTS: &[&str] = &[
    "10.0.0.0/8",
    "192.168.1.7/24",
    "192.168.0.0/16",
    "0.0.0.0/0",
    "1.2.3.4/32",
    "2001:db8::/32",
    "2001:db8::1/64",
    "::/0",
    "::1/128",
    "::ffff:1.2.3.4/96",
    "10.0.0.0/33",
    "10.0.0.0/08",
    "10.0.0.0/+8",
    "10.0.0.0/-1",
    "10.0.0.0/",
    "10.0.0.0",
    "::1/129",
    "fe80::1%en0/10",
    "10.0.0.0/8/8",
    "10.0.0/8",
    "::/0001",
    "10.0.0.0/99999999999999999999",
    "169.254.0.0/17",
];
const QUANTITY_TEXTS: &[&str] = &[
    "1",
    "0",
    "500m",
    "1.5Gi",
    "64Mi",
    "1G",
    "1000000",
    "1500m",
    "-1.5k",
    "100Mi",
    "1e3",
    "1E3",
    "12e6",
    "1.5e-3",
    "1Ei",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "0.1n",
    "1.000000001",
    "1.5",
    "0.5Mi",
    "+1",
    "+",
    ".",
    "1.",
    ".5",
    "00100",
    "000.000",
    "1e18",
    "1e20",
    "1e-9",
    "1e-12",
    "12345678901234567890123",
    "1234567890123456789k",
    "123456789012.123456789012",
    "1023",
    "1024Ki",
    "3.3Ki",
    "8E",
    "100E",
    "16Ei",
    "1ki",
    "1K",
    "1e",
    "1ee5",
    "1e+3",
    "1 ",
    "1.2.3",
    "",
    "1000u",
    "999999999999999999",
    "0.000000000000000001",
    "-0.5",
    "-1n",
    "1.2345e2",
];
const SEMVER_TEXTS: &[&str] = &[
    "1.2.3",
    "0.0.0",
    "1.2.3-alpha",
    "1.2.3-alpha.1",
    "1.2.3-1",
    "1.2.3-1.a.b-c",
    "1.2.3+build.01",
    "1.2.3-rc.1+b",
    "v1.2.3",
    "v1.2",
    "1",
    "v01.002.0003",
    "1.2.3.4",
    "1.2",
    "1.2.3-",
    "1.2.3+",
    "1.2.3-01",
    "1.2.3-a..b",
    "01.2.3",
    "1.02.3",
    "1.2.03",
    "-1.2.3",
    "1.2-a",
    "18446744073709551615.0.0",
    "18446744073709551616.0.0",
    "1.2.3-ä",
    "",
    "1..3",
    "1.2.0-0",
    "00.a.00",
    "1.2.3+a-b.c",
];
const FORMAT_TEXTS: &[&str] = &[
    "my-name",
    "default",
    "apps",
    "pods",
    "a.b-c.d",
    "example.com/name",
    "1abc",
    "abc1",
    "my-name-",
    "a-",
    "-",
    "A_b.c",
    "",
    "a/b/c",
    "/a",
    "a/",
    "123e4567-e89b-12d3-a456-426614174000",
    "123E4567e89b12d3a456426614174000",
    "aGVsbG8=",
    "aGVsbG8",
    "aa==",
    "====",
    "2021-01-01",
    "2024-02-29",
    "2023-02-29",
    "2021-1-1",
    "2021-01-01T00:00:00Z",
    "2021-01-01t23:59:59.5+01:00",
    "2021-01-01T24:00:00Z",
    "2021-01-01T00:00:00",
    "http://example.com/a",
    "kube-system",
    "app=web,tier in (a, b)",
    "metadata.name=a",
    "ünïcode",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "ü-",
    "dns1123Label",
];

/// A text for one of the libraries, half of the time with something changed; `None` for other types.
pub(super) fn literal(random: &mut Random, kind: Type) -> Option<String> {
    let T::Library(library) = kind else { return None };
    let texts = match library {
        L::UrlText => URL_TEXTS,
        L::IpText => IP_TEXTS,
        L::CidrText => CIDR_TEXTS,
        L::QuantityText => QUANTITY_TEXTS,
        L::SemverText => SEMVER_TEXTS,
        L::FormatText => FORMAT_TEXTS,
        L::Authorizer if random.percent(70) => return Some("authorizer".to_owned()),
        L::ResourceCheck if random.percent(40) => return Some("authorizer.requestResource".to_owned()),
        _ => return None,
    };
    let mut text: Vec<char> = random.pick(texts).chars().collect();
    let times = if random.percent(40) { 1 + random.below(3) } else { 0 };
    for _ in 0..times {
        change(random, &mut text);
    }
    // A server asked to compare such amounts computes for minutes.
    let is_endless = text.split(|char| matches!(char, 'e' | 'E')).skip(1).any(|rest| rest.len() > 4);
    if library == L::QuantityText && is_endless {
        text = vec!['1'];
    }
    let mut literal = String::from("'");
    for char in text {
        if matches!(char, '\'' | '\\') {
            literal.push('\\');
        }
        literal.push(char);
    }
    Some(literal + "'")
}

/// Puts a character in, takes one out, or replaces one.
fn change(random: &mut Random, text: &mut Vec<char>) {
    let alphabet: Vec<char> =
        "0123456789aAbBeEfkmnuKMGTPi.:/%-+_?&=#@[]~ ;,!*'\"\\<>ü\u{7f}".chars().collect();
    let place = random.below(text.len() + 1);
    let char = *random.choose(&alphabet);
    match random.below(4) {
        0 if place < text.len() => {
            text.remove(place);
        }
        1 if place < text.len() => text[place] = char,
        2 if place < text.len() => text.insert(place, text[place]),
        _ => text.insert(place, char),
    }
}

/// What a failing expression is made small with.
pub(super) fn simplest(kind: Type) -> Option<&'static str> {
    let T::Library(library) = kind else { return None };
    Some(match library {
        L::Url => "url('/a')",
        L::UrlText => "'/a'",
        L::Ip => "ip('::1')",
        L::IpText => "'::1'",
        L::Cidr => "cidr('::/0')",
        L::CidrText => "'::/0'",
        L::Quantity => "quantity('1')",
        L::QuantityText => "'1'",
        L::Semver => "semver('1.2.3')",
        L::SemverText => "'1.2.3'",
        L::Format => "format.uri()",
        L::FormatText => "'a'",
        L::Authorizer => "authorizer",
        L::ResourceCheck => "authorizer.requestResource",
        L::PathCheck => "authorizer.path('/a')",
        L::GroupCheck => "authorizer.group('a')",
        L::Decision => "authorizer.path('/a').check('get')",
    })
}
