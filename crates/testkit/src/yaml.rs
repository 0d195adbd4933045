//! Random YAML: documents that are mostly right, in every style that the language has, and damaged ones.

mod mutate;
mod scalars;
mod writer;

pub use mutate::mutate;
pub use scalars::PLAIN;
pub use writer::document;

use std::fmt::Write as _;

use crate::Random;

/// A document, about a quarter of them damaged.
pub fn any(random: &mut Random) -> String {
    let text = if random.percent(12) { scalar_list(random) } else { document(random) };
    if random.percent(25) { mutate(random, &text) } else { text }
}

/// A flat list or mapping of scalars only: what they are read as is the better part of YAML's trouble.
fn scalar_list(random: &mut Random) -> String {
    let mut text = String::new();
    for number in 0..random.between(1, 6) {
        let value = scalars::plain(random);
        match random.below(4) {
            0 => _ = writeln!(text, "- {value}"),
            1 => _ = writeln!(text, "- {{{value}: {value}}}"),
            2 => _ = writeln!(text, "- k{number}: {value}"),
            _ => _ = writeln!(text, "- [{value}, {}]", scalars::plain(random)),
        }
    }
    text
}
