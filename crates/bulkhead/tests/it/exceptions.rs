//! Exceptions from all sides, what they do to reports and the gate, and who is believed.

use serde_json::Value;

use crate::support::{Tree, tree};

const WORKLOAD: &str = "apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: exporter
  namespace: monitoring
  annotations: {}
spec:
  selector: {matchLabels: {app: exporter}}
  template:
    metadata: {labels: {app: exporter}}
    spec:
      hostNetwork: true
      hostPID: true
      containers:
      - name: agent
        image: registry.example/agent:1.0
        securityContext:
          privileged: true
      - name: sidecar
        image: registry.example/sidecar:1.0
        securityContext:
          privileged: true
";

const ONLY: &str =
    "--only=host-network,host-pid,privileged-container,expired-exception,unused-exception,refused-exception";

fn exception(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: bulkhead.dev/v1alpha1\nkind: Exception\nmetadata: {{name: {name}}}\nspec:\n  {}\n",
        spec.replace('\n', "\n  ")
    )
}

const WHOLE: &str = "owner: team@example\nreason: it must\nuntil: 2026-12-31";

fn report(tree: &Tree, arguments: &[&str]) -> (i32, Value) {
    let mut all = vec![".", ONLY, "--fail-on=low"];
    all.extend(arguments);
    tree.report(&all)
}

/// `CHECK FIELD` of what counts, what is excepted and by what, what is merely claimed.
fn standing(report: &Value) -> (Vec<String>, Vec<String>, Vec<String>) {
    let (mut open, mut excepted, mut claimed) = (vec![], vec![], vec![]);
    for finding in report["findings"].as_array().unwrap() {
        let check = finding["check"].as_str().unwrap().to_owned();
        let by = |field: &str| finding[field]["by"].as_str().map(str::to_owned);
        match (by("excepted"), by("claimed")) {
            (Some(by), _) => excepted.push(format!("{check}: {by}")),
            (None, Some(by)) => claimed.push(format!("{check}: {by}")),
            (None, None) => open.push(check),
        }
    }
    (open, excepted, claimed)
}

#[test]
fn what_an_exception_covers() {
    let all = ["host-network", "host-pid", "privileged-container", "privileged-container"];
    let rows: [(&str, &[&str]); 14] = [
        ("checks: [host-network]", &["host-pid", "privileged-container", "privileged-container"]),
        ("checks: [KSV-0009, hostPIDSet]", &["privileged-container", "privileged-container"]),
        ("checks: ['*']", &["unused-exception"]),
        ("checks: ['*']\nkinds: [DaemonSet]", &[]),
        ("checks: ['*']\nkinds: [Deployment]", &all),
        ("checks: ['*']\nnamespaces: ['mon*']\nnames: ['exp*']", &[]),
        ("checks: ['*']\nnamespaces: [shop]", &all),
        ("checks: ['*']\ncontainers: [agent]", &["host-network", "host-pid", "privileged-container"]),
        (
            "checks: ['*']\nimages: [registry.example/side*]",
            &["host-network", "host-pid", "privileged-container"],
        ),
        ("checks: ['*']\nlabels: {app: exp*}", &[]),
        ("checks: ['*']\nlabels: {app: other}", &all),
        ("checks: ['*']\npackages: ['pkg:deb/debian/openssl']", &all),
        ("checks: ['*']\nvulnerabilities: [CVE-2026-1]", &all),
        (
            "checks: [host-network]\nnames: [exporter]\nkinds: [DaemonSet]",
            &["host-pid", "privileged-container", "privileged-container"],
        ),
    ];
    for (spec, expected) in rows {
        let tree = tree(&[("a.yaml", WORKLOAD), ("b.yaml", &exception("x", &format!("{spec}\n{WHOLE}")))]);
        let (_, report) = report(&tree, &[]);
        let (mut open, ..) = standing(&report);
        // That it covers nothing is said as well.
        open.retain(|check| check != "unused-exception");
        let mut expected: Vec<&str> = expected.to_vec();
        expected.retain(|check| *check != "unused-exception");
        assert_eq!(open, expected, "{spec}");
    }
}

