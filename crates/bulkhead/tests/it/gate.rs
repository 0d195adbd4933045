//! What the exit status says: 0 the gate held, 1 it did not, 2 the job could not be done.

use crate::support::{CLEAN, FAULTY, ONLY, ran, tree};

/// A tree with a finding of medium severity, and with a gap.
fn status(arguments: &[&str]) -> i32 {
    let tree = tree(&[("a.yaml", FAULTY), ("b.yaml", "apiVersion: v1\nkind: Nothing\n")]);
    let mut all = vec!["scan", ".", ONLY[0], ONLY[1]];
    all.extend(arguments);
    tree.run(&all).status
}

#[test]
fn severities_decide() {
    for (severity, expected) in
        [("critical", 0), ("high", 0), ("medium", 1), ("low", 1), ("info", 1), ("none", 0)]
    {
        assert_eq!(status(&["--fail-on", severity]), expected, "{severity}");
    }
    assert_eq!(status(&[]), 0);
}

#[test]
fn gaps_decide_when_asked() {
    let rows: [(&[&str], i32); 6] = [
        (&[], 0),
        (&["--fail-on-gap"], 1),
        (&["--fail-on-gap=unknown-kind"], 1),
        (&["--fail-on-gap=timeout,not-text"], 0),
        (&["--fail-on-gap", "--allow-gap", "unknown-kind"], 0),
        (&["--fail-on-gap=timeout,unknown-kind", "--allow-gap", "timeout"], 1),
    ];
    for (arguments, expected) in rows {
        assert_eq!(status(arguments), expected, "{arguments:?}");
    }
}

#[test]
fn mistakes_on_the_command_line() {
    let tree = tree(&[("a.yaml", CLEAN)]);
    let rows: [(&[&str], &str); 12] = [
        (&["scan"], "required arguments were not provided"),
        (
            &["scan", "a.yaml", "--fail-on", "bad"],
            "\"bad\" is no severity; expected critical, high, medium, low or info, or none",
        ),
        (&["scan", "a.yaml", "--fail-on-gap=bad"], "\"bad\" is no kind of gap; known are unreadable-file"),
        (&["scan", "a.yaml", "-o", "yaml"], "\"yaml\" is no format; expected one of text, json"),
        (&["scan", "a.yaml", "--set", "most"], "\"most\" is no set; expected essential, recommended or all"),
        (&["scan", "a.yaml", "--kubernetes-version", "1.2"], "supported are 1.31 to 1."),
        (&["scan", "a.yaml", "--pod-security", "strict"], "expected privileged, baseline or restricted"),
        (&["scan", "a.yaml", "--timeout", "soon"], "expected a duration such as 30s or 5m"),
        (
            &["scan", "a.yaml", "--only", "host-netwrk"],
            "error: --only: no policy is called \"host-netwrk\"; did you mean host-network",
        ),
        (
            &["scan", "a.yaml", "--skip", "zzz"],
            "error: --skip: no policy is called \"zzz\"; `bulkhead policy list` shows them all",
        ),
        (
            &["scan", "a.yaml", "-o", "json", "-o", "csv"],
            "error: two reports cannot both go to standard output",
        ),
        (&["explain", "host-prots"], "error: no policy is called \"host-prots\"; did you mean host-p"),
    ];
    for (arguments, sentence) in rows {
        let ran = tree.run(arguments);
        assert_eq!(ran.status, 2, "{arguments:?}: {ran}");
        assert_eq!(ran.stdout, "", "{arguments:?}");
        assert!(ran.stderr.contains(sentence), "{arguments:?}: {ran}");
    }
}

#[test]
fn a_peers_name_chooses_too() {
    let tree = tree(&[("a.yaml", FAULTY)]);
    let (_, report) = tree.report(&["a.yaml", "--only", "KSV-0009"]);
    assert_eq!(report["findings"][0]["check"], "host-network");
    let (_, report) = tree.report(&["a.yaml", "--set", "all", "--skip", "KSV-0009"]);
    let checks = report["findings"].as_array().unwrap();
    assert!(checks.len() > 1 && checks.iter().all(|finding| finding["check"] != "host-network"));
}

#[test]
fn pod_security_judges_alone() {
    let tree = tree(&[("a.yaml", FAULTY)]);
    let checks = |level: &str| {
        let (_, report) = tree.report(&["a.yaml", "--pod-security", level]);
        let findings = report["findings"].as_array().unwrap().clone();
        findings
            .into_iter()
            .map(|finding| finding["check"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(checks("baseline"), ["host-network"]);
    assert!(checks("restricted@1.33").len() > 2);
    assert_eq!(checks("privileged"), Vec::<String>::new());
}

#[test]
fn every_flag_has_its_variable() {
    let tree = tree(&[("a.yaml", FAULTY)]);
    let mut command = tree.command(&["scan", "a.yaml"]);
    command.env("BULKHEAD_ONLY", "host-network,host-ports").env("BULKHEAD_FAIL_ON", "medium");
    command.env("BULKHEAD_OUTPUT", "csv,json=report.json").env("BULKHEAD_QUIET", "1");
    let ran = ran(command);
    assert_eq!(ran.status, 1, "{ran}");
    assert!(ran.stdout.contains("host-network"), "{ran}");
    let report: serde_json::Value = serde_json::from_str(&tree.read("report.json")).unwrap();
    let arguments = report["run"]["arguments"].as_array().unwrap();
    assert!(arguments.contains(&"BULKHEAD_FAIL_ON=medium".into()), "{arguments:?}");
}
