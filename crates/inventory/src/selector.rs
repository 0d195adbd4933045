//! Label selectors.
//!
//! Source: apimachinery, `LabelSelector` in pkg/apis/meta/v1/types.go and `Requirement.Matches` in
//! pkg/labels/selector.go.

use bulkhead_document::{Kind, Node};

/// Which labels an object must have. Without requirements it selects everything; an absent selector,
/// and an empty one of a Service, mean nothing is selected, which is the caller's to know.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selector {
    /// All must hold.
    pub requirements: Vec<Requirement>,
}

/// One condition on one label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requirement {
    /// The label has one of these values.
    In(String, Vec<String>),
    /// The label has none of these values, or is absent.
    NotIn(String, Vec<String>),
    /// The label is there.
    Exists(String),
    /// The label is absent.
    DoesNotExist(String),
}

/// Why a selector cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectorError {
    /// It is no mapping.
    #[error("a selector must be a mapping")]
    NotAMapping,
    /// A value of `matchLabels`, or of a selector of plain labels, is no text.
    #[error("the value of label {0:?} must be text")]
    NotText(String),
    /// An expression lacks its key or is no mapping.
    #[error("an expression of a selector needs a key")]
    NoKey,
    /// An operator that does not exist.
    #[error("{0:?} is no operator of a selector; In, NotIn, Exists and DoesNotExist are")]
    Operator(String),
    /// An operator with too few or too many values.
    #[error("{operator} of label {key:?} {}", if *.wants_values { "needs values" } else { "takes no values" })]
    Values {
        /// The label.
        key: String,
        /// The operator.
        operator: String,
        /// Whether it needs some.
        wants_values: bool,
    },
}

impl Selector {
    /// Reads `matchLabels` and `matchExpressions`.
    pub fn of_labels_and_expressions(node: Node<'_>) -> Result<Self, SelectorError> {
        if !matches!(node.kind(), Kind::Mapping(_)) {
            return Err(SelectorError::NotAMapping);
        }
        let mut selector = match node.get("matchLabels").filter(|labels| !labels.is_null()) {
            Some(labels) => Self::of_labels(labels)?,
            None => Self::default(),
        };
        for expression in node.get("matchExpressions").into_iter().flat_map(Node::items) {
            let text = |name| expression.get(name).and_then(Node::as_str);
            let key = text("key").ok_or(SelectorError::NoKey)?.to_owned();
            let values: Vec<String> = expression
                .get("values")
                .into_iter()
                .flat_map(Node::items)
                .filter_map(|value| value.as_str().map(str::to_owned))
                .collect();
            let operator = text("operator").unwrap_or_default();
            let wants_values = match operator {
                "In" | "NotIn" => true,
                "Exists" | "DoesNotExist" => false,
                other => return Err(SelectorError::Operator(other.to_owned())),
            };
            if values.is_empty() == wants_values {
                return Err(SelectorError::Values { key, operator: operator.to_owned(), wants_values });
            }
            selector.requirements.push(match operator {
                "In" => Requirement::In(key, values),
                "NotIn" => Requirement::NotIn(key, values),
                "Exists" => Requirement::Exists(key),
                _ => Requirement::DoesNotExist(key),
            });
        }
        Ok(selector)
    }

    /// Reads plain labels, as a Service and a `ReplicationController` have.
    pub fn of_labels(node: Node<'_>) -> Result<Self, SelectorError> {
        if !matches!(node.kind(), Kind::Mapping(_)) {
            return Err(SelectorError::NotAMapping);
        }
        let requirement = |(key, value): (&str, Node<'_>)| match value.as_str() {
            Some(value) => Ok(Requirement::In(key.to_owned(), vec![value.to_owned()])),
            None => Err(SelectorError::NotText(key.to_owned())),
        };
        Ok(Self { requirements: node.entries().map(requirement).collect::<Result<_, _>>()? })
    }

    /// The labels of which an object must have one value or other.
    pub(crate) fn wanted_labels(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.requirements.iter().filter_map(|requirement| match requirement {
            Requirement::In(key, values) => Some((&**key, &**values)),
            _ => None,
        })
    }

    /// Whether it selects everything.
    pub fn is_everything(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether labels satisfy it; `label` gives the value under a key.
    pub fn matches<'l>(&self, label: impl Fn(&str) -> Option<&'l str>) -> bool {
        let is_one_of = |values: &[String], value: &str| values.iter().any(|other| other == value);
        self.requirements.iter().all(|requirement| match requirement {
            Requirement::In(key, values) => label(key).is_some_and(|value| is_one_of(values, value)),
            Requirement::NotIn(key, values) => label(key).is_none_or(|value| !is_one_of(values, value)),
            Requirement::Exists(key) => label(key).is_some(),
            Requirement::DoesNotExist(key) => label(key).is_none(),
        })
    }

    /// Whether the labels in a mapping satisfy it.
    pub fn matches_node(&self, labels: Option<Node<'_>>) -> bool {
        self.matches(|key| labels.and_then(|labels| labels.get(key)).and_then(Node::as_str))
    }
}

#[cfg(test)]
mod tests {
    use bulkhead_document::{Limits, Tree};

    use super::*;

    fn read(text: &str) -> Tree {
        bulkhead_document::read(text.into(), &Limits::default()).next().unwrap().unwrap()
    }

    #[test]
    fn requirements_as_kubernetes_has_them() {
        let labels = read("{app: web, tier: front}");
        for (selector, wanted) in [
            ("{}", true),
            ("{matchLabels: {app: web}}", true),
            ("{matchLabels: {app: web, tier: back}}", false),
            ("{matchExpressions: [{key: app, operator: In, values: [api, web]}]}", true),
            ("{matchExpressions: [{key: app, operator: NotIn, values: [web]}]}", false),
            ("{matchExpressions: [{key: zone, operator: NotIn, values: [a]}]}", true),
            ("{matchExpressions: [{key: tier, operator: Exists}]}", true),
            ("{matchExpressions: [{key: tier, operator: DoesNotExist}]}", false),
            ("{matchLabels: {app: web}, matchExpressions: [{key: zone, operator: Exists}]}", false),
        ] {
            let tree = read(selector);
            let selector = Selector::of_labels_and_expressions(tree.root()).unwrap();
            assert_eq!(selector.matches_node(Some(labels.root())), wanted, "{selector:?}");
        }
    }

    #[test]
    fn selectors_that_say_nothing_sensible() {
        let error =
            |text: &str| Selector::of_labels_and_expressions(read(text).root()).unwrap_err().to_string();
        assert_eq!(error("[]"), "a selector must be a mapping");
        assert_eq!(error("{matchLabels: {a: 1}}"), "the value of label \"a\" must be text");
        assert_eq!(error("{matchExpressions: [{operator: In}]}"), "an expression of a selector needs a key");
        assert_eq!(error("{matchExpressions: [{key: a, operator: In}]}"), "In of label \"a\" needs values");
        assert_eq!(
            error("{matchExpressions: [{key: a, operator: Exists, values: [b]}]}"),
            "Exists of label \"a\" takes no values"
        );
        assert!(error("{matchExpressions: [{key: a, operator: Is}]}").starts_with("\"Is\" is no operator"));
    }
}
