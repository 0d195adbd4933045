//! Where a file is, for somebody who has checked the repository out elsewhere.

use super::log::ArtifactLocation;
use crate::escape::percent_encode;

/// What relative URIs are relative to; whoever reads the report knows where that is.
pub(super) const BASE: &str = "%SRCROOT%";

/// Standard input has no address; this is one that nobody takes for a file of theirs.
const STANDARD_INPUT: &str = "stdin";

/// The address of a file: relative to the directory where it lies below that, else absolute.
pub(super) fn locate(file: &str, directory: Option<&str>) -> ArtifactLocation {
    if file == "-" {
        return relative(STANDARD_INPUT);
    }
    let directory = directory.map(|directory| directory.trim_end_matches('/'));
    let path = match directory {
        Some(directory) if !is_absolute(file) => normal(&format!("{directory}/{file}")),
        _ => normal(file),
    };
    let below = directory.and_then(|directory| path.strip_prefix(&normal(directory))?.strip_prefix('/'));
    match below {
        Some(below) => relative(below),
        None if is_absolute(&path) => ArtifactLocation {
            uri: format!("file:///{}", percent_encode(path.trim_start_matches('/'))),
            uri_base_id: None,
        },
        None => relative(&path),
    }
}

/// A place that is no file, such as an object in a cluster: code scanning takes no finding without a
/// path, and drops the whole report when one has none.
pub(super) fn of_subject(subject: &str) -> ArtifactLocation {
    relative(&subject.replace(' ', "/"))
}

fn relative(path: &str) -> ArtifactLocation {
    ArtifactLocation { uri: percent_encode(path), uri_base_id: Some(BASE) }
}

fn is_absolute(path: &str) -> bool {
    let drive = path.get(1..3) == Some(":/") && path.starts_with(|letter: char| letter.is_ascii_alphabetic());
    path.starts_with('/') || drive
}

/// Without `.` and `..`, as far as they can go away.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = vec![];
    for part in path.split('/') {
        match part {
            "." => (),
            "" if !parts.is_empty() => (),
            ".." if parts.last().is_some_and(|last| !matches!(*last, ".." | "")) => _ = parts.pop(),
            ".." if parts.last() == Some(&"") => (),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn relative_where_it_can_be() {
    let uri = |file, directory| locate(file, directory).uri;
    assert_eq!(uri("deploy/a b.yaml", None), "deploy/a%20b.yaml");
    assert_eq!(uri("./deploy//x/../ü.yaml", None), "deploy/%C3%BC.yaml");
    assert_eq!(uri("/repo/deploy/a.yaml", Some("/repo/")), "deploy/a.yaml");
    assert_eq!(uri("../deploy/a.yaml", Some("/repo/sub")), "file:///repo/deploy/a.yaml");
    assert_eq!(uri("../deploy/a.yaml", None), "../deploy/a.yaml");
    assert_eq!(uri("/etc/kubernetes/a.yaml", Some("/repo")), "file:///etc/kubernetes/a.yaml");
    assert_eq!(uri("/repository/a.yaml", Some("/repo")), "file:///repository/a.yaml");
    assert_eq!(uri("C:/repo/a.yaml", Some("C:/repo")), "a.yaml");
    assert_eq!(uri("C:/other/a.yaml", Some("C:/repo")), "file:///C%3A/other/a.yaml");
    assert_eq!(uri("/../a", None), "file:///a");
    assert_eq!(uri("-", Some("/repo")), "stdin");
    assert_eq!(of_subject("Deployment shop/cart").uri, "Deployment/shop/cart");
    assert_eq!(locate("a", None).uri_base_id, Some(BASE));
    assert_eq!(locate("/a", None).uri_base_id, None);
}