#[test]
fn a_fingerprint_alone_is_enough() {
    let first = tree(&[("a.yaml", WORKLOAD)]);
    let (_, before) = report(&first, &[]);
    let fingerprint = before["findings"][0]["fingerprint"].as_str().unwrap();
    let text = exception("x", &format!("fingerprints: ['{fingerprint}']\n{WHOLE}"));
    first.write("b.yaml", text);
    let (_, after) = report(&first, &[]);
    assert_eq!(standing(&after).1, ["host-network: x"]);
}

#[test]
fn mistakes_are_findings_and_cover_nothing() {
    let rows = [
        (
            "checks: [host-network]\nreason: r\nuntil: fixable",
            5,
            3,
            "spec.owner: is missing (who answers for it)",
        ),
        (
            "checks: [host-network]\nowner: o\nuntil: fixable",
            5,
            3,
            "spec.reason: is missing (why it is right)",
        ),
        ("checks: [host-network]\nowner: o\nreason: r", 5, 3, "spec.until: is missing"),
        (
            "checks: [host-network]\nowner: o\nreason: r\nuntil: soon",
            8,
            10,
            "spec.until: expected a day such as",
        ),
        ("checks: [host-network]\nowner: ' '\nreason: r\nuntil: fixable", 6, 10, "spec.owner: is missing"),
        (
            "checks: host-network\nowner: o\nreason: r\nuntil: fixable",
            5,
            11,
            "spec.checks: expected a list of texts",
        ),
        ("checks: [host-netwrk]\nowner: o\nreason: r\nuntil: fixable", 2, 7, "did you mean host-network"),
        ("checks: [host-network]\nowners: o\nreason: r\nuntil: fixable", 6, 3, "spec has no field owners"),
        (
            "fingerprints: [x]\nowner: o\nreason: r\nuntil: fixable",
            5,
            18,
            "expected v1: and 40 hexadecimal digits",
        ),
        ("owner: o\nreason: r\nuntil: fixable", 5, 3, "spec.checks: is missing"),
    ];
    for (spec, line, column, sentence) in rows {
        let text = exception("x", spec);
        let tree = tree(&[("a.yaml", WORKLOAD), ("b.yaml", &text)]);
        let (status, report) = report(&tree, &[]);
        let findings = report["findings"].as_array().unwrap();
        let refused: Vec<&Value> =
            findings.iter().filter(|finding| finding["check"] == "refused-exception").collect();
        let told = refused.iter().find(|finding| finding["message"].as_str().unwrap().contains(sentence));
        let at = &told.unwrap_or_else(|| panic!("{spec}: {refused:#?}"))["at"];
        let place =
            (at["file"].as_str().unwrap(), at["line"].as_i64().unwrap(), at["column"].as_i64().unwrap());
        assert_eq!(place, ("b.yaml", line, column), "{spec}");
        assert_eq!(status, 1);
        assert_eq!(report["summary"]["excepted"], 0, "{spec}");
    }
}

