//! Where reports go, and that a run can be repeated.

use std::io::Read;
use std::process::Stdio;

use crate::support::{CLEAN, FAULTY, ONLY, findings, tree};

#[test]
fn text_for_people() {
    let tree = tree(&[("deploy/faulty.yaml", FAULTY), ("deploy/clean.yaml", CLEAN)]);
    insta::assert_snapshot!(tree.run(&["scan", "deploy", ONLY[0], ONLY[1], "--fail-on", "medium"]));
}

#[test]
fn several_reports_at_once() {
    let tree = tree(&[("a.yaml", FAULTY)]);
    let outputs = ["-o", "text", "-o", "json=r.json", "-o", "sarif=r.sarif", "-o", "junit=r.xml"];
    let mut arguments = vec!["scan", "a.yaml", ONLY[0], ONLY[1], "-o", "markdown=r.md", "-o", "csv=r.csv"];
    arguments.extend(outputs);
    let ran = tree.run(&arguments);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.contains("host-network"));
    for name in ["r.json", "r.sarif", "r.xml", "r.md", "r.csv"] {
        assert!(tree.read(name).contains("host-network"), "{name}");
    }
    assert!(!tree.path().join("r.json.partial").exists());
}

#[test]
fn a_report_that_cannot_be_written() {
    let tree = tree(&[("a.yaml", FAULTY)]);
    let ran = tree.run(&["scan", "a.yaml", "-o", "json=no/such/folder.json"]);
    assert_eq!(ran.status, 2);
    let error = "error: cannot write to no/such/folder.json: No such file or directory (os error 2)\n";
    assert_eq!(ran.stderr, error);
}

#[test]
fn standard_input() {
    let tree = tree(&[]);
    let ran = tree.run_with(&["scan", "-", "-o", "csv", ONLY[0], ONLY[1]], format!("{CLEAN}---\n{FAULTY}"));
    assert_eq!(ran.status, 0, "{ran}");
    assert!(ran.stdout.lines().nth(1).is_some_and(|line| line.contains("host-network")), "{ran}");
    let empty = tree.run_with(&["scan", "-"], "");
    assert_eq!(empty.status, 2);
    assert!(
        empty
            .stderr
            .contains("nothing could be judged in standard input: it holds files without any value (1)"),
        "{empty}"
    );
}

#[test]
fn the_same_whatever_the_threads() {
    let tree = tree(&[]);
    for number in 0..300 {
        tree.write(&format!("{}/{number}.yaml", number % 7), FAULTY);
    }
    // One that is cut into pieces.
    let large = format!("{FAULTY}---\nkind: Pod\nmetadata: {{}}\n---\n").repeat(8000);
    tree.write("3/large.yaml", &large);
    let (_, mut first) = tree.report(&[".", "--threads", "1", "--set", "all"]);
    assert!(first["coverage"]["gaps"].as_array().unwrap().len() == 8000);
    first["run"]["arguments"] = "".into();
    for threads in ["2", "9"] {
        let (_, mut again) = tree.report(&[".", "--threads", threads, "--set", "all"]);
        again["run"]["arguments"] = "".into();
        assert!(first == again, "{threads} threads");
    }
    // By path, then by line.
    let lines: Vec<u64> = first["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["at"]["file"] == "3/large.yaml")
        .map(|finding| finding["at"]["line"].as_u64().unwrap())
        .collect();
    assert!(lines.is_sorted() && lines.len() > 8000);
    let files: Vec<String> = findings(&first)
        .into_iter()
        .map(|line| line.split(':').next().unwrap().to_owned())
        .collect();
    assert!(files.is_sorted_by_key(std::path::PathBuf::from));
}

#[test]
fn a_reader_that_goes_away() {
    let tree = tree(&[("large.yaml", &format!("{FAULTY}---\n").repeat(5000))]);
    let arguments = ["scan", "large.yaml", "-o", "json", "--only", "host-network", "--fail-on", "medium"];
    let mut command = tree.command(&arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    // The verdict is still the right one.
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn talk_can_be_read_by_programs() {
    let tree = tree(&[("a.yaml", CLEAN)]);
    let ran = tree.run(&["scan", "no-such.yaml", "--log-format", "json"]);
    let line: serde_json::Value = serde_json::from_str(ran.stderr.lines().last().unwrap()).unwrap();
    assert_eq!(line["level"], "ERROR");
    assert!(
        line["message"].as_str().unwrap().starts_with("nothing could be judged in no-such.yaml"),
        "{line}"
    );
    let verbose = tree.run(&["-v", "scan", "a.yaml"]);
    assert!(verbose.stderr.starts_with("info: judged files=1 objects=1 milliseconds="), "{verbose}");
    assert_eq!(tree.run(&["scan", "a.yaml"]).stderr, "");
}

#[test]
fn colour_when_it_is_wanted() {
    let tree = tree(&[("a.yaml", FAULTY)]);
    let colored = |arguments: &[&str]| tree.run(arguments).stdout.contains('\u{1b}');
    assert!(!colored(&["scan", "a.yaml"]));
    assert!(colored(&["scan", "a.yaml", "--color", "always"]));
    assert!(!colored(&["scan", "a.yaml", "--color", "never"]));
}
