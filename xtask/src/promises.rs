//! Compares what Bulkhead says today with what each release said (`docs/stability.md`).
//!
//! `docs/releases/VERSION/` keeps what a release was shown (`input/`), what it said (`report.json`, whose
//! `run.arguments` say how it was asked) and what it could judge (`policies.json`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::tally::Tally;
use crate::workspace;

/// The folder of kept releases.
pub(crate) fn folder() -> PathBuf {
    workspace::root().join("docs/releases")
}

/// Compares with every release that promised something to this version.
pub(crate) fn check_all() -> anyhow::Result<Tally> {
    let binary = workspace::debug_binary()?;
    let mut tally = Tally::default();
    let mut names: Vec<String> = Vec::new();
    for entry in fs::read_dir(folder())? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    for name in names.iter().filter(|name| binds(name, env!("CARGO_PKG_VERSION"))) {
        let folder = folder().join(name);
        let result = check(&binary, &folder);
        tally.extend(Tally::of(&format!("promises of {name}"), result));
    }
    Ok(tally)
}

/// Whether a release's promises still hold: until the next major version, whose part the second number
/// plays before 1.0.
fn binds(release: &str, now: &str) -> bool {
    let major = |version: &str| {
        let mut numbers = version.split('.').map(str::to_owned);
        match numbers.next().unwrap_or_default() {
            zero if zero == "0" => format!("0.{}", numbers.next().unwrap_or_default()),
            major => major,
        }
    };
    major(release) == major(now)
}

fn check(binary: &Path, folder: &Path) -> anyhow::Result<()> {
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let kept = Said::parse(&read("report.json")?, &read("policies.json")?)?;
    let [report, policies] = ask(binary, folder, &kept.arguments())?;
    let broken = broken(&kept, &Said::parse(&report, &policies)?);
    ensure!(broken.is_empty(), "what the release promised is broken:\n  {}", broken.join("\n  "));
    Ok(())
}

/// What a version says: a report, and the list of its policies.
pub(crate) struct Said {
    report: Value,
    policies: Value,
}

impl Said {
    pub(crate) fn parse(report: &str, policies: &str) -> anyhow::Result<Self> {
        let report = serde_json::from_str(report).context("the report is no JSON")?;
        let policies = serde_json::from_str(policies).context("the list of policies is no JSON")?;
        Ok(Self { report, policies })
    }

    /// How the report was asked for.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let list = self.report["run"]["arguments"].as_array().into_iter().flatten();
        list.filter_map(|word| word.as_str().map(str::to_owned)).collect()
    }
}

/// Asks a binary in a release's folder for its report and its policies.
pub(crate) fn ask(binary: &Path, folder: &Path, arguments: &[String]) -> anyhow::Result<[String; 2]> {
    let print = |arguments: &[String]| {
        let output = Command::new(binary)
            .args(arguments)
            .current_dir(folder)
            .output()
            .with_context(|| format!("cannot run {}", binary.display()))?;
        ensure!(
            matches!(output.status.code(), Some(0 | 1)),
            "bulkhead {} ended with {}: {}",
            arguments.join(" "),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).context("bulkhead printed bytes that are no text")
    };
    Ok([print(arguments)?, print(&["policy", "list", "-o", "json"].map(str::to_owned))?])
}

/// The promises that are broken, a sentence each.
fn broken(kept: &Said, now: &Said) -> Vec<String> {
    let mut broken = Vec::new();
    for (what, kept, now) in
        [("the report", &kept.report, &now.report), ("the list of policies", &kept.policies, &now.policies)]
    {
        let today = shape(now);
        for (path, kind) in shape(kept) {
            match today.get(&path) {
                None => broken.push(format!("{what} has no field {path} any more")),
                Some(today) if !today.is_superset(&kind) => {
                    broken.push(format!("in {what} the field {path} was {kind:?} and is {today:?}"));
                }
                Some(_) => {}
            }
        }
    }
    let known = ids(&now.policies);
    for id in ids(&kept.policies) {
        if !known.contains(&id) {
            broken.push(format!("{id} is neither the id of a check nor an alias any more"));
        }
    }
    let (before, today) = (findings(&kept.report), findings(&now.report));
    for (fingerprint, finding) in &before {
        if !today.contains_key(fingerprint) {
            broken.push(format!("the finding {finding} {fingerprint} is not found any more"));
        }
    }
    for (fingerprint, finding) in &today {
        if finding.fails_the_gate() && !before.contains_key(fingerprint) {
            broken.push(format!(
                "the finding {finding} {fingerprint} is new and fails the gate; until the next major version it may only warn"
            ));
        }
    }
    broken
}

