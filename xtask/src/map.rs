//! The map of crates, and a test that no dependency points up.
//!
//! The rows are those of `ARCHITECTURE.md`. A crate uses the rows below its own; a neighbour only when
//! [`NEIGHBOURS`] says why. What stands beside the map may use all of it and is never used by it, except
//! that tests may use `testkit`.

use std::process::Command;

use serde_json::Value;

use crate::{cargo, workspace};

/// Rows from top to bottom. Crates of later capabilities are named already: the map is the plan's.
const ROWS: &[(&str, &[&str])] = &[
    ("bin", &["bulkhead"]),
    ("services", &["admission", "sensor", "serve", "recover"]),
    ("edges", &["source", "registry", "feeds", "cluster", "report", "store", "notify"]),
    (
        "rules",
        &[
            "policy",
            "objects",
            "rbac",
            "network",
            "image",
            "secrets",
            "advisories",
            "host",
            "runtime",
            "risk",
            "comply",
        ],
    ),
    ("language", &["cel", "versions"]),
    ("words", &["model", "document", "kinds", "inventory", "sensor-abi"]),
];

/// Never shipped.
const BESIDE: &[&str] = &["xtask", "testkit", "bench", "fuzz"];

/// Edges within a row that are right, each with its reason.
const NEIGHBOURS: &[(&str, &str, &str)] = &[
    ("kinds", "document", "schemas and defaults are laid over documents"),
    ("inventory", "document", "an object is a document"),
    ("inventory", "kinds", "whether a kind has a namespace, and where its Pod template is"),
    ("inventory", "model", "objects are named by references"),
    (
        "objects",
        "policy",
        "a check has a page of the same form, and is chosen and configured as policies are",
    ),
];

/// A dependency between two crates of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edge {
    from: String,
    to: String,
    /// Whether only tests use it.
    test_only: bool,
}

fn row(name: &str) -> Option<usize> {
    ROWS.iter().position(|(_, crates)| crates.contains(&name))
}

/// What is wrong with an edge, if anything.
fn fault(edge: &Edge) -> Option<String> {
    let Edge { from, to, test_only } = edge;
    let named = format!("{from} -> {to}");
    if BESIDE.contains(&from.as_str()) {
        return None;
    }
    if BESIDE.contains(&to.as_str()) {
        let allowed = *test_only && to == "testkit";
        return (!allowed).then(|| format!("{named}: {to} stands beside the map and is never shipped"));
    }
    let (Some(above), Some(below)) = (row(from), row(to)) else {
        let stranger = if row(from).is_none() { from } else { to };
        return Some(format!("{named}: {stranger} is not on the map; add it to xtask/src/map.rs"));
    };
    let neighbour =
        || NEIGHBOURS.iter().any(|(user, used, _)| (from, to) == (&(*user).into(), &(*used).into()));
    if above > below {
        Some(format!("{named} points up, from {} to {}", ROWS[above].0, ROWS[below].0))
    } else if above == below && !neighbour() {
        Some(format!("{named} stays within {} without a reason in xtask/src/map.rs", ROWS[above].0))
    } else {
        None
    }
}

/// The edges that `cargo metadata` tells of.
fn edges(metadata: &Value) -> Vec<Edge> {
    let word = |value: &Value| {
        let name = value.as_str().unwrap_or_default();
        name.strip_prefix("bulkhead-").unwrap_or(name).to_owned()
    };
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut edges = Vec::new();
    for package in list(&metadata["packages"]) {
        for dependency in list(&package["dependencies"]) {
            // Crates of the workspace are named by their path.
            if dependency["path"].is_string() {
                edges.push(Edge {
                    from: word(&package["name"]),
                    to: word(&dependency["name"]),
                    test_only: dependency["kind"] == "dev",
                });
            }
        }
    }
    edges
}

fn metadata() -> Value {
    let mut command: Command = cargo::command();
    command.args(["metadata", "--format-version", "1", "--no-deps", "--offline"]);
    serde_json::from_str(&workspace::output(&mut command).unwrap()).unwrap()
}

#[test]
fn no_edge_points_up() {
    let edges = edges(&metadata());
    assert!(edges.iter().any(|edge| edge.from == "bulkhead"), "the binary uses no crate");
    let faults: Vec<String> = edges.iter().filter_map(fault).collect();
    assert!(faults.is_empty(), "edges that the map forbids:\n  {}", faults.join("\n  "));
}

#[test]
fn every_crate_is_on_the_map() {
    for package in metadata()["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let name = name.strip_prefix("bulkhead-").unwrap_or(name);
        assert!(
            row(name).is_some() || BESIDE.contains(&name),
            "crate {name} is not on the map; add it to xtask/src/map.rs and ARCHITECTURE.md"
        );
    }
}

/// A reason that no edge needs any more misleads.
#[test]
fn every_reason_is_used() {
    let edges = edges(&metadata());
    for (from, to, _) in NEIGHBOURS {
        assert!(
            edges.iter().any(|edge| edge.from == *from && edge.to == *to),
            "{from} -> {to} is allowed and does not exist"
        );
    }
}

#[test]
fn wrong_edges_are_named() {
    let check = |from: &str, to: &str, test_only| {
        let edge = Edge { from: from.into(), to: to.into(), test_only };
        fault(&edge).unwrap_or_default()
    };
    assert_eq!(check("model", "policy", false), "model -> policy points up, from words to rules");
    assert_eq!(check("model", "policy", true), "model -> policy points up, from words to rules");
    assert!(check("rbac", "network", false).starts_with("rbac -> network stays within rules"));
    assert!(check("policy", "testkit", false).contains("never shipped"));
    assert!(check("policy", "helpers", false).contains("helpers is not on the map"));
    assert_eq!(check("policy", "testkit", true), "");
    assert_eq!(check("testkit", "bulkhead", false), "");
    assert_eq!(check("policy", "model", false), "");
}
