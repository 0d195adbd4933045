//! Scanning files opens no socket.

use crate::support::{FAULTY, tree};

#[test]
fn scanning_opens_no_socket() {
    let strace = std::process::Command::new("strace").arg("-V").output();
    if !strace.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: scanning_opens_no_socket: strace is missing");
        return;
    }
    let tree =
        tree(&[("a.yaml", FAULTY), ("Chart.yaml", "apiVersion: v2\n"), ("bulkhead.yaml", "set: all\n")]);
    let mut command = std::process::Command::new("strace");
    command.args(["-f", "-e", "trace=network,execve", "-o", "calls"]);
    command
        .arg(env!("CARGO_BIN_EXE_bulkhead"))
        .args(["scan", ".", "-o", "text", "-o", "sarif=r.sarif"]);
    let output = command.current_dir(tree.path()).output().unwrap();
    let calls = tree.read("calls");
    if !calls.contains("execve(") {
        eprintln!("skipped: scanning_opens_no_socket: strace may not trace here");
        return;
    }
    assert!(output.status.code().is_some_and(|status| status < 2));
    let network: Vec<&str> =
        calls.lines().filter(|call| call.contains('(') && !call.contains("execve(")).collect();
    assert_eq!(network, Vec::<&str>::new());
}
