//! Trees of Kubernetes files as large applications have them, the same every time.
//!
//! Of ten objects six are Deployments with two containers; the rest are Services, a `ConfigMap`, a
//! `ServiceAccount` and, in turn, an Ingress, a `NetworkPolicy`, a `CronJob` or a `PodDisruptionBudget`. Ten
//! objects are a file, a hundred files a folder; ten thousand objects are some 12 MB. One Deployment in four
//! is careless, so that there is something to find.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// Objects in a file.
pub const PER_FILE: usize = 10;

/// Writes a tree of so many objects and returns its bytes.
///
/// # Errors
/// When a folder or file cannot be written.
pub fn write(folder: &Path, objects: usize) -> io::Result<u64> {
    let mut bytes = 0;
    for number in 0..objects.div_ceil(PER_FILE) {
        let part = folder.join(format!("part-{:04}", number / 100));
        if number % 100 == 0 {
            fs::create_dir_all(&part)?;
        }
        let text = file(number, PER_FILE.min(objects - number * PER_FILE));
        bytes += text.len() as u64;
        fs::write(part.join(format!("app-{number:06}.yaml")), text)?;
    }
    Ok(bytes)
}

/// The text of one file.
#[must_use]
pub fn file(number: usize, objects: usize) -> String {
    let mut text = String::with_capacity(objects * 1300);
    let namespace = format!("team-{:03}", number % 200);
    for index in 0..objects {
        if index > 0 {
            text.push_str("---\n");
        }
        let name = format!("app-{number:06}-{index}");
        let app = format!("app-{number:06}-{}", index.min(5));
        match index {
            0..=5 => deployment(&mut text, &namespace, &name, number * PER_FILE + index),
            6 => service(&mut text, &namespace, &app),
            7 => config(&mut text, &namespace, &name),
            8 => account(&mut text, &namespace, &name),
            _ => match number % 4 {
                0 => ingress(&mut text, &namespace, &app),
                1 => network_policy(&mut text, &namespace, &app),
                2 => cron_job(&mut text, &namespace, &name),
                _ => budget(&mut text, &namespace, &app),
            },
        }
    }
    text
}

fn header(text: &mut String, api: &str, kind: &str, namespace: &str, name: &str) {
    _ = write!(
        text,
        "apiVersion: {api}\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: {namespace}\n  labels:\n    \
         app.kubernetes.io/name: {name}\n    app.kubernetes.io/managed-by: bench\n"
    );
}

fn deployment(text: &mut String, namespace: &str, name: &str, number: usize) {
    let careless = number % 4 == 3;
    header(text, "apps/v1", "Deployment", namespace, name);
    _ = write!(
        text,
        "spec:\n  replicas: {}\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: {name}\n  template:\n    \
         metadata:\n      labels:\n        app.kubernetes.io/name: {name}\n    spec:\n",
        1 + number % 5
    );
    if careless {
        text.push_str("      hostNetwork: true\n");
    } else {
        _ = write!(
            text,
            "      serviceAccountName: {name}\n      automountServiceAccountToken: false\n      securityContext:\n        \
             runAsNonRoot: true\n        runAsUser: {}\n        seccompProfile:\n          type: RuntimeDefault\n",
            10_000 + number % 50_000
        );
    }
    text.push_str("      containers:\n");
    container(text, "web", number, 8080, careless);
    container(text, "proxy", number, 9090, false);
    text.push_str(
        "      volumes:\n        - name: scratch\n          emptyDir:\n            sizeLimit: 64Mi\n",
    );
}

