//! The list of tasks.

mod bench;
mod demo;
mod fuzz;
mod kinds;
mod peers;
mod promise;
mod readme;
mod schemas;
mod test;

/// Something to do in this repository.
pub(crate) struct Task {
    /// What to type.
    pub(crate) name: &'static str,
    /// What may follow the name.
    pub(crate) arguments: &'static str,
    /// What it does, in one line of help.
    pub(crate) what: &'static str,
    /// Does it; an error ends the process with 1.
    pub(crate) run: fn(&[String]) -> anyhow::Result<()>,
}

/// Every task, in the order of the help text.
pub(crate) static ALL: &[Task] = &[
    demo::TASK,
    test::TASK,
    test::CI,
    fuzz::TASK,
    bench::TASK,
    kinds::TASK,
    schemas::TASK,
    peers::TASK,
    readme::TASK,
    promise::TASK,
];
