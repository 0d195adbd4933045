//! Random policies over Deployments, Pods and the like: what they match, what they ask, what they say.

use bulkhead_testkit::{Random, pods};
use serde_json::{Map, Value, json};

/// A policy with what is around it.
#[derive(Clone)]
pub(super) struct Policy {
    pub(super) policy: Value,
    pub(super) bindings: Vec<Value>,
}

/// Objects that every case has beside its policy.
pub(crate) fn parameters() -> Vec<Value> {
    let config = |name: &str, namespace: &str, most: &str| {
        json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": namespace, "labels": {"for": "all", "most": most}},
            "data": {"most": most, "name": "web", "image": "nginx"},
        })
    };
    vec![config("few", "shop", "1"), config("some", "shop", "3"), config("few", "limits", "2")]
}

pub(crate) fn namespaces() -> Vec<Value> {
    let namespace = |name: &str, tier: &str| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"tier": tier}}});
    vec![namespace("shop", "small"), namespace("bank", "large"), namespace("limits", "none")]
}

pub(crate) fn object(random: &mut Random) -> Value {
    let template = pods::template(random);
    let mut object = pods::wrapped(random, &template);
    let metadata = object["metadata"].as_object_mut().expect("metadata");
    metadata.insert("name".into(), random.pick(&["web", "api", "example"]).into());
    metadata.insert("namespace".into(), random.pick(&["shop", "bank", "shop"]).into());
    if random.percent(70) {
        metadata.insert("labels".into(), labels(random));
    }
    if let Some(spec) = object["spec"].as_object_mut().filter(|spec| spec.contains_key("template"))
        && random.percent(60)
        && !spec.contains_key("jobTemplate")
        && !spec.contains_key("backoffLimit")
    {
        match random.below(2) {
            0 => _ = spec.insert("replicas".into(), random.below(5).into()),
            _ => _ = spec.insert("minReadySeconds".into(), random.below(5).into()),
        }
    }
    object
}

fn labels(random: &mut Random) -> Value {
    let mut labels = Map::new();
    for name in ["app", "team", "tier"] {
        if random.percent(50) {
            labels.insert(name.into(), random.pick(&["web", "a", "small", ""]).into());
        }
    }
    Value::Object(labels)
}

pub(super) fn policy(random: &mut Random) -> Policy {
    let with_parameters = random.percent(45);
    let mut maker = Maker { random, variables: Vec::new(), with_parameters, in_message: false };
    let conditions: Vec<Value> = (0..maker.few(2))
        .map(|place| json!({"name": format!("c{place}"), "expression": maker.truth(2)}))
        .collect();
    let mut variables = Vec::new();
    for place in 0..maker.few(4) {
        let (expression, is_truth) = maker.variable();
        variables.push(json!({"name": format!("v{place}"), "expression": expression}));
        maker.variables.push(is_truth);
    }
    let validations: Vec<Value> = (0..=maker.few(3)).map(|_| maker.validation()).collect();
    let annotations: Vec<Value> = (0..maker.few(1))
        .map(|place| json!({"key": format!("k{place}"), "valueExpression": maker.text(1)}))
        .collect();
    let mut spec = json!({
        "failurePolicy": maker.random.pick(&["Fail", "Fail", "Ignore"]),
        "matchConstraints": maker.constraints(true),
        "matchConditions": conditions,
        "variables": variables,
        "validations": validations,
        "auditAnnotations": annotations,
    });
    if with_parameters {
        spec["paramKind"] = json!({"apiVersion": "v1", "kind": "ConfigMap"});
    }
    let bindings = (0..=maker.few(2)).map(|place| maker.binding(place)).collect();
    let policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "p"},
        "spec": spec,
    });
    Policy { policy, bindings }
}

struct Maker<'r> {
    random: &'r mut Random,
    /// Whether each variable so far is a truth value.
    variables: Vec<bool>,
    with_parameters: bool,
    in_message: bool,
}

