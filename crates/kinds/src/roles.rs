//! The roles and bindings that an API server makes when it starts.
//!
//! Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy of k8s.io/kubernetes, run by the generator.

use std::collections::HashMap;

use crate::data;
use crate::schema::Kinds;

/// What an API server grants from the start.
#[derive(Debug, Default)]
pub struct Bootstrap {
    /// Roles and cluster roles.
    pub roles: Vec<BootstrapRole>,
    /// Bindings and cluster bindings.
    pub bindings: Vec<BootstrapBinding>,
}

/// A role, or a cluster role where it has no namespace.
#[derive(Debug)]
pub struct BootstrapRole {
    /// `None` for a cluster role.
    pub namespace: Option<&'static str>,
    /// Its name.
    pub name: &'static str,
    /// Its labels; aggregation goes by them.
    pub labels: Vec<(&'static str, &'static str)>,
    /// Each selects, by labels, cluster roles whose rules become its own.
    pub aggregates: Vec<(&'static str, &'static str)>,
    /// What it grants.
    pub rules: Vec<BootstrapRule>,
}

/// One rule of a role; the lists are as in RBAC, `""` is the core group.
#[derive(Debug)]
pub struct BootstrapRule {
    /// `get`, `list` … or `*`.
    pub verbs: Vec<&'static str>,
    /// API groups.
    pub api_groups: Vec<&'static str>,
    /// Resources, with a subresource after a slash.
    pub resources: Vec<&'static str>,
    /// Names of single objects; empty for all.
    pub resource_names: Vec<&'static str>,
    /// Paths that are no resources.
    pub non_resource_urls: Vec<&'static str>,
}

/// A binding, or a cluster binding where it has no namespace.
#[derive(Debug)]
pub struct BootstrapBinding {
    /// `None` for a cluster role binding.
    pub namespace: Option<&'static str>,
    /// Its name.
    pub name: &'static str,
    /// `ClusterRole` or `Role`.
    pub role_kind: &'static str,
    /// The role's name.
    pub role: &'static str,
    /// Who is granted it.
    pub subjects: Vec<BootstrapSubject>,
}

/// A user, group or service account.
#[derive(Debug, PartialEq, Eq)]
pub struct BootstrapSubject {
    /// `User`, `Group` or `ServiceAccount`.
    pub kind: &'static str,
    /// The namespace of a service account.
    pub namespace: Option<&'static str>,
    /// Its name.
    pub name: &'static str,
}

impl Kinds {
    /// The roles and bindings that this version's API server makes; read when first asked for.
    pub fn bootstrap(&self) -> &Bootstrap {
        self.bootstrap.get_or_init(|| load(self.minor))
    }
}

fn load(minor: u32) -> Bootstrap {
    let mut bootstrap = Bootstrap::default();
    let mut places = HashMap::new();
    let mut rules = Vec::new();
    for line in data::ROLES.lines() {
        let Some(line) = data::holds_in(line, minor) else { continue };
        let words: Vec<&'static str> = line.split(' ').collect();
        match words.as_slice() {
            ["role", namespace, name, labels, aggregates] => {
                places.insert((*namespace, *name), bootstrap.roles.len());
                bootstrap.roles.push(BootstrapRole {
                    namespace: scope(namespace),
                    name,
                    labels: pairs(labels),
                    aggregates: pairs(aggregates),
                    rules: Vec::new(),
                });
            }
            ["rule", namespace, name, verbs, groups, resources, names, urls] => {
                let rule = BootstrapRule {
                    verbs: list(verbs),
                    api_groups: list(groups),
                    resources: list(resources),
                    resource_names: list(names),
                    non_resource_urls: list(urls),
                };
                rules.push(((*namespace, *name), rule));
            }
            ["binding", namespace, name, role_kind, role, subjects] => {
                let subjects = pairs(subjects).into_iter().map(|(kind, name)| {
                    let (namespace, name) = match name.split_once('/') {
                        Some((namespace, name)) if kind == "ServiceAccount" => (Some(namespace), name),
                        _ => (None, name),
                    };
                    BootstrapSubject { kind, namespace, name }
                });
                let subjects = subjects.collect();
                bootstrap.bindings.push(BootstrapBinding {
                    namespace: scope(namespace),
                    name,
                    role_kind,
                    role,
                    subjects,
                });
            }
            _ => (),
        }
    }
    for (role, rule) in rules {
        if let Some(role) = places.get(&role).and_then(|place| bootstrap.roles.get_mut(*place)) {
            role.rules.push(rule);
        }
    }
    bootstrap
}

fn scope(namespace: &'static str) -> Option<&'static str> {
    (namespace != "*").then_some(namespace)
}

fn list(words: &'static str) -> Vec<&'static str> {
    if words == "-" {
        return Vec::new();
    }
    words.split(',').map(|word| if word == "\"\"" { "" } else { word }).collect()
}

fn pairs(words: &'static str) -> Vec<(&'static str, &'static str)> {
    list(words).into_iter().filter_map(|word| word.split_once('=')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_that_every_cluster_has() {
        for minor in crate::SUPPORTED {
            let bootstrap = Kinds::for_minor(minor).unwrap().bootstrap();
            let role = |name| bootstrap.roles.iter().find(|role| role.name == name).unwrap();
            let admin = role("cluster-admin");
            assert_eq!(admin.namespace, None);
            assert!(admin.rules.iter().any(|rule| rule.verbs == ["*"] && rule.resources == ["*"]));
            assert_eq!(role("view").aggregates, [("rbac.authorization.k8s.io/aggregate-to-view", "true")]);
            assert!(role("view").rules.is_empty());
            assert!(bootstrap.roles.iter().any(|role| role.namespace == Some("kube-system")));
            let binding = bootstrap.bindings.iter().find(|binding| binding.name == "cluster-admin").unwrap();
            assert_eq!(
                binding.subjects,
                [BootstrapSubject { kind: "Group", namespace: None, name: "system:masters" }]
            );
            let controller = bootstrap
                .bindings
                .iter()
                .find(|binding| binding.name == "system:controller:job-controller");
            assert_eq!(
                controller.unwrap().subjects,
                [BootstrapSubject {
                    kind: "ServiceAccount",
                    namespace: Some("kube-system"),
                    name: "job-controller"
                }]
            );
        }
    }

    #[test]
    fn every_rule_belongs_to_a_role() {
        for minor in crate::SUPPORTED {
            let lines = data::ROLES.lines().filter_map(|line| data::holds_in(line, minor));
            let wanted = lines.filter(|line| line.starts_with("rule ")).count();
            let roles = &Kinds::for_minor(minor).unwrap().bootstrap().roles;
            assert_eq!(roles.iter().map(|role| role.rules.len()).sum::<usize>(), wanted, "1.{minor}");
        }
    }
}
