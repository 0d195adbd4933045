//! What must hold of the texts that Kubernetes' libraries read.

use crate::extension::{Address, NamedFormat, Network, Quantity, Semver, Url};
use crate::library::compile_pattern;

/// The text before the first zero byte and the one after it.
fn two_texts(data: &[u8]) -> Option<(&str, &str)> {
    let text = std::str::from_utf8(data).ok()?;
    Some(text.split_once('\0').unwrap_or((text, "")))
}

/// A format says what is wrong with any text, and says it in words. The data is a format's name, a zero byte
/// and the text.
pub fn fuzz_format(data: &[u8]) {
    let Some((name, text)) = two_texts(data) else { return };
    let Some(format) = NamedFormat::of(name) else { return };
    for problem in format.problems(text) {
        assert!(!problem.is_empty(), "{name} of {text:?}");
    }
}

/// Amounts are ordered, and what was added can be taken away. The data is two of them with a zero byte between.
pub fn fuzz_quantity(data: &[u8]) {
    let Some((left, right)) = two_texts(data) else { return };
    let (Ok(one), Ok(other)) = (Quantity::parse(left), Quantity::parse(right)) else { return };
    assert_eq!(one.compared(&other), other.compared(&one).reverse(), "{left:?} and {right:?}");
    for amount in [&one, &other] {
        assert!(!amount.to_string().is_empty());
        let _ = (amount.as_float(), amount.as_integer());
    }
    let Ok(sum) = one.plus(&other) else { return };
    let Ok(difference) = sum.minus(&other) else { return };
    assert!(difference.compared(&one).is_eq(), "{left:?} and {right:?}");
}

/// A network is written as it is read, and has its own address in it.
pub fn fuzz_cidr(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(address) = Address::parse(text) {
        assert_eq!(Address::parse(&address.to_string()), Ok(address), "{text:?}");
    }
    let Ok(network) = Network::parse(text) else { return };
    assert_eq!(Network::parse(&network.to_string()), Ok(network), "{text:?}");
    let masked = network.masked();
    assert_eq!(masked, masked.masked(), "{text:?}");
    assert!(masked.contains(network.address()) && network.contains_network(masked), "{text:?}");
}

/// A URL comes apart, and its path is escaped.
pub fn fuzz_url(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(url) = Url::parse(text) else { return };
    assert!(Url::check(text).is_ok(), "{text:?}");
    assert!(url.escaped_path().is_ascii(), "{text:?}");
    assert!(url.port().bytes().all(|byte| byte.is_ascii_digit()), "{text:?}");
    let _ = (url.scheme(), url.host(), url.hostname(), url.parameters(), url.to_string());
}

/// A version is written as it is read, and what is normalized is one.
pub fn fuzz_semver(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(version) = Semver::parse(text) {
        assert_eq!(version.to_string(), text);
    }
    let Ok(version) = Semver::parse_normalized(text) else { return };
    let again = Semver::parse(&version.to_string());
    assert!(again.is_ok_and(|again| again.compared(&version).is_eq()), "{text:?}");
}

/// A pattern is refused, or finds what it finds within a moment. The data is a pattern, a zero byte and a text.
pub fn fuzz_regex(data: &[u8]) {
    let Some((pattern, text)) = two_texts(data) else { return };
    match compile_pattern(pattern) {
        Ok(compiled) => {
            let found = compiled.find_iter(text).count();
            assert_eq!(compiled.is_match(text), found > 0, "{pattern:?} in {text:?}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
