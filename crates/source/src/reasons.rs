//! Why something is left out by design: the words in the `skipped` part of a report.

/// `.gitignore` or another ignore file of Git names it.
pub const IGNORED: &str = "ignored";
/// The `paths` of our own configuration leave it out.
pub const EXCLUDED: &str = "excluded";
/// A link to something that is read under its own name.
pub const LINK: &str = "link";
/// A link that leads out of the tree.
pub const LINK_OUTSIDE: &str = "link-outside";
/// A template of a Helm chart.
pub const HELM_TEMPLATE: &str = "helm-template";
/// Text that a program fills in before it is YAML.
pub const TEMPLATE: &str = "template";
/// Part of an object, which a kustomization lays over the rest.
pub const KUSTOMIZE_PATCH: &str = "kustomize-patch";
/// A kustomization.
pub const KUSTOMIZATION: &str = "kustomization";
/// A file that is judged as a kustomization makes it.
pub const RENDERED: &str = "rendered";
/// A file without any value.
pub const EMPTY: &str = "empty";
/// YAML or JSON that is no Kubernetes object.
pub const NOT_KUBERNETES: &str = "not-kubernetes";
/// Configuration of Kubernetes' own programs, of clients, or of Bulkhead, in the form of an object.
pub const CONFIGURATION: &str = "configuration";
/// A file that does not differ from the revision that a run is compared with.
pub const UNCHANGED: &str = "unchanged";

/// Every reason with its meaning, for documentation.
pub const ALL: [(&str, &str); 13] = [
    (UNCHANGED, "files that have not changed"),
    (IGNORED, "files and folders that an ignore file of Git names"),
    (EXCLUDED, "files and folders that `paths` in the configuration leave out"),
    (LINK, "links to what is read under its own name"),
    (LINK_OUTSIDE, "links that lead out of the tree"),
    (HELM_TEMPLATE, "templates of Helm charts"),
    (TEMPLATE, "other templates that are no YAML yet"),
    (KUSTOMIZE_PATCH, "patches that a kustomization lays over other objects"),
    (KUSTOMIZATION, "kustomizations"),
    (RENDERED, "files that are judged as a kustomization makes them"),
    (EMPTY, "files without any value"),
    (NOT_KUBERNETES, "YAML and JSON that is no Kubernetes object"),
    (CONFIGURATION, "configuration of programs in the form of an object"),
];
