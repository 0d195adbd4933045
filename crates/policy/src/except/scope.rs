//! Whether a finding is within the scope of an exception.

use std::sync::Arc;

use bulkhead_model::{Endpoint, Finding, Fingerprint, Scope, Subject};

use super::glob::matches;
use super::marks::Matter;

/// Whether more must be known of an object than its findings tell.
pub(super) fn needs_matter(scope: &Scope) -> bool {
    !(scope.containers.is_empty() && scope.images.is_empty() && scope.labels.is_empty())
}

/// Whether all sides of a scope but its checks hold.
pub(super) fn covers(scope: &Scope, finding: &Finding, matter: Option<&Matter>) -> bool {
    kinds(scope, finding)
        && side(&scope.namespaces, &namespace(finding))
        && side(&scope.names, &names(finding))
        && containers(scope, finding, matter)
        && labels(scope, matter)
        && images(scope, finding, matter)
        && packages(scope, finding)
        && vulnerabilities(scope)
        && fingerprints(scope, finding)
}

/// A side that is left open holds; else one of the patterns must be of one of the values.
fn side(patterns: &[Arc<str>], values: &[&str]) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| values.iter().any(|value| matches(pattern, value)))
}

fn kinds(scope: &Scope, finding: &Finding) -> bool {
    let mut kinds: Vec<&str> = finding.workload.iter().map(|workload| &*workload.kind).collect();
    if let Subject::Object(object) = &*finding.subject {
        kinds.push(&object.kind);
    }
    side(&scope.kinds, &kinds)
}

fn namespace(finding: &Finding) -> Vec<&str> {
    let mut namespaces: Vec<&str> =
        finding.workload.iter().filter_map(|workload| workload.namespace.name()).collect();
    match &*finding.subject {
        Subject::Object(object) => namespaces.extend(object.namespace.name()),
        Subject::Identity { namespace: Some(namespace), .. } => namespaces.push(namespace),
        Subject::Flow { from: Endpoint::Workload(from), .. } => namespaces.extend(from.namespace.name()),
        _ => (),
    }
    namespaces
}

fn names(finding: &Finding) -> Vec<&str> {
    let mut names: Vec<&str> = finding.workload.iter().map(|workload| &*workload.name).collect();
    match &*finding.subject {
        Subject::Object(object) => names.push(&object.name),
        Subject::Identity { name, .. } => names.push(name),
        Subject::Flow { from: Endpoint::Workload(from), .. } => names.push(&from.name),
        _ => (),
    }
    names
}

fn containers(scope: &Scope, finding: &Finding, matter: Option<&Matter>) -> bool {
    if scope.containers.is_empty() {
        return true;
    }
    let container = matter.and_then(|matter| matter.container_of(&finding.field));
    container.is_some_and(|container| side(&scope.containers, &[&container.name]))
}

fn labels(scope: &Scope, matter: Option<&Matter>) -> bool {
    scope.labels.iter().all(|(name, pattern)| {
        let value = matter.and_then(|matter| matter.labels.get(&**name));
        value.is_some_and(|value| matches(pattern, value))
    })
}

/// Of an object, the image of the container that is to blame.
fn images(scope: &Scope, finding: &Finding, matter: Option<&Matter>) -> bool {
    if scope.images.is_empty() {
        return true;
    }
    match &*finding.subject {
        Subject::Image { repository, .. } | Subject::Package { repository: Some(repository), .. } => {
            side(&scope.images, &[repository])
        }
        Subject::Object(_) => {
            let container = matter.and_then(|matter| matter.container_of(&finding.field));
            container.is_some_and(|container| {
                let repository = repository(&container.image);
                side(&scope.images, &[&container.image, repository, &whole(repository)])
            })
        }
        _ => false,
    }
}

/// An image without tag and digest.
fn repository(image: &str) -> &str {
    let image = image.split_once('@').map_or(image, |(image, _)| image);
    match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => image,
    }
}

/// A repository as it is written in full: `nginx` is `docker.io/library/nginx`.
fn whole(repository: &str) -> String {
    match repository.split_once('/') {
        None => format!("docker.io/library/{repository}"),
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => repository.to_owned(),
        Some(_) => format!("docker.io/{repository}"),
    }
}

/// A package URL without version is of every version.
fn packages(scope: &Scope, finding: &Finding) -> bool {
    if scope.packages.is_empty() {
        return true;
    }
    let Subject::Package { purl, .. } = &*finding.subject else { return false };
    let plain = purl.split(['?', '#']).next().unwrap_or(purl);
    let nameless = plain.rsplit_once('@').map_or(plain, |(name, _)| name);
    side(&scope.packages, &[purl, plain, nameless])
}

/// Nothing that is judged by now is about a vulnerability: an exception that names one covers none of it.
fn vulnerabilities(scope: &Scope) -> bool {
    scope.vulnerabilities.is_empty()
}

fn fingerprints(scope: &Scope, finding: &Finding) -> bool {
    let same = |text: &Arc<str>| {
        text.parse::<Fingerprint>()
            .is_ok_and(|fingerprint| fingerprint.matches(finding.fingerprint))
    };
    scope.fingerprints.is_empty() || scope.fingerprints.iter().any(same)
}

#[test]
fn images_by_any_name() {
    assert_eq!(repository("registry.example:5000/a/b:1.0@sha256:00"), "registry.example:5000/a/b");
    assert_eq!(repository("registry.example:5000/a"), "registry.example:5000/a");
    assert_eq!(whole("nginx"), "docker.io/library/nginx");
    assert_eq!(whole("grafana/loki"), "docker.io/grafana/loki");
    assert_eq!(whole("registry.example/a"), "registry.example/a");
}
