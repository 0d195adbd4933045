//! `MutatingAdmissionPolicy`: the object that we make beside the one that the API server's own dispatcher makes,
//! or that both refuse it.

use std::sync::Arc;

use bulkhead_kinds::Kinds;
use bulkhead_policy::{
    Judge, Namespaces, Origin, Pack, Preview, Previewer, Selection, Settings, Surroundings,
};
use bulkhead_testkit::Random;
use bulkhead_testkit::differential::{Comparison, Difference};
use serde_json::{Value, json};

use crate::vap::{make, tree};

#[test]
fn differential_mutations() {
    let comparison = Mutations { kinds: Kinds::for_minor(MINOR).expect("kinds") };
    crate::hold(&comparison, 2_000, include_str!("mutations.listed"));
}

/// The version that the oracle is of.
const MINOR: u32 = 35;
/// So many sets of policies; the oracle keeps what it compiled.
const POLICIES: usize = 800;

struct Mutations {
    kinds: &'static Kinds,
}

#[derive(Clone)]
struct Case {
    policies: Vec<Value>,
    bindings: Vec<Value>,
    object: Value,
}

/// What came of a case.
#[derive(Debug, PartialEq)]
enum Outcome {
    Invalid(String),
    Refused(String),
    Made(Value),
    Gap(String),
}

impl Outcome {
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Made(left), Self::Made(right)) => left == right,
            (Self::Invalid(_), Self::Invalid(_)) | (Self::Refused(_), Self::Refused(_)) => true,
            _ => false,
        }
    }
}

impl Mutations {
    fn ours(&self, case: &Case) -> Outcome {
        let mut pack = Pack::default();
        for (number, policy) in case.policies.iter().enumerate() {
            if let Err(error) = pack.read_checked(&format!("{number}.json"), &policy.to_string()) {
                return Outcome::Invalid(error.to_string());
            }
        }
        let settings = Settings { minor: Some(MINOR), ..Settings::default() };
        let judge = Judge::new(&Pack::default(), &Selection::default(), &settings).expect("no policies");
        let mut previewer = match Previewer::new(&pack, self.kinds) {
            Ok(previewer) => previewer,
            Err(error) => return Outcome::Invalid(error.to_string()),
        };
        let mut around = Surroundings::default();
        let file = Arc::from("around.json");
        for object in case.bindings.iter().cloned().chain(make::parameters()).chain(make::namespaces()) {
            around.add(&file, tree(&object), self.kinds);
        }
        match previewer.know(around) {
            Ok(gaps) if gaps.is_empty() => {}
            Ok(gaps) => return Outcome::Gap(gaps[0].message.to_string()),
            Err(error) => return Outcome::Invalid(error.to_string()),
        }
        let (file, namespaces) = (Arc::from("case.json"), Namespaces::default());
        let origin = Origin { file: &file, document: 0, namespaces: &namespaces };
        let (previews, gaps) = previewer.preview(&judge, tree(&case.object), origin);
        if let Some(gap) = gaps.first() {
            return Outcome::Gap(gap.message.to_string());
        }
        let preview = previews.into_iter().next().expect("one object");
        match preview.refused.first() {
            Some((_, why)) => Outcome::Refused(why.clone()),
            None => match self.remade(case, &preview) {
                same if same == preview.object => Outcome::Made(same),
                other => Outcome::Gap(format!("the changes that are shown make {other} of it")),
            },
        }
    }

    /// What the changes that are shown make of the object as the server holds it first. (In the file they may
    /// make something else: a default that hangs on what is changed, such as the pull policy on the tag, was laid
    /// before the change.)
    fn remade(&self, case: &Case, preview: &Preview) -> Value {
        let normalised = |value: &Value| {
            let mut tree = tree(value);
            let root = bulkhead_kinds::normalise(&mut tree, self.kinds).root;
            tree.set_root(root);
            serde_json::to_value(tree.root()).expect("JSON")
        };
        let mut made = normalised(&case.object);
        for (_, edit) in &preview.edits {
            bulkhead_document::apply(&mut made, edit).expect("a change of what was written");
        }
        normalised(&made)
    }
}

fn theirs(answer: &Value) -> Outcome {
    if let Some(error) = answer["error"].as_str().or(answer["fault"].as_str()) {
        return Outcome::Gap(error.to_owned());
    }
    for policy in answer["policies"].as_array().into_iter().flatten() {
        if policy["invalid"].as_array().is_some_and(|list| !list.is_empty()) {
            return Outcome::Invalid(policy["invalid"].to_string());
        }
    }
    match answer["denied"].as_str() {
        Some(why) => Outcome::Refused(why.to_owned()),
        None => Outcome::Made(answer["object"].clone()),
    }
}

