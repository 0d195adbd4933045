//! When an image is pulled: always where its tag is `latest`, else when it is not there.
//!
//! Kubernetes parses the reference, and takes one that does not parse for one without a tag.
//! Source: pkg/util/parsers/parsers.go and github.com/distribution/reference (grammar in
//! reference.go, Docker's short names in normalize.go).

/// The `imagePullPolicy` that an image gets by default.
pub(crate) fn pull_policy(image: &str) -> &'static str {
    // Another tag settles it whether the rest parses or not.
    let end = image.find('@').unwrap_or(image.len());
    let name = image.get(..end).unwrap_or("");
    let tagged = matches!(name.rsplit_once(':'), Some((_, tag)) if tag != "latest" && !tag.contains('/'));
    if !tagged && is_latest(image) == Some(true) { "Always" } else { "IfNotPresent" }
}

/// Whether a reference means the tag `latest`; `None` where it does not parse.
fn is_latest(image: &str) -> Option<bool> {
    if image.len() == 64 && image.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return None; // an image's id
    }
    let (name, digest) = match image.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (image, None),
    };
    let (domain, rest) = split_domain(name);
    let (path, tag) = match rest.split_once(':') {
        Some((path, tag)) => (path, Some(tag)),
        None => (rest, None),
    };
    let length = match domain {
        Some(domain) => domain.len() + 1 + path.len(),
        None if path.contains('/') => "docker.io/".len() + path.len(),
        None => "docker.io/library/".len() + path.len(),
    };
    let right = path.split('/').all(is_path_component)
        && domain.is_none_or(is_domain)
        && tag.is_none_or(is_tag)
        && digest.is_none_or(is_digest)
        && length <= 255;
    right.then_some(match (tag, digest) {
        (Some(tag), _) => tag == "latest",
        (None, Some(_)) => false,
        (None, None) => true,
    })
}

/// What stands before the first slash is a domain only if it looks like one.
fn split_domain(name: &str) -> (Option<&str>, &str) {
    match name.split_once('/') {
        Some((first, rest))
            if first.contains(['.', ':'])
                || first == "localhost"
                || first.bytes().any(|byte| byte.is_ascii_uppercase()) =>
        {
            (Some(first), rest)
        }
        _ => (None, name),
    }
}

fn is_domain(domain: &str) -> bool {
    let (host, port) = match domain.rsplit_once(':') {
        Some((host, port)) if !domain.ends_with(']') => (host, Some(port)),
        _ => (domain, None),
    };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_ipv6 = |host: &str| {
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).is_some_and(|address| {
            !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':')
        })
    };
    port.is_none_or(is_port) && (is_ipv6(host) || host.split('.').all(is_label))
}

/// Lower-case letters and digits, held together by `.`, `_`, `__` or any number of `-`.
fn is_path_component(component: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = component.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    is_word(*first)
        && is_word(*last)
        && bytes.split(|byte| is_word(*byte)).all(|between| {
            matches!(between, b"" | b"." | b"_" | b"__") || between.iter().all(|byte| *byte == b'-')
        })
}

fn is_tag(tag: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    tag.len() <= 128
        && tag.bytes().next().is_some_and(is_word)
        && tag.bytes().all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
}

/// Only an algorithm that the library knows, with as many digits as it needs, is a digest.
fn is_digest(digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else { return false };
    let length = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return false,
    };
    hex.len() == length && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::{is_latest, pull_policy};

    #[test]
    fn tags_as_the_reference_grammar_has_them() {
        let digest = format!("nginx@sha256:{}", "a".repeat(64));
        let tagged = format!("nginx:latest@sha256:{}", "a".repeat(64));
        for (image, wanted) in [
            ("nginx", Some(true)),
            ("nginx:latest", Some(true)),
            ("nginx:1.27", Some(false)),
            ("registry:5000/nginx", Some(true)),
            ("registry.example/a/b:v1", Some(false)),
            ("localhost/a", Some(true)),
            ("[::1]:5000/a", Some(true)),
            ("a/b__c/d-e.f:x", Some(false)),
            (digest.as_str(), Some(false)),
            (tagged.as_str(), Some(true)),
            ("", None),
            ("Nginx", None),
            ("Registry/nginx", Some(true)),
            ("${IMAGE}", None),
            ("{{ .Values.image }}", None),
            ("nginx:", None),
            ("nginx@sha256:abc", None),
            ("a/b___c", None),
            ("https://a/b", None),
        ] {
            assert_eq!(is_latest(image), wanted, "{image}");
            let policy = if wanted == Some(true) { "Always" } else { "IfNotPresent" };
            assert_eq!(pull_policy(image), policy, "{image}");
        }
    }
}
