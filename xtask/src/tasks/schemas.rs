//! Writes what is generated from the code and kept under `docs/schemas` and `docs/standards`.
//!
//! The tests that compare the kept files with the code write them instead when `BULKHEAD_BLESS` is set.

use super::Task;
use crate::cargo;

pub(super) const TASK: Task = Task {
    name: "schemas",
    arguments: "",
    what: "write docs/schemas and docs/standards anew from the code",
    run: |_| {
        let mut command = cargo::command();
        command
            .args(["test", "--quiet", "--package", "bulkhead-policy", "--", "schema", "pages_of_standards"])
            .env("BULKHEAD_BLESS", "1");
        cargo::finish(&mut command)
    },
};