impl Comparison for Mutations {
    type Case = Case;
    const NAME: &'static str = "differential-mutations";

    fn make(&self, random: &mut Random) -> Case {
        let mut own = Random::for_case(11, random.below(POLICIES));
        let count = own.below(3) + 1;
        let mut policies = Vec::new();
        let mut bindings = Vec::new();
        for number in 0..count {
            let (policy, of_policy) = Maker { random: &mut own }.policy(number);
            policies.push(policy);
            bindings.extend(of_policy);
        }
        Case { policies, bindings, object: make::object(random) }
    }

    fn question(&self, case: &Case) -> Value {
        json!({
            "op": "map",
            "policies": case.policies,
            "bindings": case.bindings,
            "params": make::parameters(),
            "namespaces": make::namespaces(),
            "object": case.object,
        })
    }

    fn show(&self, case: &Case) -> String {
        let specs: Vec<_> = case.policies.iter().map(|policy| &policy["spec"]).collect();
        format!("{} {} {}", json!(specs), json!(case.bindings), case.object)
    }

    fn compare(&self, case: &Case, answer: &Value) -> Option<Difference> {
        let (ours, oracle) = (self.ours(case), theirs(answer));
        let same = ours.is_like(&oracle);
        (!same).then(|| Difference { ours: format!("{ours:?}"), oracle: format!("{oracle:?}") })
    }

    fn smaller(&self, case: &Case) -> Vec<Case> {
        let mut all = Vec::new();
        for place in 0..case.policies.len() {
            let mut smaller = case.clone();
            let removed = smaller.policies.remove(place);
            smaller
                .bindings
                .retain(|binding| binding["spec"]["policyName"] != removed["metadata"]["name"]);
            if !smaller.policies.is_empty() {
                all.push(smaller);
            }
            for field in ["matchConditions", "variables", "mutations"] {
                for item in 0..case.policies[place]["spec"][field].as_array().map_or(0, Vec::len) {
                    let mut smaller = case.clone();
                    if let Some(list) = smaller.policies[place]["spec"][field].as_array_mut() {
                        list.remove(item);
                    }
                    all.push(smaller);
                }
            }
        }
        for place in 0..case.bindings.len() {
            let mut smaller = case.clone();
            smaller.bindings.remove(place);
            all.push(smaller);
        }
        crate::kinds::smaller(&case.object, &mut |object| {
            let metadata = |field| object["metadata"].get(field).is_some();
            if metadata("name") && metadata("namespace") {
                all.push(Case { object, ..case.clone() });
            }
        });
        all
    }
}

/// Makes policies.
struct Maker<'r> {
    random: &'r mut Random,
}

