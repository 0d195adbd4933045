//! libFuzzer around one target, chosen by `BULKHEAD_FUZZ_TARGET`; `cargo xtask fuzz` builds and runs it.
//!
//! One binary holds all targets, because linking is most of the work of building one.

#![no_main]

use std::sync::OnceLock;

use fuzz::{TARGETS, Target};

static TARGET: OnceLock<&Target> = OnceLock::new();

fn choose() {
    let name = std::env::var("BULKHEAD_FUZZ_TARGET").unwrap_or_default();
    let target = TARGETS.iter().find(|target| target.name == name);
    let known = || TARGETS.iter().map(|target| target.name).collect::<Vec<_>>().join(", ");
    let target = target.unwrap_or_else(|| panic!("BULKHEAD_FUZZ_TARGET={name:?} is none of {}", known()));
    _ = TARGET.set(target);
}

libfuzzer_sys::fuzz_target!(init: choose(), |data: &[u8]| {
    if let Some(target) = TARGET.get() {
        (target.run)(data);
    }
});