/// Every field by its path (`findings[].at.line`) with the types of its values. Names that are data (the
/// reasons under `skipped`, the peers under `aliases`, standards, parameters) are one field, `*`.
fn shape(value: &Value) -> BTreeMap<String, BTreeSet<&'static str>> {
    let mut shape = BTreeMap::new();
    walk(value, "", &mut shape);
    shape
}

fn walk(value: &Value, path: &str, shape: &mut BTreeMap<String, BTreeSet<&'static str>>) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    };
    shape.entry(path.to_owned()).or_default().insert(kind);
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, &format!("{path}[]"), shape)),
        Value::Object(fields) => {
            let data =
                ["skipped", "aliases", "standards", "parameters"].iter().any(|name| path.ends_with(name));
            for (name, value) in fields {
                let name = if data { "*" } else { name };
                walk(value, &format!("{path}.{name}"), shape);
            }
        }
        _ => {}
    }
}

/// Ids of policies with their aliases: every text below `aliases`.
fn ids(policies: &Value) -> BTreeSet<String> {
    let list = policies.as_array().or_else(|| policies["policies"].as_array());
    let mut ids = BTreeSet::new();
    for policy in list.into_iter().flatten() {
        ids.extend(policy["id"].as_str().map(str::to_owned));
        texts(&policy["aliases"], &mut ids);
    }
    ids
}

fn texts(value: &Value, texts_found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => _ = texts_found.insert(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, texts_found)),
        Value::Object(fields) => fields.values().for_each(|value| texts(value, texts_found)),
        _ => {}
    }
}

struct Found {
    check: String,
    severity: String,
    field: String,
}

impl Found {
    /// With the default gate.
    fn fails_the_gate(&self) -> bool {
        matches!(&*self.severity, "critical" | "high")
    }
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}) at {}", self.check, self.severity, self.field)
    }
}

fn findings(report: &Value) -> BTreeMap<String, Found> {
    let mut findings = BTreeMap::new();
    for finding in report["findings"].as_array().into_iter().flatten() {
        let text = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
        let found = Found { check: text("check"), severity: text("severity"), field: text("field") };
        findings.insert(text("fingerprint"), found);
    }
    findings
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(change: impl FnOnce(&mut Value, &mut Value)) -> Said {
        let mut report = json!({
            "findings": [{"check": "host-ports", "severity": "high", "field": "spec", "fingerprint": "v1:a", "at": {"line": 3}}],
            "coverage": {"skipped": {"ignored": 2}},
        });
        let mut policies =
            json!([{"id": "host-ports", "aliases": {"trivy": "KSV-0024", "polaris": ["hostPortSet"]}}]);
        change(&mut report, &mut policies);
        Said { report, policies }
    }

    fn broken_by(change: impl FnOnce(&mut Value, &mut Value)) -> String {
        broken(&said(|_, _| {}), &said(change)).join("; ")
    }

    #[test]
    fn additions_keep_the_promise() {
        let broken = broken_by(|report, policies| {
            report["findings"][0]["more"] = json!(1);
            report["coverage"]["skipped"] = json!({"template": 1});
            report["findings"]
                .as_array_mut()
                .unwrap()
                .push(json!({"check": "new", "severity": "medium", "fingerprint": "v1:b"}));
            policies.as_array_mut().unwrap().push(json!({"id": "new", "aliases": {}}));
        });
        assert_eq!(broken, "");
    }

    #[test]
    fn each_broken_promise_is_named() {
        let removed = broken_by(|report, _| _ = report["findings"][0].as_object_mut().unwrap().remove("at"));
        assert!(removed.contains("the report has no field .findings[].at any more"), "{removed}");
        let retyped = broken_by(|report, _| report["findings"][0]["at"]["line"] = json!("3"));
        assert!(retyped.contains("the field .findings[].at.line was {\"number\"}"), "{retyped}");
        let renamed = broken_by(|_, policies| policies[0]["id"] = json!("node-ports"));
        assert!(renamed.contains("host-ports is neither the id of a check nor an alias"), "{renamed}");
        let alias = broken_by(|_, policies| {
            policies[0] = json!({"id": "node-ports", "aliases": {"bulkhead": ["host-ports", "hostPortSet"], "trivy": "KSV-0024"}});
        });
        assert_eq!(alias, "");
        let lost = broken_by(|report, _| report["findings"][0]["fingerprint"] = json!("v1:c"));
        assert!(lost.contains("host-ports (high) at spec v1:a is not found any more"), "{lost}");
        assert!(lost.contains("v1:c is new and fails the gate"), "{lost}");
    }

    #[test]
    fn promises_end_with_the_major_version() {
        assert!(binds("0.1.0", "0.1.7"));
        assert!(!binds("0.1.0", "0.2.0"));
        assert!(binds("1.2.0", "1.9.0"));
        assert!(!binds("1.2.0", "2.0.0"));
    }
}