impl Maker<'_> {
    fn policy(&mut self, number: usize) -> (Value, Vec<Value>) {
        let name = format!("p{number}");
        let with_parameters = self.random.percent(25);
        let conditions: Vec<Value> = match self.random.below(4) {
            0 => vec![json!({"name": "c", "expression": self.condition()})],
            _ => Vec::new(),
        };
        let mutations: Vec<Value> =
            (0..=self.random.below(2)).map(|_| self.mutation(with_parameters)).collect();
        let resources = self.random.pick(&["*", "deployments", "pods", "*"]);
        let mut spec = json!({
            "failurePolicy": self.random.pick(&["Fail", "Ignore", "Ignore"]),
            "reinvocationPolicy": self.random.pick(&["Never", "IfNeeded"]),
            "matchConstraints": {"resourceRules": [{
                "apiGroups": ["*"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": [resources],
            }]},
            "matchConditions": conditions,
            "variables": [{"name": "name", "expression": "object.metadata.name"}],
            "mutations": mutations,
        });
        if self.random.percent(15) {
            spec["matchConstraints"]["objectSelector"] = json!({"matchLabels": {"app": "web"}});
        }
        if with_parameters {
            spec["paramKind"] = json!({"apiVersion": "v1", "kind": "ConfigMap"});
        }
        let mut bindings = Vec::new();
        for place in 0..=self.random.below(2) {
            let mut spec = json!({"policyName": name});
            if with_parameters && self.random.percent(80) {
                spec["paramRef"] = json!({
                    "name": self.random.pick(&["few", "some", "none"]),
                    "parameterNotFoundAction": self.random.pick(&["Allow", "Deny"]),
                });
            }
            if self.random.percent(15) {
                spec["matchResources"] = json!({"namespaceSelector": {"matchLabels": {"tier": "small"}}});
            }
            bindings.push(json!({
                "apiVersion": "admissionregistration.k8s.io/v1beta1", "kind": "MutatingAdmissionPolicyBinding",
                "metadata": {"name": format!("b{number}{place}")}, "spec": spec,
            }));
        }
        let policy = json!({
            "apiVersion": "admissionregistration.k8s.io/v1beta1", "kind": "MutatingAdmissionPolicy",
            "metadata": {"name": name}, "spec": spec,
        });
        (policy, bindings)
    }

    fn condition(&mut self) -> &'static str {
        self.random.pick(&[
            "object.metadata.name != 'api'",
            "!has(object.metadata.labels) || !('added' in object.metadata.labels)",
            "object.spec.template.spec.containers.size() > 1",
            "has(object.spec.template)",
            "request.namespace == 'shop'",
        ])
    }

    fn mutation(&mut self, with_parameters: bool) -> Value {
        if self.random.percent(50) {
            let expression = self.apply(with_parameters);
            return json!({"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}});
        }
        let expression = self.patch(with_parameters);
        json!({"patchType": "JSONPatch", "jsonPatch": {"expression": expression}})
    }

    fn text(&mut self, with_parameters: bool) -> &'static str {
        let all = [
            "'x'",
            "'nginx:1'",
            "object.metadata.name",
            "variables.name + '-x'",
            "string(1 + 1)",
            "object.metadata.?labels['app'].orValue('none')",
            "request.namespace",
            "params.data.image",
        ];
        let most = if with_parameters { all.len() } else { all.len() - 1 };
        all[self.random.below(most)]
    }

    /// An apply configuration over a Pod or what makes Pods.
    fn apply(&mut self, with_parameters: bool) -> String {
        let text = self.text(with_parameters);
        if self.random.percent(30) {
            let inner = match self.random.below(8) {
                0 => format!("labels: {{'added': {text}}}"),
                1 => format!("annotations: {{'a.b/c': {text}, 'other': 'y'}}"),
                2 => "finalizers: ['a.b/c']".to_owned(),
                3 => "labels: {'a': 1}".to_owned(),
                4 => "labels: object.metadata.?labels.orValue({})".to_owned(),
                5 => format!("?labels: optional.of({{'opt': {text}}})"),
                6 => "generateName: 'x-', name: 'other'".to_owned(),
                _ => "ownerReferences: [Object.metadata.ownerReferences{apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u'}]".to_owned(),
            };
            return format!("Object{{metadata: Object.metadata{{{inner}}}}}");
        }
        if self.random.percent(10) {
            return self
                .random
                .pick(&[
                    "Object{spec: Object.spec{replicas: 3}}",
                    "Object{spec: Object.spec{replicas: '3'}}",
                    "Object{spec: Object.spec{nothing: 3}}",
                    "Object{spec: Object.wrong{replicas: 3}}",
                    "Object{}",
                    "object.metadata.name == 'web' ? Object{spec: Object.spec{minReadySeconds: 7}} : Object{}",
                    "Object{spec: Object.spec{paused: true, revisionHistoryLimit: 2 + 3}}",
                    "Object{spec: {'replicas': 2}}",
                ])
                .to_owned();
        }
        let (pod, open, close) = if self.random.percent(65) {
            (
                "Object.spec.template.spec",
                "Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{",
                "}}}}",
            )
        } else {
            ("Object.spec", "Object{spec: Object.spec{", "}}")
        };
        let of = pod.replacen("Object", "object", 1);
        let fields: Vec<String> =
            (0..=self.random.below(1)).map(|_| self.pod_field(pod, &of, text)).collect();
        format!("{open}{}{close}", fields.join(", "))
    }

    fn pod_field(&mut self, pod: &str, of: &str, text: &str) -> String {
        let container = self.container(pod, text);
        match self.random.below(14) {
            0..=3 => format!("containers: [{pod}.containers{{name: 'a', {container}}}]"),
            4 => format!("containers: {of}.containers.map(c, {pod}.containers{{name: c.name, {container}}})"),
            5 => format!("initContainers: [{pod}.initContainers{{name: 'first', image: {text}}}]"),
            6 => "hostNetwork: true, dnsPolicy: 'ClusterFirst'".to_owned(),
            7 => format!(
                "securityContext: {pod}.securityContext{{runAsNonRoot: true, supplementalGroups: [1]}}"
            ),
            8 => format!("volumes: [{pod}.volumes{{name: 'v', emptyDir: {pod}.volumes.emptyDir{{}}}}]"),
            9 => "nodeSelector: {'a': 'b'}".to_owned(),
            10 => format!("tolerations: [{pod}.tolerations{{operator: 'Exists'}}]"),
            11 => format!(
                "imagePullSecrets: [{pod}.imagePullSecrets{{name: 'one'}}, {pod}.imagePullSecrets{{name: 'two'}}]"
            ),
            12 => format!("hostAliases: [{pod}.hostAliases{{ip: '1.2.3.4', hostnames: ['a']}}]"),
            _ => format!(
                "topologySpreadConstraints: [{pod}.topologySpreadConstraints{{topologyKey: 'zone', maxSkew: 1, \
                 whenUnsatisfiable: 'DoNotSchedule'}}]"
            ),
        }
    }

    fn container(&mut self, pod: &str, text: &str) -> String {
        let one = format!("{pod}.containers");
        match self.random.below(14) {
            0 | 1 => format!("image: {text}"),
            2 => "imagePullPolicy: 'Always'".to_owned(),
            3 => format!("env: [{one}.env{{name: 'A', value: {text}}}, {one}.env{{name: 'B', value: 'b'}}]"),
            4 => format!("ports: [{one}.ports{{containerPort: 80, name: 'http'}}]"),
            5 => format!(
                "ports: [{one}.ports{{containerPort: 80}}, {one}.ports{{containerPort: 80, protocol: 'UDP'}}]"
            ),
            6 => format!(
                "securityContext: {one}.securityContext{{allowPrivilegeEscalation: false, capabilities: \
                 {one}.securityContext.capabilities{{drop: ['ALL']}}}}"
            ),
            7 => format!("securityContext: {one}.securityContext{{privileged: false}}"),
            8 => format!("resources: {one}.resources{{limits: {{'cpu': '1', 'memory': '1Gi'}}}}"),
            9 => format!("resources: {one}.resources{{requests: {{'cpu': 1}}}}"),
            10 => "args: ['x']".to_owned(),
            11 => format!("volumeMounts: [{one}.volumeMounts{{mountPath: '/v', name: 'v'}}]"),
            12 => format!(
                "livenessProbe: {one}.livenessProbe{{httpGet: {one}.livenessProbe.httpGet{{port: 80}}}}"
            ),
            _ => "stdin: 'yes'".to_owned(),
        }
    }

    fn patch(&mut self, with_parameters: bool) -> String {
        let operations: Vec<String> =
            (0..=self.random.below(2)).map(|_| self.operation(with_parameters)).collect();
        let list = format!("[{}]", operations.join(", "));
        match self.random.below(6) {
            0 => format!("object.metadata.name == 'web' ? {list} : [{}]", operations[0]),
            1 => format!("{list} + [{}]", self.operation(with_parameters)),
            2 if self.random.percent(30) => "[]".to_owned(),
            2 if self.random.percent(30) => "['x']".to_owned(),
            _ => list,
        }
    }

    fn operation(&mut self, with_parameters: bool) -> String {
        let text = self.text(with_parameters);
        let op = self
            .random
            .pick(&["add", "add", "add", "replace", "remove", "test", "move", "copy", "other"]);
        let path = self.random.pick(&[
            "/metadata/labels/added",
            "/metadata/labels",
            "/metadata/annotations",
            "/metadata/name",
            "/spec/replicas",
            "/spec/template/metadata/labels/x",
            "/spec/template/spec/containers/0/image",
            "/spec/template/spec/containers/-",
            "/spec/template/spec/containers/0",
            "/spec/template/spec/containers/-1",
            "/spec/template/spec/containers/9",
            "/spec/template/spec/hostNetwork",
            "/spec/containers/0/image",
            "/spec/containers/-",
            "/spec/hostPID",
            "/spec/nothing",
            "",
        ]);
        let value = match self.random.below(12) {
            0..=3 => text.to_owned(),
            4 => "1".to_owned(),
            5 => "true".to_owned(),
            6 => "{'added': 'x', 'b': 'y'}".to_owned(),
            7 => "Object.spec.containers{name: 'new', image: 'i', ports: [Object.spec.containers.ports{containerPort: 1}]}".to_owned(),
            8 => "Object.spec.template.spec.containers{name: 'new', image: 'i', args: ['a', 'b']}".to_owned(),
            9 => "null".to_owned(),
            10 => "['a']".to_owned(),
            _ => "object.metadata".to_owned(),
        };
        let value = if matches!(op, "remove" | "move" | "copy") {
            String::new()
        } else {
            format!(", value: {value}")
        };
        let from = if matches!(op, "move" | "copy") {
            let from = self.random.pick(&[
                "/metadata/labels",
                "/metadata/name",
                "/spec/replicas",
                "/spec/template/spec/containers/0",
                "/none",
            ]);
            format!(", from: '{from}'")
        } else {
            String::new()
        };
        if self.random.percent(10) {
            return format!(
                "JSONPatch{{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('a.b/c~d'){value}}}"
            );
        }
        format!("JSONPatch{{op: '{op}', path: '{path}'{from}{value}}}")
    }
}