#[test]
fn expired_and_unused_ones_are_told() {
    let over = exception("over", "checks: [host-network]\nowner: o\nreason: r\nuntil: 2026-11-29");
    let last_day = exception("today", "checks: [host-pid]\nowner: o\nreason: r\nuntil: 2026-11-30");
    let unused = exception("unused", &format!("checks: [host-pid]\nnames: [other]\n{WHOLE}"));
    let not_judged = exception("elsewhere", &format!("checks: [host-ports]\n{WHOLE}"));
    let text = [over, last_day, unused, not_judged].join("---\n");
    let tree = tree(&[("a.yaml", WORKLOAD), ("b.yaml", &text)]);
    let (_, report) = report(&tree, &[]);
    let of = |check: &str| {
        let findings = report["findings"].as_array().unwrap().iter();
        let named = findings.filter(|finding| finding["check"] == check);
        named
            .map(|finding| finding["subject"]["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(of("expired-exception"), ["over"]);
    assert_eq!(of("unused-exception"), ["unused"]);
    assert_eq!(standing(&report).1, ["host-pid: today"]);
    // Of a part of what it may cover, nothing is said.
    let (_, part) = tree.report(&["a.yaml", "b.yaml", ONLY]);
    assert!(
        !part["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| finding["check"] == "unused-exception")
    );
    let ran = tree.run(&["scan", ".", ONLY, "--config", "c.yaml"]);
    assert_eq!(ran.status, 2);
    tree.write("c.yaml", "policies: {expired-exception: critical}\n");
    let (_, configured) = tree.report(&[".", ONLY, "--config", "c.yaml"]);
    let expired = configured["findings"].as_array().unwrap().iter();
    let expired = expired.clone().find(|finding| finding["check"] == "expired-exception").unwrap();
    assert_eq!(expired["severity"], "critical");
}

#[test]
fn an_exception_of_the_tree_stays_in_its_folder() {
    let text = exception("x", &format!("checks: ['*']\n{WHOLE}"));
    let tree = tree(&[("shop/a.yaml", WORKLOAD), ("other/x.yaml", &text)]);
    assert_eq!(report(&tree, &[]).1["summary"]["excepted"], 0);
    tree.write("bulkhead.yaml", "exceptions: {files: [other/]}\n");
    assert_eq!(report(&tree, &[]).1["summary"]["excepted"], 4);
    tree.write("shop/deep/b.yaml", WORKLOAD);
    tree.write("shop/x.yaml", &text);
    tree.write("bulkhead.yaml", "");
    assert_eq!(report(&tree, &[]).1["summary"]["excepted"], 8);
}

#[test]
fn who_is_believed() {
    let of_tree = exception("mine", "checks: [host-network]\nowner: dev@example\nreason: r\nuntil: fixable");
    let central = exception("central", "checks: [host-pid]\nowner: sec@example\nreason: r\nuntil: fixable");
    let marked = WORKLOAD
        .replace("annotations: {}", "annotations: {ignore-check.kube-linter.io/privileged-container: why}");
    let rows: [(&str, &[&str], usize, usize); 7] = [
        ("", &["host-pid: central", "host-network: mine"], 2, 0),
        ("exceptions: {tree: report-only}", &["host-pid: central"], 0, 3),
        ("exceptions: {tree: off}", &["host-pid: central"], 0, 0),
        ("exceptions: {peers: off}", &["host-pid: central", "host-network: mine"], 0, 0),
        ("exceptions: {owners: ['sec@*']}", &["host-pid: central"], 0, 3),
        ("exceptions: {owners: ['dev@*']}", &["host-pid: central", "host-network: mine"], 0, 2),
        ("exceptions: {never: [KSV-0009]}", &["host-pid: central"], 2, 1),
    ];
    for (settings, excepted, by_peers, claimed) in rows {
        let tree = tree(&[
            ("tree/a.yaml", &marked),
            ("tree/x.yaml", &of_tree),
            ("tree/bulkhead.yaml", "exceptions: {tree: counted}\n"),
            ("central/x.yaml", &central),
            ("central.yaml", settings),
        ]);
        let (_, report) = tree.report(&["tree", ONLY, "--config", "central.yaml", "--exceptions", "central"]);
        let (_, mut by, claims) = standing(&report);
        let peers = by.iter().filter(|by| by.contains("kube-linter")).count();
        by.retain(|by| !by.contains("kube-linter"));
        by.sort();
        let mut excepted = excepted.to_vec();
        excepted.sort_unstable();
        assert_eq!(
            (by, peers, claims.len()),
            (excepted.iter().map(ToString::to_string).collect(), by_peers, claimed),
            "{settings}"
        );
        let told = report["summary"]["exceptedByTree"].as_u64().unwrap();
        assert_eq!(
            usize::try_from(told).unwrap(),
            peers + usize::from(excepted.contains(&"host-network: mine")),
            "{settings}"
        );
    }
}

#[test]
fn a_central_file_locks() {
    let tree = tree(&[
        ("tree/a.yaml", WORKLOAD),
        ("tree/bulkhead.yaml", "policies: {host-network: off, host-pid: low}\npaths: {exclude: [a.yaml]}\n"),
        ("base.yaml", "locked: [host-network, paths]\npolicies: {host-network: critical}\n"),
        ("central.yaml", "extends: base.yaml\n"),
    ]);
    let (_, report) = tree.report(&["tree", "--config", "central.yaml"]);
    let severity = |check: &str| {
        let found = report["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == check);
        found.map(|finding| finding["severity"].clone())
    };
    assert_eq!(severity("host-network").unwrap(), "critical");
    assert_eq!(severity("host-pid").unwrap(), "low");
    let notes = report["coverage"]["notes"].to_string();
    assert!(
        notes.contains("policies.host-network has no effect here: a file further out locks it"),
        "{notes}"
    );
    assert!(notes.contains("paths has no effect here"), "{notes}");
}

#[test]
fn extends_stays_in_the_tree_and_ends() {
    let tree = tree(&[
        ("tree/deploy/a.yaml", WORKLOAD),
        ("tree/.git/HEAD", ""),
        ("tree/base.yaml", "policies: {host-network: off}\n"),
        ("tree/deploy/bulkhead.yaml", "extends: ../base.yaml\npolicies: {host-pid: off}\n"),
        ("outside.yaml", ""),
        ("loop.yaml", "extends: [loop.yaml]\n"),
    ]);
    let (_, report) = tree.report(&["tree", "--only=privileged-container,host-network,host-pid"]);
    assert_eq!(report["findings"].as_array().unwrap().len(), 4);
    let (_, report) = tree.report(&["tree"]);
    let checks = report["findings"].to_string();
    assert!(!checks.contains("host-network") && !checks.contains("host-pid"), "{checks}");
    tree.write("tree/deploy/bulkhead.yaml", "extends: ../../outside.yaml\n");
    let ran = tree.run(&["scan", "tree"]);
    assert!(ran.status == 2 && ran.stderr.contains("extends: leads out of the tree"), "{ran}");
    let ran = tree.run(&["scan", "tree", "--config", "loop.yaml", "--no-tree-config"]);
    assert!(ran.status == 2 && ran.stderr.contains("extends this file again"), "{ran}");
}

#[test]
fn words_of_peers() {
    let annotated = |annotation: &str| {
        WORKLOAD
            .replace("annotations: {}", &format!("annotations:\n    {}", annotation.replace('\n', "\n    ")))
    };
    let commented = |comment: &str| {
        WORKLOAD.replacen(
            "        securityContext:",
            &format!("        {comment}\n        securityContext:"),
            1,
        )
    };
    let rows: Vec<(String, &[&str])> = vec![
        (annotated("kube-linter.io/ignore-all: why"), &[]),
        (
            annotated("ignore-check.kube-linter.io/host-network: why"),
            &["host-pid", "privileged-container", "privileged-container"],
        ),
        (annotated("polaris.fairwinds.com/exempt: 'true'"), &[]),
        (annotated("polaris.fairwinds.com/exempt: true"), &[]),
        (
            annotated("polaris.fairwinds.com/hostPIDSet-exempt: 'true'"),
            &["host-network", "privileged-container", "privileged-container"],
        ),
        (
            annotated("polaris.fairwinds.com/runAsPrivileged.sidecar-exempt: 'true'"),
            &["host-network", "host-pid", "privileged-container"],
        ),
        (annotated("checkov.io/skip1: CKV_K8S_19=why\ncheckov.io/skip2: CKV_K8S_16=why"), &["host-pid"]),
        (commented("# checkov:skip=CKV_K8S_16:why"), &["host-network", "host-pid"]),
        (
            annotated("kube-score/ignore: container-security-context-privileged"),
            &["host-network", "host-pid"],
        ),
        (commented("# trivy:ignore:AVD-KSV-0017"), &["host-network", "host-pid", "privileged-container"]),
        (
            commented("# trivy:ignore:KSV017 exp:2026-11-29"),
            &[
                "host-network",
                "host-pid",
                "expired-exception",
                "privileged-container",
                "privileged-container",
            ],
        ),
        (format!("# trivy:ignore:KSV-0017\n{WORKLOAD}"), &["host-network", "host-pid"]),
        (
            annotated("bulkhead.dev/except: 'host-network, KSV-0017 in agent: why'"),
            &["host-network", "host-pid", "privileged-container"],
        ),
        (
            annotated("bulkhead.dev/except: 'host-network: why'"),
            &["host-pid", "privileged-container", "privileged-container"],
        ),
        (
            annotated("bulkhead.dev/except: host-network"),
            &[
                "refused-exception",
                "host-network",
                "host-pid",
                "privileged-container",
                "privileged-container",
            ],
        ),
    ];
    for (text, expected) in rows {
        let tree = tree(&[("a.yaml", &text)]);
        let (_, report) = report(&tree, &[]);
        assert_eq!(standing(&report).0, expected, "{text}\n{report:#}");
        for finding in report["findings"].as_array().unwrap() {
            assert!(finding["excepted"]["owner"].is_null());
        }
    }
    let tree = tree(&[("a.yaml", &annotated("ignore-check.kube-linter.io/no-such-check: why"))]);
    let (_, report) = report(&tree, &[]);
    assert_eq!(report["coverage"]["notes"][0]["kind"], "unknown-exception");
}

#[test]
fn ignore_files_of_peers() {
    let rows: [(&str, &str, u64); 6] = [
        (".trivyignore", "# why\nKSV-0009\nAVD-KSV-0017 exp:2026-12-31\nCVE-2020-1\n", 3),
        (".trivyignore", "KSV-0009 exp:2026-11-29\n", 0),
        (
            ".trivyignore.yaml",
            "misconfigurations:\n- id: KSV-0009\n  paths: ['deploy/**']\n- id: KSV-0017\n  paths: [test/**]\n",
            1,
        ),
        (".kube-linter.yaml", "checks:\n  exclude: [privileged-container]\n", 2),
        (".kube-linter.yaml", "checks:\n  ignorePaths: ['deploy/**']\n", 4),
        (".kube-linter.yaml", "checks: [\n", 0),
    ];
    for (name, text, excepted) in rows {
        let tree = tree(&[("deploy/a.yaml", WORKLOAD), (name, text)]);
        let (_, report) = tree.report(&["deploy", ONLY]);
        assert_eq!(report["summary"]["excepted"], excepted, "{name}: {text}");
        let (_, report) = tree.report(&["deploy", ONLY, "--no-tree-config"]);
        assert_eq!(report["summary"]["excepted"], 0);
    }
}

#[test]
fn text_folds_and_the_gate_holds() {
    let text = exception("x", &format!("checks: ['*']\nkinds: [DaemonSet]\n{WHOLE}"));
    let tree = tree(&[("a.yaml", WORKLOAD), ("x.yaml", &text)]);
    let ran = tree.run(&["scan", ".", ONLY, "--as-of", "2026-11-30", "--fail-on", "low"]);
    assert_eq!(ran.status, 0, "{ran}");
    assert!(ran.stdout.contains("excepted high[privileged-container]: 2 findings by x"), "{ran}");
    assert!(ran.stdout.contains("4 excepted (4 by the judged tree itself)"), "{ran}");
    let ran = tree.run(&["scan", ".", ONLY, "--as-of", "2026-11-30", "--show-excepted"]);
    assert!(ran.stdout.contains("by x (team@example) until 2026-12-31: it must"), "{ran}");
}

/// A central exception may be for another tree: that it covers nothing here is a note, and no finding.
#[test]
fn central_exceptions_that_cover_nothing_are_noted() {
    let elsewhere = exception("elsewhere", &format!("checks: [host-network]\nnames: [other]\n{WHOLE}"));
    let here = exception("here", &format!("checks: [host-network]\nnames: [exporter]\n{WHOLE}"));
    let tree = tree(&[
        ("deploy/workload.yaml", WORKLOAD),
        ("central/a.yaml", &elsewhere),
        ("central/b.yaml", &here),
    ]);
    let (_, report) = tree.report(&["deploy", ONLY, "--exceptions", "central"]);
    let notes: Vec<&str> = report["coverage"]["notes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|note| note["kind"] == "unused-exceptions")
        .map(|note| note["message"].as_str().unwrap())
        .collect();
    assert_eq!(notes, ["1 exception of --exceptions or --config covers nothing here: elsewhere"]);
    assert!(standing(&report).0.iter().all(|check| check != "unused-exception"));
}

/// A check over several objects is excepted like any other, also in SARIF.
#[test]
fn checks_over_several_objects_are_excepted() {
    let budget = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web, namespace: shop}\n\
                  spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}\n---\n\
                  apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  \
                  replicas: 2\n  selector: {matchLabels: {app: web}}\n  template:\n    \
                  metadata: {labels: {app: web}}\n    \
                  spec: {containers: [{name: web, image: registry.example/web:1}]}\n";
    let spec = format!("checks: [disruption-budget-above-replicas]\nnames: [web]\n{WHOLE}");
    let tree = tree(&[("deploy/web.yaml", budget), ("central.yaml", &exception("two", &spec))]);
    let arguments = ["deploy", "--only=disruption-budget-above-replicas", "--fail-on=low"];
    let (status, report) = tree.report(&arguments);
    assert_eq!((status, standing(&report).0), (1, vec!["disruption-budget-above-replicas".to_owned()]));
    let more = [&arguments[..], &["--exceptions", "central.yaml"]].concat();
    let (status, report) = tree.report(&more);
    let by = vec!["disruption-budget-above-replicas: two".to_owned()];
    assert_eq!((status, standing(&report)), (0, (vec![], by, vec![])));
    let sarif = tree.run(&[&["scan"], &more[..], &["-o", "sarif"]].concat());
    let sarif: Value = serde_json::from_str(&sarif.stdout).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["suppressions"][0]["kind"], "external");
    assert_eq!(result["suppressions"][0]["status"], "accepted");
    assert!(result["suppressions"][0]["justification"].as_str().unwrap().contains("it must"), "{result}");
    // Against a report of before, the finding is the same, and nothing is new.
    let before = tree.run(&[&["scan"], &arguments[..], &["-o", "json=before.json"]].concat());
    assert_eq!(before.status, 1);
    let sarif =
        tree.run(&[&["scan"], &arguments[..], &["-o", "sarif", "--new-since", "before.json"]].concat());
    assert_eq!(sarif.status, 0);
    let sarif: Value = serde_json::from_str(&sarif.stdout).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["baselineState"], "unchanged");
}

/// What a cluster gets: exceptions as data, an end only with the day that the export counts as, and settings of the
/// outermost file.
#[test]
fn exceptions_and_settings_are_exported() {
    let spec = "checks: [privileged-container, host-network]\nnames: [exporter]\ncontainers: [agent]\n";
    let images = exception("of-images", &format!("checks: ['*']\npackages: ['pkg:npm/a']\n{WHOLE}"));
    let files = exception("agent", &format!("{spec}{WHOLE}")) + "---\n" + &images;
    let tree = tree(&[
        ("exceptions.yaml", &files),
        ("wrong.yaml", &exception("nobody", "reason: it must\nuntil: 2026-12-31")),
        ("central.yaml", "policies:\n  privileged-container: {severity: low}\n  host-network: off\n"),
    ]);
    let ids = ["policy", "export", "privileged-container", "host-network", "-o", "json"];
    let run = |more: &[&str]| tree.run(&[&ids[..], more].concat());
    let endless = run(&["--exceptions", "exceptions.yaml"]);
    assert_eq!(endless.status, 2);
    assert!(endless.stderr.contains("exception agent ends with 2026-12-31"), "{}", endless.stderr);
    let ended = run(&["--exceptions", "exceptions.yaml", "--as-of", "2026-12-01"]);
    let whole: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(whole["exportAgain"], "2027-01-01");
    let data = whole["items"][0]["data"].as_object().unwrap();
    let keys: Vec<&String> = data.keys().collect();
    assert_eq!(keys, ["exceptions.privileged-container"]);
    assert_eq!(data["exceptions.privileged-container"], "\t\t^(?:exporter)$\t^(?:agent)$\t");
    for line in
        ["agent: it names containers", "of-images: it is about what is in images", "again on 2027-01-01"]
    {
        assert!(ended.stderr.contains(line), "{line}: {}", ended.stderr);
    }
    let over = run(&["--exceptions", "exceptions.yaml", "--as-of", "2027-01-01"]);
    let whole: Value = serde_json::from_str(&over.stdout).unwrap();
    assert_eq!(whole["exportAgain"], Value::Null);
    assert!(over.stderr.contains("agent: it ended with 2026-12-31"), "{}", over.stderr);
    let wrong = run(&["--exceptions", "wrong.yaml"]);
    assert_eq!(wrong.status, 2);
    assert!(wrong.stderr.contains("wrong.yaml:"), "{}", wrong.stderr);
    let set = tree.run(&["policy", "export", "--config", "central.yaml", "--set", "essential", "-o", "json"]);
    let whole: Value = serde_json::from_str(&set.stdout).unwrap();
    let exported = whole["exported"].as_array().unwrap();
    let object = |id: &str| exported.iter().find(|one| one["id"] == id).map(|one| &one["object"]);
    assert_eq!(object("privileged-container").unwrap(), "bulkhead-low-workloads");
    assert_eq!(object("host-network"), None);
}
