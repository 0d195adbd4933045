//! Other tools' own examples, judged by the alias of their check as they say.
//!
//! Polaris keeps files called success and failure in a folder for each check, Trivy pages with good and bad
//! examples. What we judge differently on purpose is listed under `tests/peers`, with the reason.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use bulkhead_document::{Limits, Node, read};
use bulkhead_testkit::listed::Listed;
use serde_json::{Value, json};

use crate::support::{Tree, tree};

const CORPORA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora/manifests");

/// Runs examples, and counts.
struct Runner {
    tree: Tree,
    listed: Listed,
    /// The rules of the list that were needed.
    needed: BTreeSet<usize>,
    passed: u32,
    differ: u32,
    failed: Vec<String>,
}

impl Runner {
    fn new(list: &str) -> Self {
        let listed = Listed::parse(list).unwrap();
        let tree = tree(&[("whole.yaml", "complete: true\n")]);
        Self { tree, listed, needed: BTreeSet::new(), passed: 0, differ: 0, failed: Vec::new() }
    }

    /// Judges one example by the check that another tool calls `alias`.
    fn judge(&mut self, name: &str, alias: &str, file: &str, text: &str, faulty: bool) {
        self.tree.write(file, text);
        let ran = self.tree.run(&["scan", "-o", "json", "--only", alias, "--config", "whole.yaml", file]);
        let ours = match serde_json::from_str::<Value>(&ran.stdout) {
            Ok(report) if report["findings"] != json!([]) => "faulty",
            Ok(report) if report["coverage"]["gaps"] != json!([]) => "gap",
            Ok(_) => "clean",
            Err(_) => "no such check",
        };
        let theirs = if faulty { "faulty" } else { "clean" };
        if ours == theirs {
            self.passed += 1;
        } else if let Some(rule) = self.listed.find(name, ours, theirs) {
            self.needed.insert(rule);
            self.differ += 1;
        } else {
            self.failed.push(format!("{name}: {ours}, expected {theirs}"));
        }
    }

    #[expect(clippy::print_stdout, reason = "a runner of a corpus says how it went")]
    fn finish(self) {
        println!("{} passed, {} failed, {} listed", self.passed, self.failed.len(), self.differ);
        assert!(self.failed.is_empty(), "{}", self.failed.join("\n"));
        let rules = self.listed.rules().iter().enumerate();
        let idle: Vec<&str> = rules
            .filter(|(number, _)| !self.needed.contains(number))
            .map(|(_, rule)| &*rule.reason)
            .collect();
        assert!(idle.is_empty(), "nothing differs for these reasons: {idle:#?}");
    }
}

#[test]
fn polaris() {
    let folder = Path::new(CORPORA).join("polaris");
    if !folder.is_dir() {
        println!("skipped: polaris: {} is not there", folder.display());
        return;
    }
    let mut runner = Runner::new(include_str!("../peers/polaris.txt"));
    for check in sorted(&folder) {
        for file in sorted(&folder.join(&check)) {
            let faulty = file.starts_with("failure");
            if !faulty && !file.starts_with("success") {
                continue;
            }
            let text = fs::read_to_string(folder.join(&check).join(&file)).unwrap();
            runner.judge(&format!("{check}/{file}"), &check, "example.yaml", &text, faulty);
        }
    }
    runner.finish();
}

/// Trivy's pages of examples, with the ids of their checks.
const PAGES: &[(&str, &str)] = &[
    ("CPU_not_limited", "KSV-0011"),
    ("CPU_requests_not_specified", "KSV-0015"),
    ("SYS_ADMIN_capability", "KSV-0005"),
    ("access_to_host_ports", "KSV-0024"),
    ("apparmor_policy_disabled", "KSV-0002"),
    ("can_elevate_its_own_privileges", "KSV-0001"),
    ("capabilities_no_drop_all", "KSV-0003"),
    ("configMap_with_secrets", "KSV-0109"),
    ("file_system_not_read_only", "KSV-0014"),
    ("host_ipc", "KSV-0008"),
    ("host_network", "KSV-0009"),
    ("host_pid", "KSV-0010"),
    ("hostpath_volumes_mounted", "KSV-0023"),
    ("insecure_ingress_nginx", "KCV-0093"),
    ("memory_not_limited", "KSV-0018"),
    ("memory_requests_not_specified", "KSV-0016"),
    ("mounts_docker_socket", "KSV-0006"),
    ("non_core_volume_types", "KSV-0028"),
    ("non_default_proc_masks_set", "KSV-0027"),
    ("privileged", "KSV-0017"),
    ("protect_core_components_namespace", "KSV-0037"),
    ("protecting_pod_service_account_tokens", "KSV-0036"),
    ("runs_as_root", "KSV-0012"),
    ("runs_with_GID_le_10000", "KSV-0021"),
    ("runs_with_UID_le_10000", "KSV-0020"),
    ("runtime_default_seccomp_profile_not_set", "KSV-0030"),
    ("selector_usage_in_network_policies", "KSV-0038"),
    ("selinux_custom_options_set", "KSV-0025"),
    ("specific_capabilities_added", "KSV-0022"),
    ("tiller_is_deployed", "KSV-0102"),
    ("unsafe_sysctl_options_set", "KSV-0026"),
    ("uses_image_tag_latest", "KSV-0013"),
];

#[test]
fn trivy() {
    let folder = Path::new(CORPORA).join("trivy-checks/kubernetes");
    if !folder.is_dir() {
        println!("skipped: trivy: {} is not there", folder.display());
        return;
    }
    let mut runner = Runner::new(include_str!("../peers/trivy.txt"));
    for page in sorted(&folder) {
        let stem = page.trim_end_matches(".yaml");
        let found = PAGES.iter().find(|(name, _)| *name == stem);
        let (_, alias) = found.unwrap_or_else(|| panic!("{page} has no id in the list"));
        let text = fs::read_to_string(folder.join(&page)).unwrap();
        let document = read(text.into(), &Limits::default()).next().unwrap().unwrap();
        for (kind, faulty) in [("good", false), ("bad", true)] {
            let examples = document.root().at(&["kubernetes", kind]);
            for (number, example) in (1..).zip(examples.into_iter().flat_map(Node::items)) {
                let text = example.as_str().unwrap();
                runner.judge(&format!("{stem}/{kind}/{number}"), alias, "example.yaml", text, faulty);
            }
        }
    }
    runner.finish();
}

fn sorted(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
