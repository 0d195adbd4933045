//! What is damaged, hostile or no file at all: a clear sentence, a gap, and the rest still judged.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::support::{FAULTY, Tree, findings, gaps, tree};

/// Scans a tree that holds one good file beside the bad ones; gives the gaps.
fn gaps_beside(tree: &Tree) -> Vec<String> {
    tree.write("z-good.yaml", FAULTY);
    let begun = Instant::now();
    let (status, report) = tree.report(&[".", "--only", "host-network", "--fail-on", "medium"]);
    assert!(begun.elapsed() < Duration::from_mins(1), "it hung");
    assert_eq!(findings(&report), ["z-good.yaml:5 host-network spec.hostNetwork"]);
    assert_eq!(status, 1);
    gaps(&report)
}

#[test]
fn bytes_that_are_no_text() {
    let tree = tree(&[]);
    tree.write(
        "latin1.yaml",
        b"apiVersion: v1\nkind: Pod\nmetadata: {name: caf\xe9}\n---\napiVersion: v1\nkind: Service\n",
    );
    assert_eq!(
        gaps_beside(&tree),
        ["not-text latin1.yaml:3: the document was not judged: the bytes are not UTF-8 text"]
    );
}

#[test]
fn an_empty_file_is_no_gap() {
    let tree = tree(&[("empty.yaml", ""), ("comment.yaml", "# later\n---\n")]);
    assert_eq!(gaps_beside(&tree), Vec::<String>::new());
    let (_, report) = tree.report(&["."]);
    assert_eq!(report["coverage"]["skipped"]["empty"], 2);
}

#[test]
fn damage_costs_one_document() {
    let tree = tree(&[(
        "damaged.yaml",
        "apiVersion: v1\nkind: Pod\nspec: [\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: b}\nspec: {hostNetwork: true}\n",
    )]);
    let (_, report) = tree.report(&[".", "--only", "host-network"]);
    assert_eq!(findings(&report), ["damaged.yaml:8 host-network spec.hostNetwork"]);
    let gaps = gaps(&report);
    assert_eq!(gaps.len(), 1);
    assert!(gaps[0].starts_with("damaged-document damaged.yaml:"), "{gaps:?}");
}

#[test]
fn an_alias_bomb() {
    let mut bomb =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
            .to_owned();
    for level in 1..12 {
        let before = level - 1;
        let aliases = vec![format!("*a{before}"); 10].join(", ");
        writeln!(bomb, "a{level}: &a{level} [{aliases}]").unwrap();
    }
    let tree = tree(&[("bomb.yaml", &bomb)]);
    let gaps = gaps_beside(&tree);
    assert_eq!(gaps.len(), 1);
    assert!(gaps[0].starts_with("limit-reached bomb.yaml:"), "{gaps:?}");
    assert!(gaps[0].contains("aliases stand for more values than the limit of "), "{gaps:?}");
}

#[test]
fn collections_too_deep() {
    let deep = format!("apiVersion: v1\nkind: Pod\nspec: {}\n", "[".repeat(100_000));
    let tree = tree(&[("deep.yaml", &deep)]);
    let gaps = gaps_beside(&tree);
    assert_eq!(
        gaps,
        [
            "limit-reached deep.yaml:3: the document was not judged: collections are nested deeper than the limit of 256"
        ]
    );
}

#[test]
fn too_many_bytes_on_one_line() {
    let tree = tree(&[]);
    let mut text = b"apiVersion: v1\nkind: Pod\nmetadata: {name: ".to_vec();
    text.resize(64 << 20, b'a');
    text.extend(b"}\n");
    tree.write("long.yaml", text);
    let sentence = "long.yaml has more than 67108864 bytes, the most that are read of one file; split it";
    assert_eq!(gaps_beside(&tree), [format!("limit-reached long.yaml: {sentence}")]);
}

#[test]
fn a_long_line_within_the_limit_is_judged() {
    let tree = tree(&[]);
    let long = "a".repeat(8 << 20);
    tree.write(
        "long.yaml",
        format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: x, annotations: {{a: {long}}}}}\n"),
    );
    assert_eq!(gaps_beside(&tree), Vec::<String>::new());
}

