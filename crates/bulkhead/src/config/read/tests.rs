//! What a settings file may say, and what is said of one that has a mistake.

use super::*;

fn read_text(text: &str) -> Result<Option<Config>, String> {
    config("bulkhead.yaml", Path::new("/r"), text).map_err(|error| error.to_string())
}

#[test]
fn everything_that_can_be_set() {
    let text = "\
kubernetesVersion: 1.34
defaultNamespace: shop
set: all
policies:
  host-ports: off
  KSV-0024: on
  latest-tag: low
  run-as-root: {severity: critical, enabled: true, parameters: {users: [1, 2]}}
policyPaths: [policies]
paths: {exclude: [test/], include: ['*.yaml']}
";
    let config = read_text(text).unwrap().unwrap();
    assert_eq!(config.kubernetes_version, Some(Minor(34)));
    assert_eq!(config.default_namespace.as_deref(), Some("shop"));
    assert_eq!(config.set, Some(Set::All));
    let settings: Vec<_> = config
        .policies
        .iter()
        .map(|policy| (policy.name.as_str(), policy.on, policy.severity))
        .collect();
    let expected = [
        ("host-ports", Some(false), None),
        ("KSV-0024", Some(true), None),
        ("latest-tag", None, Some(Severity::Low)),
        ("run-as-root", Some(true), Some(Severity::Critical)),
    ];
    assert_eq!(settings, expected);
    assert_eq!(config.policies[3].parameters["users"].0, serde_json::json!([1, 2]));
    assert_eq!(config.policy_paths[0].path, Path::new("policies"));
    assert!(read_text("").unwrap().unwrap().policies.is_empty());
}

#[test]
fn an_object_of_that_name_is_none_of_ours() {
    assert!(read_text("apiVersion: apps/v1\nkind: Deployment\n").unwrap().is_none());
}

#[test]
fn mistakes_name_line_and_what_was_expected() {
    let rows = [
        ("polices: {}", "bulkhead.yaml:1:1: the file has no field polices; did you mean policies?"),
        (
            "color: red",
            "bulkhead.yaml:1:1: the file has no field color; it has extends, locked, kubernetesVersion, \
             defaultNamespace, complete, set, policies, policyPaths, paths, charts, exceptions",
        ),
        ("[]", "bulkhead.yaml:1:1: the file: expected a mapping, found a list"),
        ("set: most", "bulkhead.yaml:1:6: set: \"most\" is no set; expected essential, recommended or all"),
        (
            "kubernetesVersion: 1.9",
            "bulkhead.yaml:1:20: kubernetesVersion: expected a version from 1.31 to 1.36, found 1.9",
        ),
        (
            "policies:\n  a: severe",
            "bulkhead.yaml:2:6: policies.a: expected off, on, critical, high, medium, low or info, found \"severe\"",
        ),
        (
            "policies:\n  a: {severity: 3}",
            "bulkhead.yaml:2:17: policies.a.severity: expected off, on, critical, high, medium, low or info, found 3",
        ),
        (
            "policies:\n  a: {parameter: {}}",
            "bulkhead.yaml:2:7: policies.a has no field parameter; did you mean parameters?",
        ),
        ("paths: {exclude: x}", "bulkhead.yaml:1:18: paths.exclude: expected a list, found \"x\""),
        ("set: all\nset: all", "bulkhead.yaml:2:1: set stands here a second time"),
        ("set: all\n---\nset: all", "bulkhead.yaml:3:1: expected one document, found another"),
    ];
    for (text, message) in rows {
        assert_eq!(read_text(text).unwrap_err(), message, "{text}");
    }
}