impl Maker<'_> {
    fn few(&mut self, most: usize) -> usize {
        self.random.below(most + 1)
    }

    fn constraints(&mut self, of_policy: bool) -> Value {
        let mut constraints = Map::new();
        if of_policy || self.random.percent(30) {
            let rules: Vec<Value> = (0..=self.few(1)).map(|_| self.rule()).collect();
            constraints.insert("resourceRules".into(), rules.into());
        }
        if self.random.percent(15) {
            constraints.insert("excludeResourceRules".into(), json!([self.rule()]));
        }
        for field in ["namespaceSelector", "objectSelector"] {
            let selector = if self.random.percent(20) { self.selector() } else { json!({}) };
            constraints.insert(field.into(), selector);
        }
        constraints.insert("matchPolicy".into(), self.random.pick(&["Equivalent", "Exact"]).into());
        Value::Object(constraints)
    }

    fn rule(&mut self) -> Value {
        let (group, resource) = *self.random.choose(&[
            ("*", "*"),
            ("*", "*"),
            ("apps", "deployments"),
            ("apps", "*"),
            ("", "pods"),
            ("", "pods/*"),
            ("", "*/*"),
            ("batch", "jobs"),
            ("*", "pods/status"),
        ]);
        let mut rule = json!({
            "apiGroups": [group],
            "apiVersions": [self.random.pick(&["*", "v1", "v1beta1"])],
            "operations": [self.random.pick(&["*", "CREATE", "CREATE", "UPDATE"])],
            "resources": [resource],
            "scope": self.random.pick(&["*", "Namespaced", "Cluster", "*", "*"]),
        });
        if self.random.percent(15) {
            rule["resourceNames"] = json!([self.random.pick(&["web", "api"])]);
        }
        rule
    }

    fn selector(&mut self) -> Value {
        let key = self.random.pick(&["app", "team", "tier", "kubernetes.io/metadata.name"]);
        let value = self.random.pick(&["web", "small", "shop"]);
        match self.random.below(3) {
            0 => json!({"matchLabels": {key: value}}),
            1 => {
                let operator = self.random.pick(&["In", "NotIn"]);
                json!({"matchExpressions": [{"key": key, "operator": operator, "values": [value, "a"]}]})
            }
            _ => {
                let operator = self.random.pick(&["Exists", "DoesNotExist"]);
                json!({"matchExpressions": [{"key": key, "operator": operator}]})
            }
        }
    }

    fn binding(&mut self, place: usize) -> Value {
        let choices = [&["Deny"][..], &["Warn"], &["Audit"], &["Deny", "Audit"], &["Audit", "Warn"]];
        let actions = self.random.choose(&choices);
        let mut spec = json!({"policyName": "p", "validationActions": actions});
        if self.random.percent(25) {
            spec["matchResources"] = self.constraints(false);
        }
        // Bindings may have parameters that the policy does not ask for, and lack those it does.
        if self.random.percent(if self.with_parameters { 85 } else { 10 }) {
            let mut reference = json!({"parameterNotFoundAction": self.random.pick(&["Allow", "Deny"])});
            if self.random.percent(50) {
                reference["name"] = self.random.pick(&["few", "some", "none"]).into();
            } else {
                reference["selector"] = match self.random.below(3) {
                    0 => json!({}),
                    1 => json!({"matchLabels": {"for": "all"}}),
                    _ => {
                        json!({"matchExpressions": [{"key": "most", "operator": "In", "values": ["3", "9"]}]})
                    }
                };
            }
            if self.random.percent(50) {
                reference["namespace"] = self.random.pick(&["limits", "shop"]).into();
            }
            spec["paramRef"] = reference;
        }
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": format!("b{place}")},
            "spec": spec,
        })
    }

    fn validation(&mut self) -> Value {
        // Now and then one whose type is not bool.
        let expression = if self.random.percent(3) { self.any() } else { self.truth(3) };
        let mut validation = json!({"expression": expression});
        if self.random.percent(50) {
            validation["message"] = self.random.pick(&["no", "  padded ", "must be small"]).into();
        }
        if self.random.percent(50) {
            self.in_message = true;
            validation["messageExpression"] = self.text(2).into();
            self.in_message = false;
        }
        validation
    }

    fn variable(&mut self) -> (String, bool) {
        match self.random.below(3) {
            0 => (self.truth(2), true),
            1 => (self.list(), false),
            _ => (self.any(), false),
        }
    }

    /// An expression whose type is `bool` for sure.
    fn truth(&mut self, depth: usize) -> String {
        if depth > 0 && self.random.percent(45) {
            let (left, right) = (self.truth(depth - 1), self.truth(depth - 1));
            return match self.random.below(5) {
                0 => format!("{left} && {right}"),
                1 => format!("{left} || {right}"),
                2 => format!("!({left})"),
                3 => format!("({left}) ? ({right}) : {}", self.truth(0)),
                _ => format!("({left}) == ({right})"),
            };
        }
        match self.random.below(15) {
            0 => format!("{} == {}", self.any(), self.any()),
            1 => format!("has({})", self.path()),
            2 => format!("{}.all(c, {})", self.list(), self.of_item()),
            3 => format!("{}.exists(c, {})", self.list(), self.of_item()),
            4 => format!("size({}) {} {}", self.list(), self.comparison(), self.random.below(3)),
            5 => format!("'{}' in object.metadata.labels", self.random.pick(&["app", "team"])),
            6 => format!("object.spec.replicas {} {}", self.comparison(), self.random.below(5)),
            7 => format!("request.operation == '{}'", self.random.pick(&["CREATE", "UPDATE"])),
            8 => format!("request.{} == object.{}", "namespace", "metadata.namespace"),
            9 => "namespaceObject.metadata.labels['tier'] == 'small'".to_owned(),
            10 => format!(
                "object.metadata.?labels[?'team'].orValue('none') != '{}'",
                self.random.pick(&["none", "a"])
            ),
            11 => "oldObject == null".to_owned(),
            12 if self.with_parameters => match self.random.below(4) {
                0 => "params == null".to_owned(),
                1 => format!("object.metadata.name {} params.data.name", self.random.pick(&["==", "!="])),
                2 => format!("int(params.data.most) {} {}", self.comparison(), self.random.below(4)),
                _ => format!("has(params.{})", self.random.pick(&["data", "binaryData"])),
            },
            13 => match self.one_variable(true) {
                Some(name) => name,
                None => self.random.pick(&["true", "false"]).to_owned(),
            },
            _ => format!("object.metadata.name.{}", self.of_text()),
        }
    }

    fn one_variable(&mut self, truth: bool) -> Option<String> {
        let which: Vec<usize> =
            (0..self.variables.len()).filter(|place| self.variables[*place] == truth).collect();
        (!which.is_empty()).then(|| format!("variables.v{}", self.random.choose(&which)))
    }

    fn comparison(&mut self) -> &'static str {
        self.random.pick(&["<", "<=", ">", ">=", "==", "!="])
    }

    fn of_text(&mut self) -> String {
        let text = self.random.pick(&["e", "w", "web", ""]);
        let method = self.random.pick(&["startsWith", "endsWith", "contains", "matches"]);
        format!("{method}('{text}')")
    }

    fn of_item(&mut self) -> String {
        match self.random.below(6) {
            0 => "has(c.securityContext)".to_owned(),
            1 => format!("c.name.{}", self.of_text()),
            2 => format!("c.image.{}", self.of_text()),
            3 => "c.securityContext.privileged == true".to_owned(),
            4 => "c.?securityContext.?runAsNonRoot.orValue(false)".to_owned(),
            _ => format!("size(c.ports) {} {}", self.comparison(), self.random.below(2)),
        }
    }

    fn list(&mut self) -> String {
        if self.random.percent(20)
            && let Some(name) = self.one_variable(false)
        {
            return name;
        }
        self.random
            .pick(&[
                "object.spec.template.spec.containers",
                "object.spec.containers",
                "object.spec.initContainers",
                "object.spec.volumes",
                "(object.kind == 'Pod' ? object.spec : object.spec.template.spec).containers",
                "[object.spec].map(s, s)",
                "[1, 2, 3].map(i, i)",
            ])
            .to_owned()
    }

    fn path(&mut self) -> String {
        self.random
            .pick(&[
                "object.spec",
                "object.spec.replicas",
                "object.spec.hostNetwork",
                "object.spec.template.spec",
                "object.spec.template.metadata.labels.app",
                "object.metadata.labels",
                "object.metadata.labels.team",
                "object.metadata.annotations",
                "object.spec.securityContext.runAsUser",
                "object.status",
                "object.spec.strategy.type",
                "object.spec.restartPolicy",
                "request.name",
                "request.namespace",
                "request.userinfo",
                "namespaceObject.metadata.labels",
            ])
            .to_owned()
    }

    fn any(&mut self) -> String {
        match self.random.below(6) {
            0 => self.random.pick(&["1", "'web'", "true", "null", "1.5", "['a']", "{'a': 1}"]).to_owned(),
            1 => self.one_variable(false).unwrap_or_else(|| "object.kind".to_owned()),
            _ => self.path(),
        }
    }

    /// An expression whose type is `string` for sure.
    fn text(&mut self, depth: usize) -> String {
        match self.random.below(8) {
            0 if depth > 0 => format!("{} + {}", self.text(depth - 1), self.text(depth - 1)),
            1 => "'name ' + string(object.metadata.name)".to_owned(),
            2 => "string(object.spec.replicas)".to_owned(),
            3 => "'two\\nlines'".to_owned(),
            4 => "'  '".to_owned(),
            5 => "'long '.replace(' ', 'abcdefghijklmnopqrstuvwxyz'.replace('', '0123456789').replace('', '01234567890123456789'))".to_owned(),
            6 if self.with_parameters => "'most ' + string(params.data.most)".to_owned(),
            _ => match self.one_variable(true).filter(|_| depth > 0) {
                Some(name) => format!("'is ' + string({name})"),
                None => "' fixed '".to_owned(),
            },
        }
    }
}
