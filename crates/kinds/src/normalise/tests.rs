//! What the view of an object is, as small documents. The whole of it is compared with Kubernetes'
//! own code elsewhere, over thousands of objects; these are the cases worth a name.

use bulkhead_document::{Key, Kind, Limits, Node, Origin, Tree};

use super::{Normalised, Problem, ProblemKind, Step, normalise, spell};
use crate::Kinds;

fn view(text: &str) -> (Tree, Normalised) {
    view_at(35, text)
}

fn view_at(minor: u32, text: &str) -> (Tree, Normalised) {
    let mut tree = bulkhead_document::read(text.into(), &Limits::default()).next().unwrap().unwrap();
    let normalised = normalise(&mut tree, Kinds::for_minor(minor).unwrap());
    (tree, normalised)
}

fn json(node: Node<'_>) -> String {
    serde_json::to_value(node).unwrap().to_string()
}

fn found<'a>(root: Node<'a>, path: &str) -> Option<Node<'a>> {
    path.split('.')
        .filter(|step| !step.is_empty())
        .try_fold(root, |node, step| match step.parse() {
            Ok(index) => node.item(index),
            Err(_) => node.get(step),
        })
}

/// Each case: a document, a path into its view, and the JSON there.
fn check(cases: &[(&str, &str, &str)]) {
    for (text, path, wanted) in cases {
        let (tree, normalised) = view(text);
        let found = found(tree.node(normalised.root), path).map_or_else(|| "absent".to_owned(), json);
        assert_eq!(found, *wanted, "{path} of\n{text}");
    }
}

#[test]
fn pods_get_more_than_templates() {
    let spec = "
      hostNetwork: true
      containers:
      - name: web
        image: nginx
        ports: [{containerPort: 80}]
        resources: {limits: {memory: 1024Mi, cpu: 0.5}}
";
    let pod = format!("apiVersion: v1\nkind: Pod\nspec:{spec}");
    let job = format!("apiVersion: batch/v1\nkind: Job\nspec:\n  template:\n    spec:{spec}");
    let (pod_tree, pod_view) = view(&pod);
    let (job_tree, job_view) = view(&job);
    assert_eq!(pod_view.pods[0].root, pod_view.root);
    assert_eq!(spell(&job_tree, &job_view.pods[0].path), "spec.template");

    let template = found(job_tree.node(job_view.root), "spec.template.spec.containers.0").unwrap();
    assert_eq!(json(template.get("resources").unwrap()), r#"{"limits":{"cpu":"500m","memory":"1Gi"}}"#);
    assert!(found(template, "ports.0.hostPort").is_none());

    for (text, tree, normalised) in [(&pod, &pod_tree, &pod_view), (&job, &job_tree, &job_view)] {
        let container = found(tree.node(normalised.pods[0].root), "spec.containers.0").unwrap();
        let host_port = found(container, "ports.0.hostPort").unwrap();
        assert_eq!((host_port.kind(), host_port.origin()), (Kind::Int(80), Origin::Default));
        assert_eq!(host_port.span().of(text), "true", "what causes it is hostNetwork");
        let requests = found(container, "resources.requests").unwrap();
        assert_eq!(json(requests), r#"{"cpu":"500m","memory":"1Gi"}"#);
        assert_eq!(found(requests, "memory").unwrap().span().of(text), "1024Mi");
    }
}

#[test]
fn a_default_points_at_its_cause() {
    let text = "apiVersion: v1\nkind: Service\nspec:\n  type: LoadBalancer\n  ports: [{port: 80}]\n";
    let (tree, normalised) = view(text);
    let root = tree.node(normalised.root);
    for (path, cause) in [
        ("spec.allocateLoadBalancerNodePorts", "LoadBalancer"),
        ("spec.internalTrafficPolicy", "LoadBalancer"),
        ("spec.ports.0.targetPort", "80"),
        ("spec.ports.0.protocol", "{port: 80}"),
    ] {
        let node = found(root, path).unwrap();
        assert_eq!((node.origin(), node.span().of(text)), (Origin::Default, cause), "{path}");
    }
}

#[test]
fn what_stays_as_it_is_keeps_its_node() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {b: c}}\nspec: {volumes: [{name: a, emptyDir: {}}]}\n";
    let (tree, normalised) = view(text);
    let (before, after) = (tree.root(), tree.node(normalised.root));
    for path in ["metadata", "spec.volumes"] {
        assert_eq!(found(before, path).unwrap().id(), found(after, path).unwrap().id(), "{path}");
    }
    assert_ne!(before.id(), after.id());
}