#[test]
fn a_dump_on_one_line_takes_no_longer_than_another() {
    let pod =
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"hostNetwork":true,"note":"é"}}"#;
    let pods = vec![pod; 30_000].join(", ");
    let tree = tree(&[("line.json", &format!(r#"{{"apiVersion":"v1","kind":"List","items":[{pods}]}}"#))]);
    let begun = Instant::now();
    let ran = tree.run(&["scan", "line.json", "--only", "host-network", "-o", "text", "-o", "csv=r.csv"]);
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let report = tree.read("r.csv");
    assert_eq!(report.lines().filter(|line| line.contains("host-network")).count(), 30_000);
    // Columns count characters.
    let last = report.lines().last().unwrap();
    let column = "{'apiVersion':'v1','kind':'List','items':[".len()
        + 29_999 * (pod.chars().count() + 2)
        + pod.find("true").unwrap()
        + 1;
    assert!(last.contains(&format!(",1,{column},")), "{column}: {last}");
}

#[test]
fn an_unknown_kind_and_a_wrong_type() {
    let tree = tree(&[
        ("kind.yaml", "apiVersion: apps/v1\nkind: Deploymet\nmetadata: {name: a}\n"),
        (
            "type.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers: 5\n  hostPID: true\n",
        ),
    ]);
    tree.write("z-good.yaml", FAULTY);
    let (_, report) = tree.report(&[".", "--only", "host-network,host-pid"]);
    // The rest of the object is judged.
    assert_eq!(
        findings(&report),
        ["type.yaml:6 host-pid spec.hostPID", "z-good.yaml:5 host-network spec.hostNetwork"]
    );
    let gaps = gaps(&report);
    assert_eq!(gaps.len(), 2, "{gaps:?}");
    assert!(gaps[0].starts_with("unknown-kind kind.yaml:2: Kubernetes 1."), "{gaps:?}");
    assert!(gaps[0].contains("has no kind Deploymet in apps/v1"), "{gaps:?}");
    assert!(gaps[1].starts_with("undecodable-field type.yaml:5: "), "{gaps:?}");
    assert_eq!(report["coverage"]["gaps"][1]["place"]["field"], "spec.containers");
}

#[test]
fn an_object_without_apiversion() {
    let tree = tree(&[("a.yaml", "kind: Deployment\nmetadata: {name: a}\n")]);
    let sentence =
        "the document has kind Deployment and no apiVersion, so that an API server would refuse it";
    assert_eq!(gaps_beside(&tree), [format!("invalid-object a.yaml:1: {sentence}")]);
}

#[cfg(unix)]
#[test]
fn links_in_a_circle() {
    use std::os::unix::fs::symlink;

    let tree = tree(&[]);
    symlink("b.yaml", tree.path().join("a.yaml")).unwrap();
    symlink("a.yaml", tree.path().join("b.yaml")).unwrap();
    symlink(".", tree.path().join("here")).unwrap();
    assert_eq!(
        gaps_beside(&tree),
        [
            "not-a-file a.yaml: a.yaml is a loop of symbolic links",
            "not-a-file b.yaml: b.yaml is a loop of symbolic links",
            "not-a-file here: here is a loop of symbolic links",
        ]
    );
}

#[cfg(unix)]
#[test]
fn a_fifo_and_a_socket() {
    let tree = tree(&[]);
    let made = std::process::Command::new("mkfifo").arg(tree.path().join("fifo.yaml")).status();
    if !made.is_ok_and(|status| status.success()) {
        eprintln!("skipped: a_fifo_and_a_socket: mkfifo is missing");
        return;
    }
    let _socket = std::os::unix::net::UnixListener::bind(tree.path().join("socket.yaml")).unwrap();
    let advice = "not a file; to judge what it gives, pipe that into `bulkhead scan -`";
    assert_eq!(
        gaps_beside(&tree),
        [
            format!("not-a-file fifo.yaml: fifo.yaml is a FIFO, {advice}"),
            format!("not-a-file socket.yaml: socket.yaml is a socket, {advice}"),
        ]
    );
    let named = tree.run(&["scan", "fifo.yaml"]);
    assert_eq!(named.status, 2);
    assert!(named.stderr.contains("nothing could be judged in fifo.yaml: fifo.yaml is a FIFO"), "{named}");
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;

    let tree = tree(&[("secret.yaml", FAULTY), ("closed/a.yaml", FAULTY)]);
    for name in ["secret.yaml", "closed"] {
        std::fs::set_permissions(tree.path().join(name), std::fs::Permissions::from_mode(0o000)).unwrap();
    }
    if std::fs::read(tree.path().join("secret.yaml")).is_ok() {
        eprintln!("skipped: a_file_that_may_not_be_read: this user may read everything");
        return;
    }
    let gaps = gaps_beside(&tree);
    std::fs::set_permissions(tree.path().join("closed"), std::fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(
        gaps,
        [
            "unreadable-file closed: closed cannot be read: permission denied",
            "unreadable-file secret.yaml: secret.yaml cannot be read: permission denied",
        ]
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_whose_reading_fails() {
    let tree = tree(&[("good.yaml", FAULTY)]);
    // Opens for anybody, and gives an error to whoever reads its first byte.
    let (status, report) = tree.report(&["good.yaml", "/proc/self/mem", "--only", "host-network"]);
    assert_eq!(findings(&report).len(), 1);
    assert_eq!(status, 2);
    let gaps = gaps(&report);
    assert_eq!(gaps[0], "unreadable-file /proc/self/mem: /proc/self/mem cannot be read: input/output error");
    assert!(gaps[1].starts_with("nothing-judged /proc/self/mem: "), "{gaps:?}");
}

#[test]
fn standard_input_that_does_not_end() {
    let tree = tree(&[]);
    let mut command = tree.command(&["scan", "-", "--timeout", "1s", "-o", "json"]);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    command.stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let open = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(open);
    assert_eq!(output.status.code(), Some(2));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        gaps(&report)[0],
        "timeout -: standard input had not come to its end when the time allowed was over"
    );
}

#[test]
fn files_that_take_too_long() {
    let tree = tree(&[]);
    // For one thread of any machine the work of some seconds.
    let pod = |number: u32| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p{number}}}\nspec: {{containers: [{{name: a}}]}}\n"
        )
    };
    let text = (0..100).map(pod).collect::<Vec<_>>().join("---\n");
    for number in 0..4_000 {
        tree.write(&format!("{number}.yaml"), &text);
    }
    let (status, report) =
        tree.report(&["--threads", "1", "--timeout", "1s", "--set", "all", "--fail-on-gap=timeout", "."]);
    assert_eq!(status, 1);
    let gaps = gaps(&report);
    let is_told = |gap: &String| {
        gap.starts_with("timeout : the time allowed (1s) was over: ")
            && gap.ends_with(" of 4000 files were not judged")
    };
    assert!(gaps.iter().any(is_told), "{gaps:?}");
    // What was judged until then is told.
    assert!(!findings(&report).is_empty());
}
