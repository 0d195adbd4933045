//! Writes the page that says what became of other tools' checks.

use super::Task;
use crate::peers;

pub(super) const TASK: Task = Task {
    name: "peers",
    arguments: "",
    what: "write docs/peers.md anew from the policies' aliases and what is left out",
    run: |_| peers::write(),
};