#[test]
fn values_are_decoded() {
    let deployment = |spec: &str| format!("apiVersion: apps/v1\nkind: Deployment\nspec: {{{spec}}}\n");
    let pod =
        |container: &str| format!("apiVersion: v1\nkind: Pod\nspec: {{containers: [{{{container}}}]}}\n");
    check(&[
        (&deployment("replicas: 3.0"), "spec.replicas", "3"),
        (&deployment("replicas: null"), "spec.replicas", "1"),
        (&deployment("replicas: 0"), "spec.replicas", "0"),
        (&deployment("paused: false"), "spec.paused", "absent"),
        (&deployment("minReadySeconds: 0"), "spec.minReadySeconds", "absent"),
        (
            &deployment("strategy: {rollingUpdate: {maxSurge: 1}}"),
            "spec.strategy",
            r#"{"rollingUpdate":{"maxSurge":1,"maxUnavailable":"25%"},"type":"RollingUpdate"}"#,
        ),
        (&deployment("strategy: {type: Recreate}"), "spec.strategy", r#"{"type":"Recreate"}"#),
        (&deployment("template: null"), "spec.template.metadata", "{}"),
        (&pod("args: []"), "spec.containers.0.args", "absent"),
        (&pod("args: [null]"), "spec.containers.0.args", r#"[""]"#),
        (&pod("env: [null]"), "spec.containers.0.env", r#"[{"name":""}]"#),
        (&pod("image: a"), "spec.containers.0.name", r#""""#),
        (&pod("resources: {limits: {cpu: 1e-4}}"), "spec.containers.0.resources.limits.cpu", r#""1m""#),
        (
            &pod("env: [{name: a, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}]"),
            "spec.containers.0.env.0.valueFrom.resourceFieldRef.divisor",
            r#""0""#,
        ),
        ("apiVersion: v1\nkind: ConfigMap\ndata: {a: null, b: c}\n", "data", r#"{"a":"","b":"c"}"#),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {creationTimestamp: 2024-01-01T00:00:00+01:00}\n",
            "metadata.creationTimestamp",
            r#""2023-12-31T23:00:00Z""#,
        ),
    ]);
}

#[test]
fn defaults_that_are_code() {
    let pod = |spec: &str| format!("apiVersion: v1\nkind: Pod\nspec: {{{spec}}}\n");
    check(&[
        (&pod("containers: [{image: a}]"), "spec.containers.0.imagePullPolicy", r#""Always""#),
        (&pod("containers: [{image: 'a:1'}]"), "spec.containers.0.imagePullPolicy", r#""IfNotPresent""#),
        (&pod("containers: [{}]"), "spec.containers.0.imagePullPolicy", r#""IfNotPresent""#),
        (&pod("volumes: [{name: a}]"), "spec.volumes.0", r#"{"emptyDir":{},"name":"a"}"#),
        (
            &pod("volumes: [{name: a, image: {reference: b}}]"),
            "spec.volumes.0.image.pullPolicy",
            r#""Always""#,
        ),
        (&pod("serviceAccount: a"), "spec.serviceAccountName", r#""a""#),
        (&pod("serviceAccount: a, serviceAccountName: b"), "spec.serviceAccount", r#""b""#),
        (&pod("terminationGracePeriodSeconds: -1"), "spec.terminationGracePeriodSeconds", "1"),
        (&pod("containers: []"), "spec.enableServiceLinks", "true"),
        (
            &pod(
                "resources: {limits: {cpu: 4}}, containers: [{resources: {requests: {cpu: 1, memory: 1Gi}}}, {resources: {requests: {cpu: 1}}}]",
            ),
            "spec.resources.requests",
            r#"{"cpu":"2","memory":"1Gi"}"#,
        ),
        (
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n",
            "metadata.labels",
            r#"{"kubernetes.io/metadata.name":"a"}"#,
        ),
        (
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {b: c}}\n",
            "metadata.labels",
            r#"{"b":"c","kubernetes.io/metadata.name":"a"}"#,
        ),
        (
            "apiVersion: v1\nkind: Secret\ndata: {a: eA==}\nstringData: {a: yy, b: z}\n",
            "data",
            r#"{"a":"eXk=","b":"eg=="}"#,
        ),
        ("apiVersion: v1\nkind: Secret\nstringData: {a: yy}\n", "stringData", "absent"),
        (
            "apiVersion: v1\nkind: Service\nspec: {sessionAffinity: ClientIP}\n",
            "spec.sessionAffinityConfig",
            r#"{"clientIP":{"timeoutSeconds":10800}}"#,
        ),
        (
            "apiVersion: v1\nkind: Service\nspec: {sessionAffinityConfig: {}}\n",
            "spec.sessionAffinityConfig",
            "absent",
        ),
        (
            "apiVersion: v1\nkind: LimitRange\nspec: {limits: [{type: Container, max: {cpu: 2}, min: {cpu: 1, memory: 1Mi}}]}\n",
            "spec.limits.0.defaultRequest",
            r#"{"cpu":"2","memory":"1Mi"}"#,
        ),
        (
            "apiVersion: batch/v1\nkind: Job\nspec: {template: {metadata: {labels: {a: b}}}}\n",
            "metadata.labels",
            r#"{"a":"b"}"#,
        ),
        (
            "apiVersion: v1\nkind: ReplicationController\nspec: {template: {metadata: {labels: {a: b}}}}\n",
            "spec.selector",
            r#"{"a":"b"}"#,
        ),
        (
            "apiVersion: extensions/v1beta1\nkind: Deployment\nspec: {template: {metadata: {labels: {a: b}}}}\n",
            "spec.selector",
            r#"{"matchLabels":{"a":"b"}}"#,
        ),
        (
            "apiVersion: apps/v1\nkind: StatefulSet\nspec: {volumeClaimTemplates: [{metadata: {name: a}}]}\n",
            "spec.volumeClaimTemplates.0.kind",
            r#""PersistentVolumeClaim""#,
        ),
        (
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {names: {kind: Shop, plural: shops}}\n",
            "spec.names",
            r#"{"kind":"Shop","listKind":"ShopList","plural":"shops","singular":"shop"}"#,
        ),
    ]);
}

#[test]
fn rules_with_conditions() {
    check(&[
        (
            "apiVersion: batch/v1\nkind: Job\nspec: {backoffLimitPerIndex: 1}\n",
            "spec.backoffLimit",
            "2147483647",
        ),
        ("apiVersion: batch/v1\nkind: Job\nspec: {}\n", "spec.backoffLimit", "6"),
        ("apiVersion: batch/v1\nkind: Job\nspec: {parallelism: 2}\n", "spec.completions", "absent"),
        (
            "apiVersion: batch/v1\nkind: CronJob\nspec: {jobTemplate: {spec: {}}}\n",
            "spec.jobTemplate.spec.backoffLimit",
            "absent",
        ),
        (
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nspec: {egress: [{}]}\n",
            "spec.policyTypes",
            r#"["Ingress","Egress"]"#,
        ),
        (
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nspec: {}\n",
            "spec.policyTypes",
            r#"["Ingress"]"#,
        ),
        (
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nsubjects: [{kind: User, name: a}]\n",
            "subjects.0.apiGroup",
            r#""rbac.authorization.k8s.io""#,
        ),
        (
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nsubjects: [{kind: ServiceAccount, name: a}]\n",
            "subjects.0.apiGroup",
            "absent",
        ),
        (
            "apiVersion: v1\nkind: Service\nspec: {type: ExternalName}\n",
            "spec.internalTrafficPolicy",
            "absent",
        ),
        (
            "apiVersion: v1\nkind: Service\nspec: {externalIPs: [1.2.3.4]}\n",
            "spec.externalTrafficPolicy",
            r#""Cluster""#,
        ),
    ]);
}

#[test]
fn versions_differ() {
    let text = "apiVersion: v1\nkind: Pod\nspec: {volumes: [{name: a, image: {reference: b}}]}\n";
    for (minor, wanted) in [(34, None), (35, Some("Always"))] {
        let (tree, normalised) = view_at(minor, text);
        let policy = found(tree.node(normalised.root), "spec.volumes.0.image.pullPolicy");
        assert_eq!(policy.and_then(Node::as_str), wanted, "1.{minor}");
    }
    let (_, normalised) = view_at(31, "apiVersion: v1\nkind: Pod\nspec: {resources: {}}\n");
    assert_eq!(normalised.problems[0].message, r#"PodSpec has no field "resources""#);
}

fn problems(text: &str) -> Vec<(ProblemKind, String, String)> {
    let (tree, normalised) = view(text);
    let source = tree.source().clone();
    let plain = |problem: Problem| (problem.kind, problem.path, problem.span.of(&source).to_owned());
    normalised.problems.into_iter().map(plain).collect()
}

#[test]
fn problems_say_where() {
    let wrong = |path: &str, at: &str| (ProblemKind::WrongType, path.to_owned(), at.to_owned());
    let bad = |path: &str, at: &str| (ProblemKind::BadValue, path.to_owned(), at.to_owned());
    let unknown = |path: &str, at: &str| (ProblemKind::UnknownField, path.to_owned(), at.to_owned());
    for (text, wanted) in [
        ("apiVersion: v1\nkind: Pod\nspec: {containers: 5}\n", wrong("spec.containers", "5")),
        ("apiVersion: v1\nkind: Pod\nspec: {containers: [5]}\n", wrong("spec.containers[0]", "5")),
        ("apiVersion: v1\nkind: Pod\nmetadata: {labels: {a: true}}\n", wrong("metadata.labels.a", "true")),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {labels: {a.b/c: 1}}\n",
            wrong("metadata.labels[\"a.b/c\"]", "1"),
        ),
        ("apiVersion: v1\nkind: Pod\nspec: {hostNetwork: 'true'}\n", wrong("spec.hostNetwork", "'true'")),
        (
            "apiVersion: apps/v1\nkind: Deployment\nspec: {replicas: 2147483648}\n",
            bad("spec.replicas", "2147483648"),
        ),
        ("apiVersion: apps/v1\nkind: Deployment\nspec: {replicas: 1.5}\n", bad("spec.replicas", "1.5")),
        (
            "apiVersion: v1\nkind: ResourceQuota\nspec: {hard: {cpu: 1 core}}\n",
            bad("spec.hard.cpu", "1 core"),
        ),
        ("apiVersion: v1\nkind: Secret\ndata: {a: '*'}\n", bad("data.a", "'*'")),
        (
            "apiVersion: v1\nkind: Pod\nspec: {hostnetwork: true}\n",
            unknown("spec.hostnetwork", "hostnetwork"),
        ),
        ("apiVersion: v1\nkind: Pod\nspec: []\n", wrong("spec", "[]")),
    ] {
        assert_eq!(problems(text), [wanted], "{text}");
    }
    let (_, normalised) = view("apiVersion: v1\nkind: Pod\nspec: {hostnetwork: true}\n");
    assert_eq!(
        normalised.problems[0].message,
        r#"PodSpec has no field "hostnetwork"; did you mean "hostNetwork"?"#
    );
}

#[test]
fn the_rest_is_still_judged() {
    let text = "apiVersion: v1\nkind: Pod\nspec: {containers: [5, {image: 'a:1'}], hostNetwork: true}\n";
    let (tree, normalised) = view(text);
    let spec = tree.node(normalised.root).get("spec").unwrap();
    assert_eq!(spec.get("containers").unwrap().items().len(), 1);
    assert_eq!(spec.get("hostNetwork").unwrap().as_bool(), Some(true));
}

#[test]
fn custom_resources_with_a_template() {
    let text = "
apiVersion: argoproj.io/v1alpha1
kind: Rollout
spec:
  strategy: {canary: {}}
  template:
    spec:
      ours: 1
      containers: [{name: a, image: b, ports: [{containerPort: 80}]}]
";
    let (tree, normalised) = view(text);
    assert_eq!(normalised.problems, []);
    let root = tree.node(normalised.root);
    assert_eq!(json(found(root, "spec.strategy").unwrap()), r#"{"canary":{}}"#);
    assert_eq!(json(found(root, "spec.template.spec.ours").unwrap()), "1");
    assert_eq!(found(root, "spec.template.spec.dnsPolicy").unwrap().as_str(), Some("ClusterFirst"));
    let pod = tree.node(normalised.pods[0].root);
    assert_eq!(found(pod, "spec.containers.0.ports.0.protocol").unwrap().as_str(), Some("TCP"));
    let containers = Key::known("containers").unwrap();
    let path = normalised.pods[0].container_path(containers, 0);
    assert_eq!(spell(&tree, &path), "spec.template.spec.containers[0]");
}

#[test]
fn workflows_make_pods() {
    let text = "
apiVersion: argoproj.io/v1alpha1
kind: Workflow
spec:
  securityContext: {runAsNonRoot: true}
  templates:
  - name: steps
    steps: [[{name: a, template: one}]]
  - name: one
    container: {image: a}
    sidecars: [{name: b, image: b, mirrorVolumeMounts: true}]
    initContainers: [{name: c, image: c}]
";
    let (tree, normalised) = view(text);
    assert_eq!(normalised.problems, []);
    assert_eq!(normalised.root, tree.root().id());
    let [pod] = normalised.pods.as_slice() else { panic!("one template makes Pods") };
    let spec = tree.node(pod.root).get("spec").unwrap();
    assert_eq!(found(spec, "securityContext.runAsNonRoot").unwrap().as_bool(), Some(true));
    assert_eq!(found(spec, "containers.0.name").unwrap().as_str(), Some("main"));
    assert_eq!(found(spec, "initContainers.0.imagePullPolicy").unwrap().as_str(), Some("Always"));
    let paths = ["containers", "containers", "initContainers"].into_iter().zip([0, 1, 0]);
    let paths: Vec<String> = paths
        .map(|(list, index)| spell(&tree, &pod.container_path(Key::known(list).unwrap(), index)))
        .collect();
    assert_eq!(
        paths,
        [
            "spec.templates[1].container",
            "spec.templates[1].sidecars[0]",
            "spec.templates[1].initContainers[0]"
        ]
    );
}

#[test]
fn tasks_make_pods() {
    let text = "
apiVersion: tekton.dev/v1
kind: PipelineRun
spec:
  taskRunTemplate: {podTemplate: {securityContext: {runAsUser: 7}}}
  pipelineSpec:
    tasks:
    - name: a
      taskSpec:
        stepTemplate: {securityContext: {privileged: false}}
        steps:
        - {image: b, script: 'echo', computeResources: {limits: {cpu: 1}}}
";
    let (tree, normalised) = view(text);
    let [pod] = normalised.pods.as_slice() else { panic!("one task makes Pods") };
    let spec = tree.node(pod.root).get("spec").unwrap();
    assert_eq!(found(spec, "securityContext.runAsUser").unwrap().as_i64(), Some(7));
    assert_eq!(json(found(spec, "containers.0.securityContext").unwrap()), r#"{"privileged":false}"#);
    assert_eq!(found(spec, "containers.0.resources.limits.cpu").unwrap().as_str(), Some("1"));
    let path = pod.container_path(Key::known("containers").unwrap(), 0);
    assert_eq!(spell(&tree, &path), "spec.pipelineSpec.tasks[0].taskSpec.steps[0]");
    assert!(matches!(path.last(), Some(Step::Index(0))));
}

#[test]
fn odd_documents_are_left_alone() {
    for text in [
        "5",
        "[]",
        "{}",
        "apiVersion: v1",
        "apiVersion: 1\nkind: 2",
        "apiVersion: a/v1\nkind: B\nspec: []\n",
        "apiVersion: argoproj.io/v1\nkind: Rollout\nspec: {template: 5}\n",
    ] {
        let (tree, normalised) = view(text);
        assert_eq!(normalised.root, tree.root().id(), "{text}");
        assert!(normalised.pods.is_empty());
    }
}

#[test]
fn deep_schemas_end() {
    let mut text = String::from(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {versions: [{schema: {openAPIV3Schema: ",
    );
    text.push_str(&"{not: ".repeat(240));
    text.push_str("{}");
    text.push_str(&"}".repeat(240));
    text.push_str("}}]}\n");
    let (_, normalised) = view(&text);
    assert_eq!(
        normalised.problems.iter().map(|problem| problem.kind).collect::<Vec<_>>(),
        [ProblemKind::TooLarge]
    );
}

#[test]
fn bytes_at_random_do_no_harm() {
    super::fuzz_normalise(b"\xff");
    super::fuzz_normalise(
        b"apiVersion: v1\nkind: Pod\nspec: {containers: [{resources: {limits: {cpu: -1e999}}}]}\n",
    );
    super::fuzz_normalise(
        b"apiVersion: v1\nkind: Secret\nstringData: {a: b}\n---\nkind: Pod\napiVersion: v1\n",
    );
}