fn container(text: &mut String, name: &str, number: usize, port: usize, careless: bool) {
    let main = name == "web";
    let tag = if careless { "latest".to_owned() } else { format!("1.{}.{}", number % 40, number % 7) };
    _ = write!(
        text,
        "        - name: {name}\n          image: registry.bench.example/{name}:{tag}\n          ports:\n            \
         - name: {name}\n              containerPort: {port}\n"
    );
    if main {
        _ = write!(
            text,
            "          env:\n            - name: LOG_LEVEL\n              value: info\n            - name: UPSTREAM\n              \
             value: http://app-{number:06}:{port}\n"
        );
    }
    if careless {
        text.push_str("          securityContext:\n            privileged: true\n");
        return;
    }
    text.push_str(
        "          securityContext:\n            allowPrivilegeEscalation: false\n            readOnlyRootFilesystem: true\n            \
         capabilities:\n              drop:\n                - ALL\n          resources:\n            requests:\n              \
         cpu: 100m\n              memory: 128Mi\n            limits:\n              cpu: 500m\n              memory: 256Mi\n          \
         volumeMounts:\n            - name: scratch\n              mountPath: /tmp\n",
    );
    if main {
        text.push_str(
            "          readinessProbe:\n            httpGet:\n              path: /ready\n              port: web\n            \
             periodSeconds: 5\n",
        );
    }
}

fn service(text: &mut String, namespace: &str, app: &str) {
    header(text, "v1", "Service", namespace, app);
    _ = write!(
        text,
        "spec:\n  selector:\n    app.kubernetes.io/name: {app}\n  ports:\n    - name: http\n      port: 80\n      \
         targetPort: web\n"
    );
}

fn config(text: &mut String, namespace: &str, name: &str) {
    header(text, "v1", "ConfigMap", namespace, name);
    text.push_str("data:\n  settings.ini: |\n    [server]\n    workers = 4\n    timeout = 30s\n    [cache]\n    size = 128\n  mode: quiet\n");
}

fn account(text: &mut String, namespace: &str, name: &str) {
    header(text, "v1", "ServiceAccount", namespace, name);
    text.push_str("automountServiceAccountToken: false\n");
}

fn ingress(text: &mut String, namespace: &str, app: &str) {
    header(text, "networking.k8s.io/v1", "Ingress", namespace, app);
    _ = write!(
        text,
        "spec:\n  ingressClassName: nginx\n  tls:\n    - hosts: [{app}.bench.example]\n      secretName: {app}-tls\n  rules:\n    \
         - host: {app}.bench.example\n      http:\n        paths:\n          - path: /\n            pathType: Prefix\n            \
         backend:\n              service:\n                name: {app}\n                port:\n                  name: http\n"
    );
}

fn network_policy(text: &mut String, namespace: &str, app: &str) {
    header(text, "networking.k8s.io/v1", "NetworkPolicy", namespace, app);
    _ = write!(
        text,
        "spec:\n  podSelector:\n    matchLabels:\n      app.kubernetes.io/name: {app}\n  policyTypes: [Ingress, Egress]\n  \
         ingress:\n    - from:\n        - podSelector: {{}}\n      ports:\n        - port: 8080\n"
    );
}

fn cron_job(text: &mut String, namespace: &str, name: &str) {
    header(text, "batch/v1", "CronJob", namespace, name);
    text.push_str(
        "spec:\n  schedule: \"15 3 * * *\"\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: Never\n          \
         containers:\n            - name: job\n              image: registry.bench.example/job:2.1\n              args: [run, --once]\n",
    );
}

fn budget(text: &mut String, namespace: &str, app: &str) {
    header(text, "policy/v1", "PodDisruptionBudget", namespace, app);
    _ = write!(
        text,
        "spec:\n  maxUnavailable: 1\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: {app}\n"
    );
}

#[test]
fn ten_thousand_objects_are_some_twelve_megabytes() {
    let mut bytes = 0;
    let mut kinds = std::collections::BTreeMap::<String, usize>::new();
    for number in 0..1000 {
        let text = file(number, PER_FILE);
        bytes += text.len();
        for kind in text.lines().filter_map(|line| line.strip_prefix("kind: ")) {
            *kinds.entry(kind.to_owned()).or_default() += 1;
        }
    }
    assert!((11_000_000..13_500_000).contains(&bytes), "{bytes} bytes");
    assert_eq!(kinds["Deployment"], 6000);
    assert_eq!(kinds.values().sum::<usize>(), 10_000);
}
